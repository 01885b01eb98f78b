"""A machine as a check sees it, and the record of what was asked of it."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

from labkit.check.verdict import Evidence
from labkit.errors import CannotTell
from labkit.world import Machine, Result

SHORTEST = 0.2  # seconds; with less than that left no probe is begun
SHOWN = 8000  # characters of a probe's output that are kept


class OutOfTime(CannotTell):
    """The deadline came before this probe could be made as it has to be."""


class Record:
    """Evidence in the order it came, and the time that is left; `deadline` in time.monotonic()'s seconds."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.evidence: list[Evidence] = []

    def note(self, evidence: Evidence) -> None:
        """Write a probe down."""
        self.evidence.append(evidence)

    def limit(self, timeout: float, *, least: float = 0.0) -> float:
        """The time-out that a probe may still have. OutOfTime when less than `least` of it is left."""
        left = self.deadline - time.monotonic()
        if left < max(SHORTEST, least * timeout):
            raise OutOfTime("the time for checks was over before this probe could be made", hint="check again")
        return min(timeout, left)


class Witness:
    """The judge's probes of a machine, and nothing else. Readers of labkit.net take it for a machine."""

    def __init__(self, machine: Machine, record: Record) -> None:
        self.behind = machine  # for labkit.probe, whose answers the view notes
        self.world = machine.world  # for labkit.net, which opens sockets on many machines at once
        self._record = record
        self.name = machine.name
        self.kind = machine.kind
        self.node = machine.node

    def probe(self, argv: Sequence[str], *, stdin: str = "", timeout: float = 5.0) -> Result:
        """Run one of the judge's programs in this machine's network. CannotTell when that was not possible."""
        limit = self._record.limit(timeout)
        try:
            result = self.behind.probe(argv, stdin=stdin, timeout=limit)
        except CannotTell as error:
            self._record.note(Evidence(self.name, tuple(argv), error.message, None))
            raise
        said = (result.stdout or result.stderr)[:SHOWN]
        self._record.note(Evidence(self.name, tuple(argv), said, result.status))
        return result

    def open_socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """A socket in this machine's network; close it soon."""
        return self.behind.open_socket(family, kind, protocol)

    def open_netns(self) -> int:
        """A descriptor of this machine's network namespace; close it soon."""
        return self.behind.open_netns()

    def list_processes(self) -> list[tuple[int, list[str]]]:
        """What runs in this machine's network: (number, command line)."""
        return self.behind.list_processes()
