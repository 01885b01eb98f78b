"""A way from one interface to another within a box, where no text stands: along rails, and round bridges. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from labkit.show.drawing.parts import Box, Dot, Point, Rails

_STEP: Final = 10.0


def plan_way(start: Dot, end: Dot, rails: Rails, bridges: Sequence[Box]) -> tuple[Point, ...]:
    """From dot to dot of one machine or its pods. `bridges`: the boxes of the machine's bridges."""
    if start.y == end.y and start.side == end.side:
        return ((start.x, start.y), (end.x, end.y))
    bridge = next((box for box in bridges if box.name and box.name == start.bridge == end.bridge), None)
    if bridge and _is_round(start) and _is_round(end):
        return _plan_border(bridge, start, end)
    out, back = leave(start, rails), leave(end, rails)
    return (*out, *_list_corners(out[-1], back[-1], (start, end), rails), *reversed(back))


def leave(dot: Dot, rails: Rails) -> list[Point]:
    """From a dot to the rail that it reaches without crossing anything; from a bridge's own to a little left of it."""
    at = (dot.x, dot.y)
    if dot.side == "left":
        return [at, (dot.x - _STEP, dot.y)]
    return [at, (dot.x, rails.lower if dot.inner or dot.side == "bottom" else rails.upper)]


def _list_corners(start: Point, end: Point, dots: tuple[Dot, Dot], rails: Rails) -> list[Point]:
    """Between two points on rails."""
    lefts = [dot.side == "left" for dot in dots]
    if all(lefts):
        return [(start[0], rails.lower), (end[0], rails.lower)]
    if any(lefts):
        return [(start[0], end[1])] if lefts[0] else [(end[0], start[1])]
    return [(rails.left, start[1]), (rails.left, end[1])] if start[1] != end[1] else []


def _is_round(dot: Dot) -> bool:
    """Whether a line from it meets the bridge at once."""
    return dot.inner or dot.side == "top"


def _plan_border(bridge: Box, start: Dot, end: Dot) -> tuple[Point, ...]:
    """Along the edge of the bridge's box, by the side that is nearer."""
    near_left = start.x + end.x < 2 * bridge.x + bridge.width or "left" in (start.side, end.side)
    side = bridge.x if near_left else bridge.x + bridge.width
    out, back = _meet(bridge, start), _meet(bridge, end)
    corners = [(side, point[1]) for point in (out[-1], back[-1])]
    return (*out, *(corners if out[-1][1] != back[-1][1] else ()), *reversed(back))


def _meet(bridge: Box, dot: Dot) -> list[Point]:
    at = (dot.x, dot.y)
    return [at] if dot.inner else [at, (dot.x, bridge.y)]
