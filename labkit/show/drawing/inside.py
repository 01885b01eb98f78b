"""A machine with an inside: bridges and loose interfaces in one row, below them the pods and programs that they lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from labkit.net.read.network import End
from labkit.show.drawing.columns import MARGIN, Group, plan_groups
from labkit.show.drawing.edges import list_edge, measure_edge
from labkit.show.drawing.parts import (
    BESIDE,
    EDGE,
    GAP,
    LINE,
    Block,
    Box,
    Point,
    Rails,
    Text,
    join_blocks,
    measure_labels,
    plan_texts,
)
from labkit.show.drawing.scene import Place
from labkit.show.drawing.sides import Sides
from labkit.show.drawing.simple import measure_lines, plan_dot, plan_interface, plan_program, render_caption
from labkit.show.drawing.strings import LANE, RAIL, count_lanes, list_strings

_UPPER: Final = 18.0  # between the names on the upper edge and the bridges
_CHANNEL: Final = 42.0  # between a bridge and the pods below it: cables, routes to the bridge


@dataclass(frozen=True)
class Frame:
    """`bridges` is the lower edge of bridges and the line of loose interfaces, `lower` the upper edge of pods, `caption` where the name is."""

    width: float
    top: float
    bridges: float
    lower: float
    bottom: float
    caption: Point


def plan_inside(place: Place, sides: Sides, pods: Sequence[Block], cables: Mapping[End, End]) -> tuple[Block, Rails]:
    """The whole box. `pods`: the finished boxes of those on it."""
    boxes = [*pods, *(plan_program(place.name, program) for program in place.programs)]
    # the name stands below, but where lines come down: without boxes to hang from them, bridges' ports on the lower edge do
    on_top = not boxes and any(each.master for each in sides.bottom)
    needed = measure_labels([render_caption(place)]) + GAP
    groups = plan_groups(sides, boxes, cables, needed if on_top else 0)
    left = MARGIN if on_top else _find_clear(groups, needed)
    name = left + needed
    right = max([MARGIN, *(group.left + group.width for group in groups)])
    starts = (name if on_top else MARGIN, right if on_top else max(right, name))
    frame = _plan_frame(sides, groups, boxes, count_lanes(sides, groups, boxes, cables), on_top=on_top)
    width = max(
        right,
        name,
        measure_edge(sides.top, groups, "top", starts[0]),
        measure_edge(sides.bottom, groups, "bottom", starts[1]),
    )
    frame = replace(frame, width=width + GAP, caption=(left, frame.caption[1]))
    box = Box(place.name, place.shape, 0, 0, frame.width, frame.bottom, place.added, place.name)
    caption = Text(*frame.caption, render_caption(place), "start", bold=True, added=place.added)
    parts = [
        Block(frame.width, frame.bottom, (box,), texts=(caption,)),
        *list_edge(sides.top, groups, "top", (starts[0], width), 0),
        *(part for group in groups for part in _list_group(place.name, group, frame)),
        *list_edge(sides.bottom, groups, "bottom", (starts[1], width), frame.bottom),
    ]
    whole = join_blocks(frame.width, frame.bottom, parts)
    rails = Rails(MARGIN / 3, frame.top + _UPPER / 2, frame.bridges + RAIL)
    return replace(whole, lines=tuple(list_strings(whole, place.name, cables, frame.bridges))), rails


def _find_clear(groups: Sequence[Group], needed: float) -> float:
    """Where the name may begin: what an agent sends leaves the box straight down from it."""
    left = MARGIN
    for at, column in (each for group in groups for each in group.list_columns()):
        if column.lower and any(box.shape == "agent" for box in column.lower.boxes):
            exit_ = at - column.hang + column.lower.width / 2
            left = exit_ + BESIDE if left - BESIDE < exit_ < left + needed else left
    return left


def _plan_frame(sides: Sides, groups: Sequence[Group], boxes: Sequence[Block], lanes: int, *, on_top: bool) -> Frame:
    top = max(measure_lines(sides.top), LINE if on_top else 0) + EDGE / 2
    loose = [column.upper for group in groups for column in group.columns if column.upper and not group.bridge]
    heights = [_measure_bridge(group) for group in groups if group.bridge]
    bridges = top + _UPPER + max([*heights, measure_lines(loose) + EDGE if loose else 0])
    lower = bridges + (_CHANNEL + LANE * lanes if boxes or lanes else GAP)
    inside = lower + max((block.height + GAP / 2 for block in boxes), default=0)
    bottom = max(
        inside + (0 if on_top else LINE + GAP / 2), lower + (measure_lines(sides.bottom) + EDGE if sides.bottom else 0)
    )
    return Frame(0, top, bridges, lower, bottom, (MARGIN, EDGE if on_top else bottom - EDGE))


def _measure_bridge(group: Group) -> float:
    assert group.bridge is not None
    ports = [column.upper for column in group.columns if column.upper]
    return LINE * len(group.bridge.labels) + GAP / 2 + (measure_lines(ports) + EDGE if ports else GAP / 2)


def _list_group(machine: str, group: Group, frame: Frame) -> Iterator[Block]:
    if group.bridge:
        yield _plan_bridge(machine, group, frame.bridges)
    for x, column in group.list_columns():
        if column.upper:
            part = plan_interface(column.upper, (x, frame.bridges), "bottom")
            texts = tuple(replace(text, raised=bool(group.bridge)) for text in part.texts)
            yield replace(part, texts=texts, dots=tuple(replace(dot, inner=True) for dot in part.dots))
        if column.lower:
            lower = replace(column.lower, dots=tuple(replace(dot, inner=True) for dot in column.lower.dots))
            yield lower.moved(x - column.hang, frame.lower)


def _plan_bridge(machine: str, group: Group, bottom: float) -> Block:
    """Like a switch: a grey box with its ports on its lower edge; its own interface, by which the machine has a part in it, on the left."""
    bridge = group.bridge
    assert bridge is not None
    name, height = bridge.end[1], _measure_bridge(group)
    box = Box(name, "bridge", group.left, bottom - height, group.width, height, bridge.added, machine)
    y = box.y + LINE / 2 + GAP / 4
    dot = replace(plan_dot(bridge, (box.x, y), "left"), inner=True, bridge=name)
    words = (f"{bridge.labels[0]} (bridge)", *bridge.labels[1:])
    first, *more = plan_texts(words, (box.x + BESIDE + 2, y), "start", raised=True)
    return Block(group.width, height, (box,), (dot,), (replace(first, bold=True), *more))
