"""The commands of a world from start to reaping, as PID 1: whose they are, their signals, their end."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from labkit.world.inside.command import NewCommand, start_command
from labkit.world.inside.limits import Limits
from labkit.world.inside.maker import Inner
from labkit.world.inside.registry import list_all_processes

Ended = Callable[[int, float], None]
_GENTLE: Final = ((signal.SIGINT, 0.3), (signal.SIGTERM, 0.3), (signal.SIGKILL, 0.0))


@dataclass(frozen=True)
class _Job:
    """A command's process, which leads its own session and group."""

    connection: int
    ended: Ended
    terminal: bool = False
    started: float = field(default_factory=time.monotonic)


@dataclass
class _Ending:
    """A group being ended: the steps to come, the next one at `due`."""

    steps: list[tuple[int, float]] = field(default_factory=lambda: list(_GENTLE))
    due: float = 0.0


class Jobs:
    """Every command not yet reaped, by process number, and every group that is being ended."""

    def __init__(self, inner: Inner, limits: Limits) -> None:
        self._inner = inner
        self._limits = limits
        self._jobs: dict[int, _Job] = {}
        self._endings: dict[int, _Ending] = {}

    def start(self, command: NewCommand, connection: int, ended: Ended) -> int:
        """Start a command for this connection; `ended` is told its exit status and seconds once."""
        process = start_command(command, self._inner, self._limits)
        self._jobs[process] = _Job(connection, ended, command.terminal)
        return process

    def signal(self, connection: int, number: int) -> None:
        """Send a signal to the groups of this connection's commands."""
        for process in self._find(connection):
            signal_group(process, number)

    def stop(self, connection: int) -> None:
        """End this connection's commands and all that is left of their groups: INT, then TERM, then KILL, 0.3 s apart.

        A shell's jobs have groups of their own. When its terminal closes it tells them; if it has no time to, nobody would.
        """
        for process in self._find(connection):
            if self._jobs[process].terminal:
                hang_up_session(process)
            self._endings.setdefault(process, _Ending())
        self.keep_time()

    def _find(self, connection: int) -> list[int]:
        return [process for process, job in self._jobs.items() if job.connection == connection]

    def reap(self) -> None:
        """Collect the exit statuses of all that have ended, orphans of the learner's too."""
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not process:
                return
            job = self._jobs.pop(process, None)
            if job:
                code = os.waitstatus_to_exitcode(status)
                job.ended(code if code >= 0 else 128 - code, time.monotonic() - job.started)

    def find_due(self) -> float | None:
        """When keep_time wants to be called next."""
        return min((ending.due for ending in self._endings.values()), default=None)

    def keep_time(self) -> None:
        """Take the steps that are due. A group is forgotten when none of its processes is left, not when its leader has ended."""
        now = time.monotonic()
        for process, ending in list(self._endings.items()):
            if now < ending.due:
                continue
            number, pause = ending.steps.pop(0)
            ending.due = now + pause
            if not signal_group(process, number) or not ending.steps:
                del self._endings[process]


def hang_up_session(leader: int) -> None:
    """SIGHUP to all of a session, as when its terminal closes. A process that ignores it (nohup) was meant to go on."""
    for process in list_all_processes():
        with contextlib.suppress(OSError):  # it ended meanwhile
            if os.getsid(process) == leader:
                os.kill(process, signal.SIGHUP)
                os.kill(process, signal.SIGCONT)  # who is stopped hears it, too


def signal_group(process: int, number: int) -> bool:
    """Send a signal to the group that `process` leads or led; whether there is one."""
    try:
        os.killpg(process, number)
    except ProcessLookupError:
        return False
    return True
