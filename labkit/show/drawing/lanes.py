"""Lines that run across the channel between two rows of boxes, side by side where they would lie on one another. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

_CLEAR = 8.0  # pixels between the ends of two lines in one lane


@dataclass(frozen=True)
class Span:
    """A line's stretch; what has one `key` belongs together and shares a lane."""

    key: Hashable
    left: float
    right: float


def plan_lanes(spans: Iterable[Span]) -> dict[Hashable, int]:
    """A lane for each key, 0 next to the boxes. Short ones come first, so that they stay within long ones."""
    whole: dict[Hashable, Span] = {}
    for span in spans:
        other = whole.get(span.key, span)
        whole[span.key] = Span(span.key, min(span.left, other.left), max(span.right, other.right))
    lanes: list[list[Span]] = []
    found: dict[Hashable, int] = {}
    for span in sorted(whole.values(), key=lambda each: (each.right - each.left, each.left)):
        free = next((lane for lane in lanes if not any(_collide(span, other) for other in lane)), None)
        if free is None:
            free = []
            lanes.append(free)
        free.append(span)
        found[span.key] = lanes.index(free)
    return found


def _collide(one: Span, other: Span) -> bool:
    return one.left < other.right + _CLEAR and other.left < one.right + _CLEAR
