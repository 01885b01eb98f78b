"""Which netfilter rule dropped a packet or changed its address: the kernel's trace says it, else counters, else what matches."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from labkit.errors import CannotTell
from labkit.probe.journey.counted import Spot, find_counted_drop, find_counted_nat, find_matching_drop
from labkit.probe.journey.rule import Rule
from labkit.probe.journey.rulebook import Rulebook
from labkit.probe.journey.traced import find_traced_drop, find_traced_nat, is_traced
from labkit.probe.sequence import Leg


def find_drop(book: Rulebook, spot: Spot | None, legs: Collection[Leg]) -> Rule | None:
    """The rule, or the chain's policy, that dropped the packet or its answer on this machine; None when it can't be told.

    Without `spot` only a trace is believed.
    """
    try:
        found = find_traced_drop(book, legs)
        if spot and not found:
            traced = is_traced(book)
            found = find_counted_drop(book, spot, traced=traced) or find_matching_drop(book, spot, traced=traced)
    except CannotTell:
        return None
    return replace(found, drops=True) if found else None


def find_nat(book: Rulebook, end: str, to: str) -> Rule | None:
    """The rule that changed a packet's `source` or `destination` to `to` (ADDRESS or ADDRESS:PORT); None when it can't be told."""
    try:
        found = find_traced_nat(book, end, to)
        return found if found or is_traced(book) else find_counted_nat(book, end, to)
    except CannotTell:
        return None
