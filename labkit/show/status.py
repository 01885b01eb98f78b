"""The four verdicts as a sign and a word; colour comes on top and never alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from labkit.check import Status

SIGNS: Final[Mapping[Status, str]] = {
    Status.PASSED: "✓",
    Status.FAILED: "✗",
    Status.SKIPPED: "–",  # noqa: RUF001 - a sign, not a hyphen
    Status.CANNOT_TELL: "?",
}
WORDS: Final[Mapping[Status, str]] = {
    Status.PASSED: "passed",
    Status.FAILED: "failed",
    Status.SKIPPED: "skipped",
    Status.CANNOT_TELL: "could not tell",
}


def render_status(status: Status) -> str:
    """`✓ passed`."""
    return f"{SIGNS[status]} {WORDS[status]}"
