"""What stands below one another in a machine: its bridges' ports and loose interfaces, and the boxes that they lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from labkit.net.read.network import End
from labkit.show.drawing.parts import BESIDE, GAP, Block, measure_labels
from labkit.show.drawing.scene import Interface
from labkit.show.drawing.sides import Sides
from labkit.show.drawing.simple import measure_column

MARGIN: Final = 24.0  # left of everything inside: lines pass there
_APART: Final = 28.0  # between two bridges


@dataclass(frozen=True)
class Column:
    """An interface, and below it the box that it is cabled to, whose dot is `hang` from the box's left; either may be missing."""

    upper: Interface | None
    lower: Block | None = None
    hang: float = 0.0

    @property
    def left(self) -> float:
        """How far it reaches to the left of its dots."""
        return max(self._text / 2, self.hang + GAP / 2 if self.lower else 0)

    @property
    def right(self) -> float:
        """How far it reaches to the right of its dots."""
        return max(self._text / 2, self.lower.width - self.hang + GAP / 2 if self.lower else 0)

    @property
    def _text(self) -> float:
        return measure_column(self.upper) if self.upper else 0


@dataclass(frozen=True)
class Group:
    """The columns below one bridge, or below none, from `left` on; `above`, `below`: the bridge's ports on the machine's edges.

    Those below are straight below it only where no boxes are.
    """

    bridge: Interface | None
    columns: tuple[Column, ...]
    left: float = 0.0
    width: float = 0.0
    above: tuple[Interface, ...] = ()
    below: tuple[Interface, ...] = ()

    def list_columns(self) -> Iterator[tuple[float, Column]]:
        """Each with the place of its dots from left; what is spare is shared out."""
        spare = (self.width - sum(column.left + column.right for column in self.columns)) / max(1, len(self.columns))
        at = self.left
        for column in self.columns:
            yield at + spare / 2 + column.left, column
            at += column.left + column.right + spare


def plan_groups(sides: Sides, lower: Sequence[Block], cables: Mapping[End, End], caption: float) -> list[Group]:
    """From left to right; `lower`: the finished boxes of pods and programs, `caption`: what the machine's name takes of the upper edge."""
    groups: list[Group] = []
    left = MARGIN
    for bridge, columns in _list_columns(sides, list(lower), cables):
        above, below = (_list_ports(row, bridge) for row in (sides.top, () if lower else sides.bottom))
        text = measure_labels(_list_texts(bridge)) + 2 * GAP if bridge else 0
        own = sum(column.left + column.right for column in columns)
        indent = caption if above and not groups else 0
        width = max(own, text, indent + measure_beside(above), measure_beside(below))
        groups.append(Group(bridge, tuple(columns), left, width, above, below))
        left += width + _APART
    return groups


def _list_ports(row: Sequence[Interface], bridge: Interface | None) -> tuple[Interface, ...]:
    return tuple(each for each in row if bridge and each.master == bridge.end[1])


def _list_texts(bridge: Interface) -> list[str]:
    return [f"{bridge.labels[0]} (bridge)", *bridge.labels[1:]]


def measure_beside(row: Sequence[Interface]) -> float:
    """The width that interfaces need whose text stands beside their dot."""
    return sum(measure_column(interface) + BESIDE for interface in row)


def _list_columns(
    sides: Sides, lower: list[Block], cables: Mapping[End, End]
) -> Iterator[tuple[Interface | None, list[Column]]]:
    for bridge in sides.bridges:
        yield bridge, _take_lower(sides.ports.get(bridge.end[1], ()), lower, cables)
    loose = _take_lower(sides.loose, lower, cables)
    rest = [Column(None, block, block.dots[0].x if block.dots else block.width / 2) for block in lower]
    if loose or rest:
        yield None, loose + rest


def _take_lower(uppers: Sequence[Interface], lower: list[Block], cables: Mapping[End, End]) -> list[Column]:
    """A column for each; a box that it leads to is taken from `lower`. Those that lead to boxes stand on the left, in the boxes' order."""
    columns: list[tuple[float, Column]] = []
    boxes = list(lower)
    for upper in uppers:
        end = cables.get(upper.end)
        found = next((block for block in lower for dot in block.dots if (dot.machine, dot.link) == end), None)
        hang = next((dot.x for dot in found.dots if (dot.machine, dot.link) == end), 0.0) if found else 0.0
        columns.append((boxes.index(found) if found else len(boxes), Column(upper, found, hang)))
        if found:
            lower.remove(found)
    return [column for _, column in sorted(columns, key=lambda each: each[0])]
