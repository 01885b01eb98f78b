"""Having a new world made: what its PID 1 is told, and what is said when it cannot be made."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any, Final

from labkit.errors import UsageError, WorldError
from labkit.state import open_own
from labkit.world import debug, wire
from labkit.world.connection import Connection, find_listener, require_own, wait_readable
from labkit.world.program import start_launcher
from labkit.world.remedies import DOCTOR, Refusal, find_remedy

_SECONDS: Final = 60.0
_SYSTEM: Final = frozenset(("bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "proc", "sbin", "sys", "usr"))
_WHOLE: Final = frozenset(("/", "/home", "/mnt", "/opt", "/root", "/run", "/srv", "/tmp", "/var"))  # noqa: S108 - refused
_WORK: Final = "LABKIT_WORK names a folder that machines may write to: one of your own, with nothing else in it"


def start_world(spec: dict[str, Any], *, owner: int | None, journal: Path | None, work: Path | None) -> Connection:
    """Have the world that `spec` names made; the connection it hangs on. Raises UsageError or WorldError."""
    whole = spec | {
        "package": str(Path(__file__).parents[2]),
        "site": find_site(),
        "work": find_work(work) if work else None,
        "owner": owner is not None,
        "journal": journal is not None,
    }
    with contextlib.ExitStack() as stack:
        passed = []
        if owner is not None:
            passed.append(_open_owner(owner))
            stack.callback(os.close, passed[-1])
        if journal is not None:
            passed.append(_open_journal(journal))
            stack.callback(os.close, passed[-1])
        return _launch(whole, passed)


def _open_journal(path: Path) -> int:
    try:
        return open_own(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    except OSError as error:
        raise UsageError(
            f"the journal {path} can't be written: {error.strerror}", hint="move what is there away: a new one is begun"
        ) from error


def find_site() -> str | None:
    """The folder that the libraries of this interpreter are installed in."""
    site = sysconfig.get_path("purelib")
    return site if Path(site).is_dir() else None


def _launch(spec: dict[str, Any], passed: list[int]) -> Connection:
    began = time.monotonic()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with theirs, os.fdopen(os.memfd_create("labkit"), "w+b") as trouble:
            launcher = start_launcher(sys.executable, spec["package"], theirs.fileno(), trouble.fileno())
            theirs.close()
            answer = _exchange(ours, spec, passed)
            if "ok" not in answer:  # whatever became of it ends with its launcher's group
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(launcher.pid, signal.SIGKILL)
            launcher.wait()
            debug.show(began, f"made the world {spec['name']}")
            trouble.seek(0)
            said = trouble.read().decode(errors="replace").strip()
        _require_made(spec, answer, said)
    except BaseException:  # Ctrl-C too: the world hangs on this socket
        ours.close()
        raise
    return Connection(ours)


def _exchange(sock: socket.socket, spec: dict[str, Any], passed: list[int]) -> wire.Message:
    """Say what world to make; the answer, empty when the launcher died of something."""
    try:
        wire.send_message(sock, spec, passed)
        if not wait_readable([sock.fileno()], time.monotonic() + _SECONDS):
            return {"error": f"nothing was heard of it for {_SECONDS:g} s; a mount of this machine may hang"}
        received = wire.receive_message(sock)
    except (BrokenPipeError, ConnectionResetError):
        return {}
    return received[0] if received else {}


def _require_made(spec: dict[str, Any], answer: wire.Message, said: str) -> None:
    if "ok" in answer:
        return
    name = spec["name"]
    if answer.get("errno") == errno.EADDRINUSE:
        require_own(find_listener(spec["address"]))
        raise UsageError(f"lab {name} is running already", hint=f"labkit down {name}, or attach to it")
    refused = f"the world for {name} could not be made"
    if "stage" not in answer:
        last = answer.get("error") or said.rpartition("\n")[2] or "it ended without a word"
        raise WorldError(f"{refused}: {last}", hint=DOCTOR)
    refusal = Refusal(answer["stage"], answer["errno"], answer["error"])
    raise WorldError(f"{refused}: {refusal.stage}: {refusal.text}", hint=find_remedy(refusal))


def find_work(folder: Path) -> tuple[str, int, int]:
    """The learner's folder: its path, and which it is, so that nothing can take its place. Raises UsageError."""
    path = Path(os.path.abspath(folder))  # noqa: PTH100 - a path is wanted in which no link was followed
    strange = next((each for each in (path, *path.parents) if _is_strangers_link(each)), None)
    if strange:
        raise UsageError(f"the work folder {path} leads through a link of somebody else's: {strange}", hint=_WORK)
    whole = path.resolve()
    if str(whole) in _WHOLE or whole.parts[1] in _SYSTEM:
        raise UsageError(f"{whole} can't be the work folder: it is the system's", hint=_WORK)
    try:
        there = whole.lstat()
    except OSError as error:
        raise UsageError(f"the work folder {whole}: {error.strerror}", hint=_WORK) from error
    return str(whole), there.st_dev, there.st_ino


def _is_strangers_link(path: Path) -> bool:
    return path.is_symlink() and path.lstat().st_uid not in (0, os.getuid())


def _open_owner(process: int) -> int:
    try:
        return os.pidfd_open(process)
    except OSError as error:
        raise UsageError(f"owner {process}: {error.strerror}", hint="LABKIT_OWNER must be a running process") from error
