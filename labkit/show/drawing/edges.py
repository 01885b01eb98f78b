"""The interfaces on the edges of a machine that has an inside: a bridge's ports above or below it, the others beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from labkit.show.drawing.columns import Group, measure_beside
from labkit.show.drawing.parts import BESIDE, EDGE, GAP, LINE, Block, plan_texts
from labkit.show.drawing.scene import Interface
from labkit.show.drawing.simple import measure_column, plan_dot

Edge = Literal["top", "bottom"]


def measure_edge(row: Sequence[Interface], groups: Sequence[Group], edge: Edge, start: float) -> float:
    """How far to the right an edge's interfaces reach; those that are no bridge's ports begin at `start`."""
    taken, right = _find_taken(groups, edge)
    return max(start, right) + measure_beside([each for each in row if each not in taken])


def list_edge(
    row: Sequence[Interface], groups: Sequence[Group], edge: Edge, span: tuple[float, float], y: float
) -> Iterator[Block]:
    """All of them, on the line `y`; `span` is where those may stand that are no bridge's ports."""
    for group in groups:
        left = max(span[0], group.left) if edge == "top" else group.left  # the name may stand above the first
        yield from _list_beside(_list_ports(group, edge), (left, group.left + group.width), y, edge)
    taken, right = _find_taken(groups, edge)
    yield from _list_beside([each for each in row if each not in taken], (max(span[0], right), span[1]), y, edge)


def _list_ports(group: Group, edge: Edge) -> tuple[Interface, ...]:
    return group.above if edge == "top" else group.below


def _find_taken(groups: Sequence[Group], edge: Edge) -> tuple[list[Interface], float]:
    """The ports that have their place at a bridge, and where the last such bridge ends."""
    busy = [group for group in groups if _list_ports(group, edge)]
    ports = [port for group in busy for port in _list_ports(group, edge)]
    return ports, max((group.left + group.width for group in busy), default=0)


def _list_beside(row: Sequence[Interface], span: tuple[float, float], y: float, edge: Edge) -> Iterator[Block]:
    """From left to right, each one's text on the right of a line that might come from its dot."""
    spare = (span[1] - span[0] - measure_beside(row)) / max(1, len(row))
    left = span[0]
    for interface in row:
        x = left + spare / 2 + GAP / 2
        first = y + EDGE if edge == "top" else y - EDGE - LINE * (len(interface.labels) - 1)
        texts = plan_texts(interface.labels, (x + BESIDE, first), "start")
        yield Block(0, 0, dots=(plan_dot(interface, (x, y), edge),), texts=texts)
        left += measure_column(interface) + BESIDE + spare
