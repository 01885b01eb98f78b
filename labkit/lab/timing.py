"""Waiting with a deadline; deadlines scale with the machine (LABKIT_TIMEOUT_SCALE)."""

from __future__ import annotations

import os

from labkit.errors import UsageError


def scale(seconds: float) -> float:
    """A time-out as this machine needs it: longer in a VM or on a slow runner."""
    text = os.environ.get("LABKIT_TIMEOUT_SCALE", "1")
    try:
        factor = float(text)
    except ValueError as error:
        raise UsageError(f"LABKIT_TIMEOUT_SCALE is {text!r}", hint="a number such as 3") from error
    return seconds * factor
