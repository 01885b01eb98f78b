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
from labkit.world import wire
from labkit.world.connection import Connection, wait_readable
from labkit.world.host import start_launcher
from labkit.world.remedies import DOCTOR, Refusal, find_remedy

_SECONDS: Final = 60.0


def start_world(spec: dict[str, Any], *, owner: int | None, journal: Path | None, work: Path | None) -> Connection:
    """Have the world that `spec` names made; the connection it hangs on. Raises UsageError or WorldError."""
    whole = spec | {
        "package": str(Path(__file__).parents[2]),
        "site": find_site(),
        "work": str(work.resolve()) if work else None,
        "owner": owner is not None,
        "journal": journal is not None,
    }
    with contextlib.ExitStack() as stack:
        passed = []
        if owner is not None:
            passed.append(_open_owner(owner))
            stack.callback(os.close, passed[-1])
        if journal is not None:
            journal.parent.mkdir(parents=True, exist_ok=True)
            passed.append(os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600))
            stack.callback(os.close, passed[-1])
        return _launch(whole, passed)


def find_site() -> str | None:
    """The folder that the libraries of this interpreter are installed in."""
    site = sysconfig.get_path("purelib")
    return site if Path(site).is_dir() else None


def _launch(spec: dict[str, Any], passed: list[int]) -> Connection:
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
            trouble.seek(0)
            said = trouble.read().decode(errors="replace").strip()
        _require_made(spec["name"], answer, said)
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


def _require_made(name: str, answer: wire.Message, said: str) -> None:
    if "ok" in answer:
        return
    if answer.get("errno") == errno.EADDRINUSE:
        raise UsageError(f"lab {name} is running already", hint=f"labkit down {name}, or attach to it")
    refused = f"the world for {name} could not be made"
    if "stage" not in answer:
        last = answer.get("error") or said.rpartition("\n")[2] or "it ended without a word"
        raise WorldError(f"{refused}: {last}", hint=DOCTOR)
    refusal = Refusal(answer["stage"], answer["errno"], answer["error"])
    raise WorldError(f"{refused}: {refusal.stage}: {refusal.text}", hint=find_remedy(refusal))


def _open_owner(process: int) -> int:
    try:
        return os.pidfd_open(process)
    except OSError as error:
        raise UsageError(f"owner {process}: {error.strerror}", hint="LABKIT_OWNER must be a running process") from error
