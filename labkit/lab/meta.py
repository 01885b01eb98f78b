"""What clients keep with a world: which lab it is, and how it came to be. Typed here, small JSON values at PID 1."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.world import World


@dataclass(frozen=True)
class Meta:
    """`since`: ISO 8601, UTC; `ready`: the lab is built; `notes`: what the learner should be told.

    `start`: the objects of the start state by name (net.read.network), so that a drawing can mark what came later.
    `owner`: number of the process it ends with. `unreached`: pairs of machines that did not reach each other when something was
    broken last, before that; None when nothing was.
    """

    lab: str
    student: str | None
    fabric: str
    journal: Path
    since: str
    ready: bool = False
    notes: tuple[str, ...] = ()
    start: frozenset[str] = frozenset()
    owner: int | None = None
    unreached: frozenset[tuple[str, str]] | None = None

    def to_data(self) -> dict[str, Any]:
        """As PID 1 keeps it."""
        return dataclasses.asdict(self) | {
            "journal": str(self.journal), "notes": list(self.notes), "start": sorted(self.start),
            "unreached": None if self.unreached is None else sorted(self.unreached),
        }  # fmt: skip


def read_meta(world: World) -> Meta:
    """Of a world that labkit made for a lab."""
    data = world.read_meta()
    unreached = data["unreached"]
    return Meta(
        data["lab"], data["student"], data["fabric"], Path(data["journal"]), data["since"], data["ready"],
        tuple(data["notes"]), frozenset(data["start"]), data["owner"],
        None if unreached is None else frozenset((src, dst) for src, dst in unreached),
    )  # fmt: skip


def write_meta(world: World, meta: Meta) -> None:
    """Put all of it in place of what was there."""
    world.write_meta(**meta.to_data())
