"""Waiting longer each time (client-go, util/flowcontrol.Backoff)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FIRST: Final = 10.0  # seconds: a container that ends again and again, an image that can't be had
LONGEST: Final = 300.0


@dataclass
class Backoff:
    """`seconds`: the wait after the next failure, 0 before the first. Who did well for twice the longest begins anew."""

    first: float = FIRST
    longest: float = LONGEST
    seconds: float = 0.0
    updated: float = 0.0

    def find_left(self, failed: float, now: float) -> float:
        """Seconds to wait yet after a failure at `failed`; 0: try again."""
        return max(failed + self.seconds - now, 0.0)

    def grow(self, now: float) -> None:
        """One more try is made."""
        if self.seconds and now - self.updated > 2 * self.longest:
            self.seconds = 0.0
        self.seconds = min(2 * self.seconds, self.longest) if self.seconds else self.first
        self.updated = now


def render_duration(seconds: float) -> str:
    """As Go prints it: 10s, 1m20s, 5m0s."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
