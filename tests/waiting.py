"""Waiting in tests: for something that is looked for, never for a time."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import TypeVar

from labkit.timing import scale

T = TypeVar("T")


def wait_until(condition: Callable[[], T], seconds: float = 20.0, *, every: float = 0.02) -> T:
    """Look until it is so, and give back what was found; the test fails when it did not come about."""
    until = time.monotonic() + scale(seconds)
    while not (found := condition()):
        assert time.monotonic() < until, "it did not come about"
        select.select([], [], [], every)
    return found
