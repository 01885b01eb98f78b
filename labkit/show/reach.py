"""Whether one machine reaches another, as text."""

from __future__ import annotations

from labkit.probe.reach import Reach
from labkit.show.text import render_table


def render_reach(told: Reach) -> str:
    """The verdict in a line, then the source address that the other side saw, a line a kind of packet."""
    sign, word = ("✓", "reaches") if told.reached else ("✗", "does not reach")
    pair = told.pair
    head = f"{sign} {pair.src.name} {word} {pair.dst.name} at {pair.address}: {told.detail}"
    rows = [(f"  {kind}", f"seen as {source}") for kind, source in told.seen.items()]
    return "\n".join([head, *([render_table(rows)] if rows else [])])
