"""Who shall reach whom, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labkit.world import Machine


@dataclass(frozen=True)
class Pair:
    """`src` calls `dst` by one of its addresses."""

    src: Machine
    dst: Machine
    address: str

    def __str__(self) -> str:
        return f"{self.src.name} to {self.dst.name} ({self.address})"


@dataclass(frozen=True)
class Reach:
    """What became of one pair. `reached`: all kinds of packets arrived at `dst` itself, and the answers at `src`.

    `seen`: kind of packet -> the source address that `dst` saw; kinds of which nothing arrived are left out.
    `detail`: one line, the first kind that failed and how. `argv`: what shows it, by its exit status, typed on `src`; `labkit reach`,
    typed outside, where no program of everybody's does.
    """

    pair: Pair
    reached: bool
    detail: str
    argv: tuple[str, ...]
    seen: Mapping[str, str] = field(default_factory=dict)

    def find_other_source(self, wanted: str) -> tuple[str, str] | None:
        """The first kind of packet whose source `dst` saw as another than `wanted`, with that source."""
        return next(((kind, source) for kind, source in self.seen.items() if source != wanted), None)
