"""What joins boxes besides cables between two rows: routes, tunnels, cables within a row. Each runs round the boxes, in lanes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from labkit.net.read.network import End
from labkit.show.drawing.lanes import Span, plan_lanes
from labkit.show.drawing.parts import Line, Point, Side, Stroke

BESIDE: Final = 8.0  # between an interface's cable and an arrow, and between arrows
_CORRIDOR: Final = 7.0


@dataclass(frozen=True)
class Post:
    """Where a line begins or ends: on an edge of the outermost box `home` in `row`, at `x` of the whole drawing.

    `lead`: the way from inside to that edge, relative to it; `shared`: a cable stands at this x, keep beside it.
    """

    name: str
    home: str
    row: int
    x: float
    side: Side
    lead: tuple[Point, ...] = ()
    shared: bool = True

    @property
    def channel(self) -> int:
        """The channel above a row has its number."""
        return self.row if self.side == "top" else self.row + 1


@dataclass(frozen=True)
class Link:
    """A line to be, from post to post; `key`: those of one key share a lane."""

    stroke: Stroke
    posts: tuple[Post, Post]
    title: str
    added: bool = False
    heads: tuple[bool, bool] = (False, False)
    key: str = ""
    ends: tuple[End, ...] = ()


@dataclass(frozen=True)
class Leg:
    """A stretch in one channel, from x to x; `upper`: its lanes count from the row above."""

    channel: int
    start: float
    end: float
    upper: bool


@dataclass(frozen=True)
class Lanes:
    """Of every channel: how many lanes below the row above it and above the row below it, and who has which."""

    upper: Mapping[int, int]
    lower: Mapping[int, int]
    found: Mapping[tuple[int, bool, str], int]


def plan_legs(link: Link, corridors: Sequence[Sequence[float]], used: dict[tuple[int, float], int]) -> list[Leg]:
    """Through the channels from the one post to the other; past a row by one of its `corridors`, the gaps between its boxes."""
    first, last = link.posts
    step = 1 if last.channel > first.channel else -1
    x, legs = first.x, []
    for channel in range(first.channel, last.channel, step):
        row = min(channel, channel + step)
        gap = min(corridors[row], key=lambda each: abs(x - each) + abs(each - last.x))
        number = used.get((row, gap), 0)
        used[row, gap] = number + 1
        shifted = gap + _CORRIDOR * (number + 1) // 2 * (1 if number % 2 else -1)
        legs.append(Leg(channel, x, shifted, upper=channel == first.channel and first.side == "bottom"))
        x = shifted
    legs.append(Leg(last.channel, x, last.x, upper=last.side == "bottom"))
    return legs


def plan_all_lanes(ways: Sequence[tuple[Link, Sequence[Leg]]]) -> Lanes:
    """Lanes for all of them."""
    spans: dict[tuple[int, bool], list[Span]] = {}
    for link, legs in ways:
        for leg in legs:
            ends = sorted((leg.start, leg.end))
            spans.setdefault((leg.channel, leg.upper), []).append(Span(link.key, *ends))
    found: dict[tuple[int, bool, str], int] = {}
    counts: dict[bool, dict[int, int]] = {True: {}, False: {}}
    for (channel, upper), own in spans.items():
        lanes = plan_lanes(own)
        found |= {(channel, upper, str(key)): lane for key, lane in lanes.items()}
        counts[upper][channel] = max(lanes.values()) + 1
    return Lanes(counts[True], counts[False], found)


def plan_offsets(ways: Sequence[tuple[Link, Sequence[Leg]]], lanes: Lanes) -> dict[tuple[int, int], float]:
    """How far beside its post each line begins and ends, by (number of the line, 0 or 1): left those that go left, the inner lanes outside."""
    at: dict[tuple[str, Side], list[tuple[tuple[int, int], float, int]]] = {}
    for number, (link, legs) in enumerate(ways):
        for which, (post, leg) in enumerate(zip(link.posts, (legs[0], legs[-1]), strict=True)):
            if post.shared:
                away = (leg.end - leg.start) * (1 if which == 0 else -1)
                lane = lanes.found[leg.channel, leg.upper, link.key]
                at.setdefault((post.name, post.side), []).append(((number, which), away, lane))
    return {key: offset for group in at.values() for key, offset in _spread(group)}


def _spread(group: Sequence[tuple[tuple[int, int], float, int]]) -> Iterator[tuple[tuple[int, int], float]]:
    for sign in (-1, 1):
        mine = [each for each in group if (each[1] < 0) == (sign < 0)]
        for place, (key, _, _) in enumerate(sorted(mine, key=lambda each: -each[2]), 1):
            yield key, sign * BESIDE * place


def plan_line(link: Link, points: Sequence[Point]) -> Line:
    """The line by its corners, those left out that are none."""
    kept: list[Point] = []
    for point in points:
        if not kept or abs(point[0] - kept[-1][0]) > 0.1 or abs(point[1] - kept[-1][1]) > 0.1:  # noqa: PLR2004 - pixels
            kept.append(point)
    straight = {b for (a, b), c in zip(pairwise(kept), kept[2:], strict=False) if _is_straight(a, b, c)}
    corners = [point for point in kept if point not in straight]
    return Line(link.stroke, tuple(corners), link.title, link.added, link.heads, link.ends)


def _is_straight(a: Point, b: Point, c: Point) -> bool:
    return (a[0] == b[0] == c[0]) or (a[1] == b[1] == c[1])
