"""From a scene to a picture: boxes in rows, then the lines in the channels between the rows."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from labkit.net.read.network import Network
from labkit.show.drawing.links import BESIDE, Lanes, Leg, Link, Post, plan_all_lanes, plan_legs, plan_line, plan_offsets
from labkit.show.drawing.parts import Block, Dot, Line, Picture, Point, Rails, join_blocks, shift
from labkit.show.drawing.posts import group_ways, list_links
from labkit.show.drawing.rows import Rows, plan_rows
from labkit.show.drawing.scene import Scene, plan_scene
from labkit.show.drawing.strings import LANE, plan_cable
from labkit.show.drawing.ways import plan_way

_EDGE: Final = 14.0  # between a row and the first lane beside it
_OPEN: Final = 30.0  # between the lanes of two rows: there cables go across
_MARGIN: Final = 12.0
_DOT: Final = 6.0  # from a dot's middle to an arrow's head


@dataclass(frozen=True)
class Heights:
    """Upper and lower edge of each row, the drawing's own, and how many lanes each channel has."""

    tops: Sequence[float]
    bottoms: Sequence[float]
    total: float
    lanes: Lanes

    def find_lane(self, channel: int, number: int, *, upper: bool) -> float:
        """Its y; `upper`: counted from the row above."""
        if upper:
            return self.bottoms[channel - 1] + _EDGE + LANE * number
        return self.tops[channel] - _EDGE - LANE * number


def plan_picture(title: str, network: Network, start: Collection[str] = ()) -> Picture:
    """Draw a network. `start`: names of the objects of the start state (net.read.network); what is not among them is marked."""
    scene = plan_scene(network, start)
    rows = plan_rows(scene)
    corridors, used = rows.list_corridors(), dict[tuple[int, float], int]()
    ways = [(link, plan_legs(link, corridors, used)) for link in list_links(scene, rows)]
    heights = _plan_heights(rows, plan_all_lanes(ways))
    whole = join_blocks(rows.width, heights.total, _place_blocks(rows, heights))
    rails = {name: _place_rails(rows, heights, name) for name in rows.blocks}
    lines = [*whole.lines, *_list_cables(scene, whole, rows, heights)]
    lines += [*_list_ways(ways, rows, heights), *_list_routes(scene, whole, rails)]
    return Picture(
        title, _describe(scene), rows.width, heights.total, whole.boxes, whole.dots, tuple(lines), whole.texts,
        tuple(rails.items()),
    )  # fmt: skip


def _plan_heights(rows: Rows, lanes: Lanes) -> Heights:
    tops, bottoms, y = [], [], 0.0
    for number, row in enumerate(rows.names):
        y += _measure_channel(lanes, number, number > 0)
        tops.append(y)
        y += max(rows.blocks[name].height for name in row)
        bottoms.append(y)
    return Heights(tops, bottoms, y + _measure_channel(lanes, len(rows.names), inner=False), lanes)


def _measure_channel(lanes: Lanes, channel: int, inner: bool) -> float:  # noqa: FBT001 - between rows, or outside
    upper, lower = lanes.upper.get(channel, 0), lanes.lower.get(channel, 0)
    ends = sum(_EDGE + LANE * (count - 1) for count in (upper, lower) if count)
    return ends + (_OPEN + (_EDGE if not ends else 0) if inner else _MARGIN)


def _place_blocks(rows: Rows, heights: Heights) -> Iterator[Block]:
    for name, block in rows.blocks.items():
        moved = block.moved(rows.lefts[name], heights.tops[rows.find_row(name)])
        yield replace(moved, dots=tuple(replace(dot, home=name) for dot in moved.dots))


def _place_rails(rows: Rows, heights: Heights, name: str) -> Rails:
    own, top = rows.rails[name], heights.tops[rows.find_row(name)]
    return Rails(rows.lefts[name] + own.left, top + own.upper, top + own.lower)


def _list_cables(scene: Scene, whole: Block, rows: Rows, heights: Heights) -> Iterator[Line]:
    """From row to row: straight past the lanes, across in between."""
    dots = {(dot.machine, dot.link): dot for dot in whole.dots}
    for end, other in scene.cables.items():
        if end in dots and other in dots:
            upper, lower = dots[end], dots[other]
            row = rows.find_row(upper.home)
            if rows.find_row(lower.home) == row + 1:
                first = heights.bottoms[row] + max(0, _EDGE + LANE * (heights.lanes.upper.get(row + 1, 0) - 1))
                last = heights.tops[row + 1] - max(0, _EDGE + LANE * (heights.lanes.lower.get(row + 1, 0) - 1))
                points = ((upper.x, upper.y), (upper.x, first), (lower.x, last), (lower.x, lower.y))
                yield plan_cable(end, other, points, added=upper.added and lower.added)


def _list_ways(ways: Sequence[tuple[Link, Sequence[Leg]]], rows: Rows, heights: Heights) -> Iterator[Line]:
    offsets = plan_offsets(ways, heights.lanes)
    for number, (link, legs) in enumerate(ways):
        first, last = (replace(post, x=post.x + offsets.get((number, at), 0)) for at, post in enumerate(link.posts))
        points = [*_lead(first, rows, heights)]
        for leg in legs:
            y = heights.find_lane(leg.channel, heights.lanes.found[leg.channel, leg.upper, link.key], upper=leg.upper)
            points += [(points[-1][0], y), (leg.end if leg is not legs[-1] else last.x, y)]
        yield plan_line(link, [*points, *reversed(_lead(last, rows, heights))])


def _lead(post: Post, rows: Rows, heights: Heights) -> list[Point]:
    """From inside, or from the edge, to the edge."""
    top = heights.tops[post.row]
    edge = top if post.side == "top" else top + rows.blocks[post.home].height
    return [*shift(post.lead, post.x, edge), (post.x, edge)]


def _list_routes(scene: Scene, whole: Block, rails: Mapping[str, Rails]) -> Iterator[Line]:
    """Within one box: of a pod to its node."""
    dots = {(dot.machine, dot.link): dot for dot in whole.dots}
    for (start, end), (group, back) in group_ways(scene).items():
        if start in dots and end in dots and dots[start].home == dots[end].home:
            points = _plan_beside(dots[start], dots[end], rails[dots[start].home])
            title = "\n".join(way.title for way in [*group, *back])
            added = any(way.added for way in [*group, *back])
            yield Line("route", points, title, added, (bool(back), True))


def _plan_beside(start: Dot, end: Dot, rails: Rails) -> tuple[Point, ...]:
    """Beside the cable, to a little before the dot that it points at."""
    *way, before, last = plan_way(replace(start, x=start.x - BESIDE), end, rails, ())
    length = math.hypot(before[0] - last[0], before[1] - last[1]) or 1.0
    nearer = tuple(to + (fro - to) / length * _DOT for fro, to in zip(before, last, strict=True))
    return (*way, before, (nearer[0], nearer[1]))


def _describe(scene: Scene) -> str:
    """What a screen reader says; the whole of it is in the text form."""
    shapes = [place.shape for place in scene.places]
    counts = [_count(shapes.count(shape), shape) for shape in dict.fromkeys(shapes)]
    return f"{', '.join(counts)}; {_count(len(scene.cables) // 2, 'cable')}, {_count(len(scene.ways), 'route')} by way of a neighbour."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 'es' if what == 'switch' else 's'}"
