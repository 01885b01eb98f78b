"""Starting a daemon, waiting until it is ready, stopping it: one way for all."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn

from labkit.agents.daemon.ready import is_ready
from labkit.agents.daemon.record import find_process, list_session, write_record
from labkit.agents.kit.background import take_standard_streams
from labkit.agents.start.call import become
from labkit.daemons.daemon import Answers, Daemon, Exists, Wish
from labkit.errors import LabkitError, UsageError
from labkit.timing import scale

_GRACE: Final = 5.0  # seconds between asking a daemon to end and killing it
_PAUSE: Final = 0.02
_PAUSE_ASKING: Final = 0.1  # a question costs whoever answers it: a program that starts has better things to do
_SHOWN: Final = 5  # lines of the log in an error


def start_daemon(wish: Wish, daemon: Daemon) -> int:
    """Its process, when it is ready. Raises UsageError when it runs already, LabkitError with its own words when it does not come up."""
    if running := find_process(daemon):
        raise UsageError(f"{daemon.name} runs already, process {running}", hint=f"daemon restart {daemon.name}")
    for path, text in daemon.files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    if isinstance(daemon.ready, Exists):
        Path(daemon.ready.path).unlink(missing_ok=True)
    said = Path(daemon.log).stat().st_size if Path(daemon.log).exists() else 0
    child = _start_process(daemon)
    write_record(wish, child)
    _wait_until_ready(daemon, child, said)
    process = find_process(daemon)
    if process is None:
        raise _explain(daemon, "is gone again", said)
    write_record(wish, process)
    return process


def _start_process(daemon: Daemon) -> int:
    """In a session of its own; a command of ours is called in it, another program executed."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        _become(daemon)
    return child


def _become(daemon: Daemon) -> NoReturn:
    try:
        os.setsid()
        take_standard_streams(Path(daemon.log))
        os.environ.update(daemon.environment)
        become(daemon.argv)
    finally:  # never into the caller's code
        os._exit(127)


def _wait_until_ready(daemon: Daemon, child: int, said: int) -> None:
    """Until what shows it is there; a child that ends before that is not waited for."""
    with _watch(child) as ended:
        pause = _PAUSE_ASKING if isinstance(daemon.ready, Answers) else _PAUSE
        for _ in _tick(daemon.seconds, ended, pause):
            if _has_ended(ended):
                status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                if status or not daemon.detaches:
                    raise _explain(daemon, f"ended with status {status} before it was ready", said)
            elif daemon.detaches:
                continue
            if is_ready(daemon.ready, child):
                return
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    raise _explain(daemon, f"was not ready within {scale(daemon.seconds):g} s", said)


def stop_daemon(daemon: Daemon) -> bool:
    """Have it end, and wait for that; one that does not is killed. Whether it ran."""
    process = find_process(daemon)
    if process is None:
        return False
    with _watch(process) as ended:
        os.kill(process, signal.SIGTERM)
        if not any(_has_ended(ended) for _ in _tick(_GRACE, ended)):
            for each in {process, *list_session(process)}:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
            select.select([ended], [], [], scale(_GRACE))
    return True


@contextmanager
def _watch(process: int) -> Iterator[int]:
    descriptor = os.pidfd_open(process)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _has_ended(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])


def _tick(seconds: float, descriptor: int, pause: float = _PAUSE) -> Iterator[None]:
    """Now, and again after each pause, until the time is over; a pause ends when the process does."""
    until = time.monotonic() + scale(seconds)
    yield
    while time.monotonic() < until:
        if _has_ended(descriptor):
            select.select([], [], [], pause)
        else:
            select.select([descriptor], [], [], pause)
        yield


def _explain(daemon: Daemon, what: str, said: int) -> LabkitError:
    """With the last of what the daemon said since `said` bytes were in its log."""
    with open(daemon.log, "rb") as file:  # noqa: PTH123
        file.seek(said)
        lines = file.read().decode(errors="replace").strip().splitlines()[-_SHOWN:]
    return LabkitError(
        ": ".join([f"{daemon.name} {what}", *(["; ".join(lines)] if lines else [])]), hint=f"see {daemon.log}"
    )
