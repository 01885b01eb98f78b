"""The forked process that becomes a container's first one, or one more in a container that runs."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import termios
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from labkit.agents.containers.spec import Spec
from labkit.agents.containers.tree import build_root
from labkit.world import kernel

_KINDS: Final = ("net", "mnt", "uts")
_ENTERED: Final = b"\n"


@dataclass(frozen=True)
class Entry:
    """A further process of a container: what `kubectl exec` wants. `process`: the container's first."""

    process: int
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    terminal: bool = False
    cwd: str = "/"


def start_container(spec: Spec, streams: Sequence[int]) -> tuple[int, int]:
    """Its first process, once the program runs in it, and a descriptor of its mount namespace. Raises OSError: what could not be
    done, and why.
    """
    return _fork(lambda: _enter_container(spec, streams), spec.argv, spec.environment)


def start_entry(entry: Entry, streams: Sequence[int]) -> int:
    """Likewise, the process alone."""
    child, mounts = _fork(lambda: _enter_running(entry, streams), entry.argv, entry.environment)
    os.close(mounts)
    return child


def _fork(enter: Callable[[], None], argv: Sequence[str], environment: Mapping[str, str]) -> tuple[int, int]:
    """The child's end of the socket is closed by the program's start; before that come its mount namespace (from outside it could
    only be asked for while the program lives) and what goes wrong.
    """
    ours, theirs = socket.socketpair()
    child = os.fork()
    if not child:
        _become(enter, argv, environment, theirs)
    theirs.close()
    with ours, ours.makefile("rb") as rest:
        said, passed, *_ = socket.recv_fds(ours, len(_ENTERED), 1, socket.MSG_CMSG_CLOEXEC)
        said += rest.read()
    if said == _ENTERED:
        return child, passed[0]
    os.waitpid(child, 0)
    for descriptor in passed:
        os.close(descriptor)
    number, _, text = said.removeprefix(_ENTERED).decode().partition(" ")
    raise OSError(int(number or 1), text or "it ended before its program began")


def _become(
    enter: Callable[[], None], argv: Sequence[str], environment: Mapping[str, str], parent: socket.socket
) -> NoReturn:
    try:
        os.setsid()
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        enter()
        socket.send_fds(parent, [_ENTERED], [os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)])
        for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.umask(0o022)
        _execute(argv, environment)
    except OSError as error:
        with contextlib.suppress(OSError):
            parent.sendall(f"{error.errno or 1} {_explain(error, argv)}".encode())
    except BaseException as error:  # noqa: BLE001 - never into the caller's code
        with contextlib.suppress(OSError):
            parent.sendall(f"1 {error!r}".encode())
    finally:
        os._exit(127)


def _explain(error: OSError, argv: Sequence[str]) -> str:
    if isinstance(error, _NoProgramError):
        where = (
            "stat " + argv[0] + ": no such file or directory"
            if "/" in argv[0]
            else "executable file not found in $PATH"
        )
        return f'exec: "{argv[0]}": {where}'
    return str(error.strerror or error)


class _NoProgramError(OSError):
    pass


def _execute(argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """A path that the image would have means this machine's program of that name."""
    for name in (argv[0], os.path.basename(argv[0])):  # noqa: PTH119
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.execvpe(name, list(argv), dict(environment))  # noqa: S606 - that is its purpose
    raise _NoProgramError(2, "no such program")


def _enter_container(spec: Spec, streams: Sequence[int]) -> None:
    if spec.netns:
        _set_namespace(spec.netns, kernel.CLONE_NEWNET)
    kernel.unshare(kernel.CLONE_NEWNS | (kernel.CLONE_NEWUTS if spec.hostname else 0))
    if spec.hostname:
        socket.sethostname(spec.hostname)
    _take_streams(streams, terminal=spec.terminal)
    build_root(spec.folder, spec.mounts)
    _change_folder(spec.cwd)


def _enter_running(entry: Entry, streams: Sequence[int]) -> None:
    opened = [os.open(f"/proc/{entry.process}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in _KINDS]
    _take_streams(streams, terminal=entry.terminal)
    for descriptor in opened:
        kernel.setns(descriptor)
    _change_folder(entry.cwd)


def _set_namespace(path: str, kind: int) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    kernel.setns(descriptor, kind)
    os.close(descriptor)


def _change_folder(path: str) -> None:
    os.makedirs(path, exist_ok=True)  # noqa: PTH103
    os.chdir(path)


def _take_streams(streams: Sequence[int], *, terminal: bool) -> None:
    """A terminal's end is given three times."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    if terminal:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
