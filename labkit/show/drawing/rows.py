"""The outermost boxes in rows, from left to right; pods stand in their node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from labkit.show.drawing.inside import plan_inside
from labkit.show.drawing.layers import plan_layers
from labkit.show.drawing.parts import Block, Dot, Rails
from labkit.show.drawing.scene import Interface, Place, Scene
from labkit.show.drawing.sides import plan_sides
from labkit.show.drawing.simple import plan_simple

BOX_GAP: Final = 30.0
_MARGIN: Final = 32.0
_RANKS: Final = ("router", "switch", "node", "host", "pod")  # who stands on top where several could


@dataclass(frozen=True)
class Rows:
    """`names` row by row; of each box what is in it, its rails and the x of its left edge; `width` of the whole."""

    names: Sequence[Sequence[str]]
    blocks: Mapping[str, Block]
    rails: Mapping[str, Rails]
    lefts: Mapping[str, float]
    width: float

    def find_row(self, name: str) -> int:
        """The number of the row that a box is in."""
        return next(number for number, row in enumerate(self.names) if name in row)

    def list_corridors(self) -> list[list[float]]:
        """For each row the middles of the gaps between its boxes, and left and right of them all."""
        found = []
        for row in self.names:
            edges = [(self.lefts[name], self.lefts[name] + self.blocks[name].width) for name in row]
            between = [(a[1] + b[0]) / 2 for a, b in pairwise(edges)]
            found.append([edges[0][0] - BOX_GAP / 2, *between, edges[-1][1] + BOX_GAP / 2])
        return found

    def list_dots(self) -> list[tuple[str, Dot]]:
        """Every interface with the box that it is in; its y from that box's upper edge."""
        return [(name, dot) for name, block in self.blocks.items() for dot in block.dots]


def plan_rows(scene: Scene) -> Rows:
    """Boxes and their places from left to right; how far apart the rows are depends on what runs between them."""
    names = _plan_names(scene)
    finished = {name: _plan_top(scene, names, name) for row in names for name in row}
    widths = [sum(finished[name][0].width for name in row) + BOX_GAP * (len(row) - 1) for row in names]
    width = max(widths, default=0) + 2 * _MARGIN
    lefts: dict[str, float] = {}
    for row, own in zip(names, widths, strict=True):
        x = (width - own) / 2
        for name in row:
            lefts[name] = x
            x += finished[name][0].width + BOX_GAP
    blocks, rails = ({name: each[at] for name, each in finished.items()} for at in (0, 1))
    return Rows(names, blocks, rails, lefts, width)  # type: ignore[arg-type] # one of blocks, one of rails


def find_homes(scene: Scene) -> dict[str, str]:
    """A pod is drawn on its node, everything else by itself."""
    names = {place.name for place in scene.places}
    return {place.name: place.node if place.node in names and place.node else place.name for place in scene.places}


def _plan_names(scene: Scene) -> list[list[str]]:
    home = find_homes(scene)
    shapes = {place.name: place.shape for place in scene.places}
    tops = [place.name for place in scene.places if home[place.name] == place.name]
    pairs = [(home[a[0]], home[b[0]]) for a, b in scene.cables.items()]
    return plan_layers(sorted(tops, key=lambda name: _RANKS.index(shapes[name])), pairs)


def _plan_top(scene: Scene, names: Sequence[Sequence[str]], name: str) -> tuple[Block, Rails]:
    depth = {each: at for at, row in enumerate(names) for each in row}
    order = {each: at for row in names for at, each in enumerate(row)}
    home = find_homes(scene)
    place = next(each for each in scene.places if each.name == name)

    def find_neighbour(interface: Interface) -> str:
        return home.get(scene.cables.get(interface.end, ("", ""))[0], name)

    def find_row(interface: Interface) -> int | None:
        other = find_neighbour(interface)
        return None if other == name else depth[other] - depth[name]

    # in the order of what they lead to, so that cables don't cross
    interfaces = sorted(place.interfaces, key=lambda each: order[find_neighbour(each)])
    sides = plan_sides(
        Place(name, place.shape, place.node, tuple(interfaces), place.added, place.programs), scene.cables, find_row
    )
    pods = [each for each in scene.places if each.node == name and each.name != name]
    if not (sides.has_inside or pods or place.programs):
        return plan_simple(place, sides)
    boxes = [plan_simple(pod, plan_sides(pod, scene.cables, find_row))[0] for pod in pods]
    return plan_inside(place, sides, boxes, scene.cables)
