"""A packet's way on a picture: a stretch from each interface to the next, along cables, round bridges, on rails. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labkit.net.read.network import End
from labkit.show.drawing.parts import Dot, Line, Picture, Point, shift
from labkit.show.drawing.scene import place_end
from labkit.show.drawing.ways import plan_way

_ASIDE: Final = 2.5  # the answer runs beside the packet
_FORWARDED: Final = 3.5  # what going through a machine costs; along a cable or through a bridge 1


@dataclass(frozen=True)
class Stop:
    """Where the packet is at one hop, and the line that brought it there; neither where the interface is not in the picture."""

    dot: Dot | None
    line: Line | None

    def list_marks(self, distance: float, *, right: bool = True) -> list[Point]:
        """Where a mark may stand beside it: outside of its box, where no text is; nowhere when there is no dot."""
        if self.dot is None:
            return []
        aside = distance if right else -distance
        away = {"top": (aside, -distance), "bottom": (aside, distance), "left": (-distance, aside)}[self.dot.side]
        return [(self.dot.x + away[0], self.dot.y + away[1])]


def plan_trail(picture: Picture, there: Sequence[End], back: Sequence[End] = ()) -> list[Stop]:
    """A stop for each interface on the packet's way, then for each on its answer's."""
    dots = {(dot.machine, dot.link): dot for dot in picture.dots}
    graph = _plan_graph(picture, dots)
    stops: list[Stop] = []
    before: Dot | None = None
    for number, end in enumerate([*there, *back]):
        dot = dots.get(place_end(end))
        points = _plan_points(graph, before, dot) if before and dot and before != dot else ()
        stops.append(Stop(dot, _plan_line(points, number + 1, is_answer=number >= len(there)) if points else None))
        before = dot or before
    return stops


def _plan_line(points: Sequence[Point], number: int, *, is_answer: bool) -> Line:
    aside = -_ASIDE if is_answer else _ASIDE
    return Line("answer" if is_answer else "trail", shift(points, aside, aside), f"hop {number}", heads=(False, True))


def _plan_graph(picture: Picture, dots: dict[End, Dot]) -> Any:
    """How interfaces hang together; each edge has its corners, from the one that it names `first`."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(dots)
    for first, last, points, cost in (*_list_forwarding(picture), *_list_cables(picture)):
        graph.add_edge(first, last, first=first, points=points, weight=cost)
    return graph


def _list_cables(picture: Picture) -> Iterator[tuple[End, End, tuple[Point, ...], float]]:
    for line in picture.lines:
        if line.stroke == "cable":
            yield (*line.ends, line.points, 1.0)  # type: ignore[misc] # a cable has two ends


def _list_forwarding(picture: Picture) -> Iterator[tuple[End, End, tuple[Point, ...], float]]:
    rails = dict(picture.rails)
    for first, last in itertools.combinations(picture.dots, 2):
        if first.machine == last.machine:
            bridges = [box for box in picture.boxes if box.shape == "bridge" and box.machine == first.machine]
            points = plan_way(first, last, rails[first.home], bridges)
            cost = 1.0 if first.bridge and first.bridge == last.bridge else _FORWARDED
            yield (first.machine, first.link), (last.machine, last.link), points, cost


def _plan_points(graph: Any, start: Dot, end: Dot) -> tuple[Point, ...]:
    """By the shortest way that is drawn; straight where there is none."""
    import networkx as nx

    try:
        way = nx.shortest_path(graph, (start.machine, start.link), (end.machine, end.link), weight="weight")
    except nx.NetworkXNoPath:
        return ((start.x, start.y), (end.x, end.y))
    points: list[Point] = []
    for one, other in itertools.pairwise(way):
        edge = graph.edges[one, other]
        points += edge["points"] if edge["first"] == one else edge["points"][::-1]
    return tuple(point for at, point in enumerate(points) if not at or point != points[at - 1])
