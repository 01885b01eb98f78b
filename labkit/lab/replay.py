"""Doing again, in a fresh world, what a journal says was done. The journal may be somebody else's: it can make nothing wait for ever."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Final

from labkit.cni import CniError
from labkit.errors import LabkitError
from labkit.lab.entries import AnswerGiven, Break, Entry, Plug, Run, Shown, Solution
from labkit.lab.lab import Lab
from labkit.lab.runner import Job
from labkit.lab.shell_again import ShellAgain
from labkit.timing import scale

PATIENCE: Final = 2.0  # seconds more than a command took the first time
UNKNOWN: Final = 30.0  # seconds for a line of a shell: how long it took the first time is not known
LONGEST: Final = 120.0  # seconds for one entry
WHOLE: Final = 600.0  # seconds for all
STOPPED: Final = (130, 137, 143)  # what a shell says of a command that was ended: INT, KILL, TERM
Tell = Callable[[str], None]


class LeftOut(LabkitError):
    """An entry that is not done again, and why."""


def replay(lab: Lab, work: Sequence[Entry], tell: Tell = lambda _: None) -> list[str]:
    """Do it in order; `tell` gets each deed before it is done. A line for each that came out otherwise, or was not done."""
    with ExitStack() as stack:
        return _Replay(lab, stack).run(work, tell)


class _Replay:
    """One under way."""

    def __init__(self, lab: Lab, stack: ExitStack) -> None:
        self._lab = lab
        self._stack = stack
        self._shells: dict[str, ShellAgain] = {}
        self._until = time.monotonic() + scale(WHOLE)

    def run(self, work: Sequence[Entry], tell: Tell) -> list[str]:
        notes: list[str] = []
        for number, entry in enumerate(work):
            if time.monotonic() > self._until:
                return [*notes, f"{len(work) - number} more were left out: {scale(WHOLE):g} s are over"]
            tell(_name(entry))
            try:
                status = self._redo(entry)
            except LabkitError as error:
                notes.append(f"{_name(entry)}: {error.message}")
                continue
            if status != (entry.status or 0):
                notes.append(f"{_name(entry)}: status {status}, the first time {entry.status or 0}")
        return notes

    def _redo(self, entry: Entry) -> int:
        match entry:
            case AnswerGiven() if entry.via == "script":
                return 0  # its script does it
            case AnswerGiven():
                self._lab.note(dataclasses.replace(entry, given=entry.given or entry.time))
            case Shown():
                self._lab.note(entry)
            case Run():
                return self._redo_run(entry)
            case Plug():
                return self._redo_pod(entry)
            case Solution():
                self._lab.run_job(Job(entry.name, entry.script))
            case Break():
                self._lab.replay_break(entry)
        return 0

    def _redo_run(self, entry: Run) -> int:
        if entry.status in STOPPED:
            raise LeftOut("left out: it was stopped the first time")
        if entry.unkept:
            raise LeftOut(f"left out: its input, {entry.unkept} bytes, was not kept")
        limit = self._find_limit(entry)
        if entry.session:
            return self._find_shell(entry).run(entry, limit)
        machine = self._lab.machine(entry.machine)
        return machine.run(entry.script or entry.argv, stdin=entry.stdin, timeout=limit).status

    def _find_limit(self, entry: Run) -> float:
        own = UNKNOWN if entry.session else min(entry.seconds + PATIENCE, LONGEST)
        return max(0.1, min(scale(own), self._until - time.monotonic()))

    def _find_shell(self, entry: Run) -> ShellAgain:
        """The one bash that does all lines of a shell: what it remembers, `cd` and `export` say, is remembered."""
        name = f"{entry.session} on {entry.machine}"
        if name not in self._shells or self._shells[name].ended:
            shell = ShellAgain(self._lab.machine(entry.machine))
            self._shells[name] = self._stack.enter_context(shell)
        return self._shells[name]

    def _redo_pod(self, entry: Plug) -> int:
        """A pod plugged in or out by a runtime: not its calls are replayed, for they name links that are others now."""
        try:
            if entry.action == "add":
                self._lab.plug_in(entry.name, entry.machine, capabilities=entry.capabilities, argv=entry.argv)
            else:
                self._lab.unplug(entry.name, entry.machine, keep=entry.action == "unplug", argv=entry.argv)
        except CniError:
            return 1
        return 0


def _name(entry: Entry) -> str:
    return f"{entry.machine if isinstance(entry, Run | Plug) else entry.kind}: {entry.deed.partition(' ⏎ ')[0]}"
