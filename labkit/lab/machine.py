"""A machine of a lab: what is run on it is written into the lab's journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.lab.entries import Run
from labkit.world import Machine, Result
from labkit.world.values import Command


class LabMachine(Machine):
    """The world's machine, with an entry in the journal for each command; `via` says by which door it came."""

    def run(
        self,
        command: Command,
        *,
        stdin: str = "",
        timeout: float | None = None,
        env: Mapping[str, str] | None = None,
        journal: Mapping[str, Any] | None = None,
    ) -> Result:
        """Run as the learner and wait; see labkit.world.Machine.run. `journal={}` leaves the entry out."""
        entry = plan_run(self.name, command, stdin=stdin).to_data() if journal is None else journal
        return super().run(command, stdin=stdin, timeout=timeout, env=env, journal=entry)


def plan_run(machine: str, command: Command, *, stdin: str = "", via: str = "python") -> Run:
    """The entry of a command; PID 1 adds time, status and seconds when it has ended."""
    if isinstance(command, str):
        return Run(machine=machine, script=command, stdin=stdin, via=via)
    return Run(machine=machine, argv=tuple(command), stdin=stdin, via=via)
