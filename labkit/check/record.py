"""The record of a check: what it asked, in order, and the time that is left for it."""

from __future__ import annotations

import threading
import time

from labkit.check.verdict import Evidence
from labkit.errors import CannotTell

SHORTEST = 0.2  # seconds; with less than that left no probe is begun
SHOWN = 8000  # characters of a probe's output that are kept


class OutOfTime(CannotTell):
    """The deadline came before this probe could be made as it has to be."""


class Record:
    """Evidence in the order it came, and the time that is left; `deadline` in time.monotonic()'s seconds."""

    def __init__(self, deadline: float, stop: threading.Event | None = None) -> None:
        self.deadline = deadline
        self.evidence: list[Evidence] = []
        self._stop = stop

    def note(self, evidence: Evidence) -> Evidence:
        """Write a probe down."""
        self.evidence.append(evidence)
        return evidence

    def limit(self, timeout: float, *, least: float = 0.0) -> float:
        """The time-out that a probe may still have. OutOfTime when less than `least` of it is left, or somebody said stop."""
        left = self.deadline - time.monotonic()
        if left < max(SHORTEST, least * timeout) or (self._stop and self._stop.is_set()):
            raise OutOfTime("the time for checks was over before this probe could be made", hint="check again")
        return min(timeout, left)
