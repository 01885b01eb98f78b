"""The lines inside a machine: cables straight down or across below the bridges, and from bridges to their ports on the edges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from labkit.net.read.network import End
from labkit.show.drawing.columns import Group
from labkit.show.drawing.parts import Block, Box, Dot, Line, Point
from labkit.show.drawing.sides import Sides

RAIL: Final = 13.0  # from a bridge to the line that routes take
LANE: Final = 7.0  # between two lines side by side
_INSET: Final = 10.0


def count_lanes(sides: Sides, groups: Sequence[Group], boxes: Sequence[Block], cables: Mapping[End, End]) -> int:
    """How many lines run across below the bridges, besides routes."""
    columns = [column for group in groups for column in group.columns if column.upper]
    ends = [column.upper.end for column in columns if column.upper]
    ends += [(dot.machine, dot.link) for box in boxes for dot in box.dots]
    straight = {column.upper.end for column in columns if column.upper and column.lower}
    straight |= {cables[end] for end in straight}
    across = [end for end in ends if cables.get(end) in ends and end not in straight]
    below = {each.end for group in groups for each in group.below}
    return len(across) // 2 + sum(each.master is not None and each.end not in below for each in sides.bottom)


def list_strings(whole: Block, machine: str, cables: Mapping[End, End], bridges: float) -> Iterator[Line]:
    """All of them. `bridges`: the lower edge of the machine's bridges."""
    lane = bridges + RAIL + LANE
    ports = list(_list_ports(whole, machine, lane))
    yield from ports
    lane += LANE * sum(line.points[0][0] != line.points[-1][0] for line in ports)
    at = {(dot.machine, dot.link): dot for dot in whole.dots if dot.inner}
    for end, dot in at.items():
        other = at.get(cables.get(end, ("", "")))
        if other is None or (other.machine, other.link) < end:
            continue
        points: tuple[Point, ...] = ((dot.x, dot.y), (other.x, other.y))
        if abs(dot.x - other.x) > 1 or dot.y == other.y:
            points = ((dot.x, dot.y), (dot.x, lane), (other.x, lane), (other.x, other.y))
            lane += LANE
        yield plan_cable(end, (other.machine, other.link), points, added=dot.added and other.added)


def plan_cable(end: End, other: End, points: tuple[Point, ...], *, added: bool) -> Line:
    """A link between two interfaces."""
    title = f"{end[0]}:{end[1]} is cabled to {other[0]}:{other[1]}"
    return Line("cable", points, title, added, ends=(end, other))


def _list_ports(whole: Block, machine: str, lane: float) -> Iterator[Line]:
    """From interfaces on the machine's edges to the bridge that they are ports of; past boxes in lanes."""
    bridges = {box.name: box for box in whole.boxes if box.shape == "bridge"}
    across = 0
    for dot in whole.dots:
        bridge = bridges.get(dot.bridge)
        if bridge is None or dot.inner or dot.machine != machine:
            continue
        points = _plan_straight(dot, bridge)
        if points is None:
            points = _plan_across(dot, bridge, lane + LANE * across, _INSET + LANE * across)
            across += 1
        title = f"{dot.link} is a port of {bridge.name} on {machine}"
        yield Line("port", points, title, dot.added or bridge.added, ends=((machine, dot.link),))


def _plan_straight(dot: Dot, bridge: Box) -> tuple[Point, ...] | None:
    if not bridge.x < dot.x < bridge.x + bridge.width:
        return None
    return ((dot.x, dot.y), (dot.x, bridge.y if dot.side == "top" else bridge.y + bridge.height))


def _plan_across(dot: Dot, bridge: Box, lane: float, inset: float) -> tuple[Point, ...]:
    x, bottom = bridge.x + bridge.width - inset, bridge.y + bridge.height
    return ((dot.x, dot.y), (dot.x, lane), (x, lane), (x, bottom))
