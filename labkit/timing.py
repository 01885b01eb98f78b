"""Waiting with a deadline; deadlines scale with the machine, by how fast it is (LABKIT_TIMEOUT_SCALE) and how busy (measured)."""

from __future__ import annotations

import os
import time

from labkit.errors import UsageError

LARGEST = 1000
WORK = 0.015  # seconds of processor time tried: several turns of the kernel's scheduler
FRESH = 3.0  # seconds for which a measurement holds
_CROWDS = (1.5, 4.0)  # below the first nothing is made longer; the second is the most

_measured = (1.0, float("-inf"))  # how crowded, and when that was seen


def scale(seconds: float) -> float:
    """A time-out as this machine needs it now: longer in a VM, on a slow runner, and while others use the processors."""
    return seconds * read_factor() * find_crowding()


def read_factor() -> float:
    """LABKIT_TIMEOUT_SCALE. Raises UsageError."""
    text = os.environ.get("LABKIT_TIMEOUT_SCALE") or "1"
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor <= LARGEST:  # not a number, too, is none of these
        raise UsageError(f"LABKIT_TIMEOUT_SCALE is {text[:40]!r}", hint=f"a number such as 3, at most {LARGEST}")
    return factor


def find_crowding() -> float:
    """How many times as long as on an idle machine our work takes now, 1 to 4; measured anew when the last time was seconds ago."""
    global _measured  # noqa: PLW0603 - of the machine, not of any object
    crowding, seen = _measured
    if time.monotonic() - seen > FRESH:
        crowding = measure_crowding()
        _measured = (crowding, time.monotonic())
    lowest, most = _CROWDS
    return 1.0 if crowding < lowest else min(crowding, most)


def measure_crowding() -> float:
    """Time gone by for a little work, by the processor time it took.

    Neither the load average, which tells of the last minute, nor /proc/pressure, which is full at two processes, says this.
    """
    began, worked = time.monotonic(), time.thread_time()
    while time.thread_time() - worked < WORK:
        pass
    return (time.monotonic() - began) / WORK
