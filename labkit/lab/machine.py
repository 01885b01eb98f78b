"""A machine of a lab: what is run on it is written into the lab's journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.lab.journal import Entry
from labkit.world import Machine, Process, Result
from labkit.world.machine import Command


class LabMachine(Machine):
    """The world's machine, with an entry in the journal for each command; `journal={}` leaves it out."""

    def run(
        self,
        command: Command,
        *,
        stdin: str = "",
        timeout: float | None = None,
        env: Mapping[str, str] | None = None,
        journal: Mapping[str, Any] | None = None,
    ) -> Result:
        """Run as the learner and wait; see labkit.world.Machine.run."""
        entry = plan_entry(self.name, command, stdin=stdin) if journal is None else journal
        return super().run(command, stdin=stdin, timeout=timeout, env=env, journal=entry)

    def start_learner_process(self, command: Command, *, via: str, **options: Any) -> Process:
        """Start as the learner, for a cell or a terminal; options as for start_process."""
        return self.start_process(command, journal=plan_entry(self.name, command, via=via), **options)


def plan_entry(machine: str, command: Command, *, stdin: str = "", via: str = "python") -> dict[str, Any]:
    """The entry of a command; PID 1 adds time, status and seconds when it has ended."""
    if isinstance(command, str):
        return Entry(machine=machine, script=command, stdin=stdin, via=via).to_data()
    return Entry(machine=machine, argv=tuple(command), stdin=stdin, via=via).to_data()
