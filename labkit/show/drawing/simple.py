"""Boxes without an inside: a pod, a switch, a host or a router whose interfaces stand on its edges; a program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from labkit.show.drawing.parts import (
    EDGE,
    GAP,
    LINE,
    Block,
    Box,
    Dot,
    Point,
    Rails,
    Shape,
    Side,
    Text,
    join_blocks,
    measure_labels,
    plan_texts,
)
from labkit.show.drawing.scene import Interface, Place, Program
from labkit.show.drawing.sides import Sides

_RAISED = ("pod", "switch", "bridge")  # on a ground of their own


def plan_simple(place: Place, sides: Sides) -> tuple[Block, Rails]:
    """The name in the middle, between the interfaces of the upper and of the lower edge."""
    return _plan_box(place.name, place.shape, (render_caption(place),), (sides.top, sides.bottom), added=place.added)


def plan_program(machine: str, program: Program) -> Block:
    """An agent: the interfaces whose frames it takes are on its upper edge."""
    captions = (f"{program.name} (agent)", f"UDP {program.port}")
    block, _ = _plan_box(program.name, "agent", captions, (program.interfaces, ()), added=False)
    return replace(block, boxes=tuple(replace(box, machine=machine) for box in block.boxes))


def render_caption(place: Place) -> str:
    """`+web (pod)`."""
    return f"{'+' if place.added else ''}{place.name} ({place.shape})"


def _plan_box(
    name: str,
    shape: Shape,
    captions: Sequence[str],
    rows: tuple[Sequence[Interface], Sequence[Interface]],
    *,
    added: bool,
) -> tuple[Block, Rails]:
    top, bottom = rows
    width = max(measure_row(top), measure_row(bottom), measure_labels(captions)) + 2 * GAP
    upper = plan_row(top, (0, width), 0, side="top")
    lower = plan_row(bottom, (0, width), 0, side="bottom")
    middle = GAP / 2 + LINE * len(captions)
    height = upper.height + middle + lower.height
    names = tuple(
        Text(width / 2, upper.height + LINE * (number + 0.5), caption, bold=not number, added=added and not number)
        for number, caption in enumerate(captions)
    )
    box = Block(width, height, (Box(name, shape, 0, 0, width, height, added, name),))
    whole = join_blocks(width, height, (box, upper, lower.moved(0, height), Block(width, height, texts=names)))
    if shape in _RAISED:
        whole = replace(whole, texts=tuple(replace(text, raised=True) for text in whole.texts))
    return whole, Rails(0, 0, height)


def measure_row(row: Sequence[Interface]) -> float:
    """The width that these interfaces need side by side."""
    return sum(measure_column(interface) for interface in row)


def measure_column(interface: Interface) -> float:
    """The width that an interface needs with its text."""
    return measure_labels(interface.labels) + GAP


def plan_row(row: Sequence[Interface], span: tuple[float, float], y: float, *, side: Side) -> Block:
    """Interfaces side by side from left to right of `span` on the line `y`, their text inside the box; its height is what the text takes."""
    if not row:
        return Block(span[1], GAP / 2)
    spare = (span[1] - span[0] - measure_row(row)) / len(row)
    parts, left = [], span[0]
    for interface in row:
        column = measure_column(interface) + spare
        parts.append(plan_interface(interface, (left + column / 2, y), side))
        left += column
    return join_blocks(span[1], measure_lines(row) + EDGE, parts)


def measure_lines(row: Sequence[Interface]) -> float:
    """The height of their texts."""
    return LINE * max((len(interface.labels) for interface in row), default=0)


def plan_interface(interface: Interface, at: Point, side: Side) -> Block:
    """A dot on the upper edge with its text below, or on the lower edge with its text above."""
    x, y = at
    first = y + EDGE if side == "top" else y - EDGE - LINE * (len(interface.labels) - 1)
    return Block(0, 0, (), (plan_dot(interface, at, side),), plan_texts(interface.labels, (x, first)))


def plan_dot(interface: Interface, at: Point, side: Side) -> Dot:
    """The dot alone."""
    return Dot(*interface.end, *at, interface.up, interface.added, side, bridge=interface.master or "")
