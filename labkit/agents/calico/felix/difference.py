"""What shall be, what is, and the way from the one to the other. Nothing here touches the kernel.

A State is slot -> value, as text that is compared. A slot is one thing that Felix keeps: a route by its destination, a chain by its
name. Everything of Felix's kind that nobody wants is in what is read as well, and so goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

State = Mapping[str, str]


@dataclass(frozen=True)
class Difference:
    """`gone`: what is there and not wanted; `new`: what is wanted and missing or otherwise; `found`: all that is there."""

    gone: State
    new: State
    found: State

    def __bool__(self) -> bool:
        return bool(self.gone or self.new)


def plan_difference(wanted: State, found: State) -> Difference:
    """In the order of what is wanted."""
    return Difference(
        {slot: value for slot, value in found.items() if slot not in wanted},
        {slot: value for slot, value in wanted.items() if found.get(slot) != value},
        found,
    )
