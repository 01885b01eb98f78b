"""One box of the drawing with everything in it: interfaces on its edges, a node's bridges and pods inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from labkit.net.read.network import End
from labkit.show.drawing.parts import Anchor, Block, Box, Dot, Text
from labkit.show.drawing.scene import Interface, Place
from labkit.show.text import measure

LETTER: Final = 7.3  # width of a letter of the monospaced 12 px font
LINE: Final = 15.0  # height of a line of text
GAP: Final = 16.0
EDGE: Final = 16.0  # from a dot to the middle of its nearest line of text
RAISED: Final = ("pod", "switch")  # on a ground of their own
BESIDE: Final = 10.0  # from a dot to the text beside it


@dataclass(frozen=True)
class Sides:
    """A box's interfaces by where they are drawn: on its upper or lower edge, inside, or above the pods they lead to."""

    top: tuple[Interface, ...] = ()
    bottom: tuple[Interface, ...] = ()
    inner: tuple[Interface, ...] = ()
    pod_ends: tuple[Interface, ...] = ()


def plan_block(place: Place, sides: Sides, pods: Sequence[Block], cables: Mapping[End, End]) -> Block:
    """The box of a machine; `pods` are the finished boxes of the pods on it."""
    inside = _plan_inside(sides, pods, cables)
    width = max(_measure_row(sides.top), _measure_row(sides.bottom), inside.width, _measure_caption(place)) + 2 * GAP
    top, bottom = plan_row(sides.top, width, 0, below=True), plan_row(sides.bottom, width, 0, below=False)
    body = _plan_body(place, inside, width, has_pods=bool(pods))
    height = top.height + body.height + bottom.height
    box = Box(place.name, place.shape, 0, 0, width, height, place.added)
    parts = (Block(width, height, (box,)), top, body.moved(0, top.height), bottom.moved(0, height))
    whole = join_blocks(width, height, parts)
    if place.shape in RAISED:
        return replace(whole, texts=tuple(replace(text, raised=True) for text in whole.texts))
    return whole


def _plan_body(place: Place, inside: Block, width: float, *, has_pods: bool) -> Block:
    """The name above what is inside, where bridges' lines go down; below it where pods fill the box."""
    name = f"{'+' if place.added else ''}{place.name} ({place.shape})"
    height = LINE + (GAP if has_pods else GAP / 2)
    moved = inside.moved((width - inside.width) / 2, 0 if has_pods else height)
    y = inside.height + height * 0.6 if has_pods else LINE / 2
    where: tuple[float, Anchor] = (GAP, "start") if has_pods else (width / 2, "middle")
    caption = Text(where[0], y, name, where[1], bold=True, added=place.added)
    return join_blocks(width, inside.height + height, (Block(width, height, texts=(caption,)), moved))


def join_blocks(width: float, height: float, parts: Iterable[Block]) -> Block:
    """Several parts as one; what comes later lies on top."""
    all_parts = list(parts)
    return Block(
        width,
        height,
        tuple(box for part in all_parts for box in part.boxes),
        tuple(dot for part in all_parts for dot in part.dots),
        tuple(text for part in all_parts for text in part.texts),
    )


def _measure_caption(place: Place) -> float:
    return LETTER * measure(f"+{place.name} ({place.shape})")


def _measure_row(row: Sequence[Interface]) -> float:
    return sum(_measure_column(interface) for interface in row)


def _measure_column(interface: Interface) -> float:
    return LETTER * max(measure(label) for label in interface.labels) + GAP


def plan_row(row: Sequence[Interface], width: float, y: float, *, below: bool) -> Block:
    """Interfaces side by side on the line `y`, their text below it or above it; the block's height is what the text takes."""
    if not row:
        return Block(width, GAP / 2)
    spare = (width - _measure_row(row)) / len(row)
    parts, left = [], 0.0
    for interface in row:
        column = _measure_column(interface) + spare
        parts.append(_plan_interface(interface, left + column / 2, y, below=below))
        left += column
    lines = max(len(interface.labels) for interface in row)
    return join_blocks(width, lines * LINE + EDGE, parts)


def _plan_interface(interface: Interface, x: float, y: float, *, below: bool) -> Block:
    first = y + EDGE if below else y - EDGE - LINE * (len(interface.labels) - 1)
    return Block(0, 0, (), (_plan_dot(interface, x, y),), tuple(_plan_texts(interface, x, first, "middle")))


def _plan_dot(interface: Interface, x: float, y: float) -> Dot:
    return Dot(*interface.end, x, y, interface.up, interface.added)


def _plan_texts(interface: Interface, x: float, y: float, anchor: Anchor) -> Iterable[Text]:
    for at, label in enumerate(interface.labels):
        added = label.startswith("+")
        yield Text(x, y + at * LINE, label, anchor, added=added)


def _plan_inside(sides: Sides, pods: Sequence[Block], cables: Mapping[End, End]) -> Block:
    """Bridges and the like; below them the ends that lead to pods; below those the pods."""
    pods_row = _plan_pods(pods)
    ends = _plan_pod_ends(sides.pod_ends, pods_row, cables)
    width = max(ends.width, _measure_row(sides.inner))
    inner = plan_row(sides.inner, width, LINE, below=False) if sides.inner else Block(width, 0)
    inner_height = inner.height + 2.5 * GAP if sides.inner else 0
    ends_height = ends.height + 1.5 * GAP if sides.pod_ends else 0
    pods_placed = pods_row.moved((width - ends.width) / 2, inner_height + ends_height)
    parts = (inner.moved(0, inner.height), ends.moved((width - ends.width) / 2, inner_height), pods_placed)
    return join_blocks(width, inner_height + ends_height + pods_row.height, parts)


def _plan_pods(pods: Sequence[Block]) -> Block:
    parts, left = [], 0.0
    for pod in pods:
        parts.append(pod.moved(left, 0))
        left += pod.width + GAP
    return join_blocks(max(0, left - GAP), max((pod.height for pod in pods), default=0), parts)


def _plan_pod_ends(ends: Sequence[Interface], pods: Block, cables: Mapping[End, End]) -> Block:
    """Each above the dot it is cabled to; its text to the right of it. Those that lead nowhere yet stand on the right."""
    at = {(dot.machine, dot.link): dot.x for dot in pods.dots}
    parts, right = [], pods.width
    for end in ends:
        x = at.get(cables.get(end.end, ("", "")))
        if x is None:
            x = right + GAP
            right = x + _measure_column(end)
        else:
            right = max(right, x + _measure_column(end))
        # on the side away from the bridge, whose lines come from the middle
        left = x < pods.width / 2 - 1
        texts = tuple(_plan_texts(end, x + (-BESIDE if left else BESIDE), LINE / 4, "end" if left else "start"))
        parts.append(Block(0, 0, (), (_plan_dot(end, x, LINE / 4),), texts))
    height = max((len(end.labels) for end in ends), default=0) * LINE
    return join_blocks(right, height, parts)
