"""Starting a command on a machine, as PID 1: forked, put into its namespaces, executed."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import RawIOBase
from typing import Final, NoReturn

from labkit.world import kernel
from labkit.world.inside.limits import Limits
from labkit.world.inside.maker import Inner
from labkit.world.inside.registry import Held
from labkit.world.places import COMMANDS, PROGRAMS

ENVIRONMENT: Final[Mapping[str, str]] = {
    "PATH": f"{COMMANDS}:{PROGRAMS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "USER": "root",
    "LOGNAME": "root",
    "LANG": "C.UTF-8",
    "TERM": "xterm-256color",
    "COLUMNS": "100",
    "PAGER": "cat",
}
_START_SECONDS: Final = 5.0


@dataclass(frozen=True)
class NewCommand:
    """What to run. `judge`: with PID 1's own files and rights, only the machine's network is entered."""

    machine: Held
    argv: Sequence[str]
    environment: Mapping[str, str]
    judge: bool = False
    standard: tuple[int, int, int] = (0, 1, 2)
    inherit: Sequence[int] = ()
    terminal: bool = False


def start_command(command: NewCommand, inner: Inner, limits: Limits) -> int:
    """Fork and execute; the process's number. `limits` are a learner's. Raises FileNotFoundError and the like when it cannot be executed.

    Not posix_spawn, which copies nothing and takes a third of the time: it waits for its child without end, and a learner's
    `kill -STOP -1` can meet that on its way.
    """
    trouble, report = os.pipe()
    try:
        process = os.fork()
        if not process:
            _become(command, inner, limits, report)
    except OSError:
        os.close(trouble)
        raise
    finally:
        os.close(report)
    with os.fdopen(trouble, "rb", buffering=0) as pipe:
        said = _read_trouble(pipe, process)
    if said:
        os.waitpid(process, 0)
        code, _, what = said.decode().partition(" ")
        raise OSError(int(code), what)
    return process


def _read_trouble(pipe: RawIOBase, process: int) -> bytes:
    """What the child reports; nothing once it has executed its program."""
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    if poll.poll(_START_SECONDS * 1000):
        return pipe.read(4096) or b""
    os.kill(process, signal.SIGKILL)
    return f"{errno.ETIMEDOUT} it was stopped before it could start".encode()


def _become(command: NewCommand, inner: Inner, limits: Limits, report: int) -> NoReturn:
    try:
        os.setsid()
        if not command.judge:
            limits.enter()
        _enter(command.machine, None if command.judge else inner)
        _arrange_descriptors(command)
        _execute(command.argv, {**ENVIRONMENT, "PWD": _enter_home(judge=command.judge), **command.environment})
    except (OSError, ValueError) as error:
        code, what = (error.errno, error.strerror) if isinstance(error, OSError) else (errno.EINVAL, error)
        os.write(report, f"{code or errno.EIO} {command.argv[0]}: {what}"[:1000].encode())
    finally:
        os._exit(127)


def _execute(argv: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """As os.execvpe, with fewer steps: after a fork every page that Python touches costs a fault."""
    program = argv[0]
    for path in [program] if "/" in program else [f"{folder}/{program}" for folder in environment["PATH"].split(":")]:
        try:
            os.execve(path, list(argv), environment)  # noqa: S606 - running commands is the purpose
        except (FileNotFoundError, NotADirectoryError):
            continue
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def _enter(machine: Held, inner: Inner | None) -> None:
    names = machine.namespaces
    if inner is None:
        kernel.setns(names.net, kernel.CLONE_NEWNET)
        return
    kernel.setns(inner.user)
    for descriptor in (names.net, names.uts, names.mounts):
        kernel.setns(descriptor)


def _arrange_descriptors(command: NewCommand) -> None:
    for number, descriptor in enumerate(command.standard):
        os.dup2(descriptor, number)
    for descriptor in command.inherit:
        os.set_inheritable(descriptor, True)
    if command.terminal:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _enter_home(*, judge: bool) -> str:
    """Change to it and return its name, which shells keep where the system would say /.machine/root."""
    home = "/" if judge else "/root"
    try:
        os.chdir(home)
    except OSError:  # the learner has removed it
        os.chdir("/")
        return "/"
    return home
