"""What a drawing consists of. Lengths in pixels, y downwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from labkit.net.read.network import End
from labkit.show.text import measure

Point = tuple[float, float]
Shape = Literal["node", "pod", "router", "host", "switch", "bridge", "agent"]
Anchor = Literal["start", "middle", "end"]
Stroke = Literal["cable", "port", "route", "tunnel", "trail", "answer"]
Side = Literal["top", "bottom", "left"]

LETTER: Final = 7.3  # width of a letter of the monospaced 12 px font
LINE: Final = 15.0  # height of a line of text
GAP: Final = 16.0
EDGE: Final = 16.0  # from a dot to the middle of its nearest line of text
BESIDE: Final = 10.0  # from a dot to a text beside it


@dataclass(frozen=True)
class Text:
    """A line of text. `anchor` as SVG's text-anchor; `raised`: on the ground of a pod, a bridge or a switch."""

    x: float
    y: float
    text: str
    anchor: Anchor = "middle"
    bold: bool = False
    added: bool = False
    raised: bool = False


@dataclass(frozen=True)
class Box:
    """A machine, a switch, a bridge or a program; `machine` is the one that it is (in)."""

    name: str
    shape: Shape
    x: float
    y: float
    width: float
    height: float
    added: bool = False
    machine: str = ""


@dataclass(frozen=True)
class Dot:
    """An interface on the edge of a box. `up`: drawn full; down: hollow, and its text says so.

    `side` of its own box; `home`: the outermost box that it is in, `inner`: not on that one's edge; `bridge`: which it is, or is a port of.
    """

    machine: str
    link: str
    x: float
    y: float
    up: bool = True
    added: bool = False
    side: Side = "top"
    home: str = ""
    inner: bool = False
    bridge: str = ""


@dataclass(frozen=True)
class Line:
    """A cable, a port of a bridge, a route, a tunnel, or a packet's way, by its corners. `title` is read out and shown on hover.

    `heads`: arrows at its beginning and at its end; `ends`: the interfaces that a cable joins.
    """

    stroke: Stroke
    points: tuple[Point, ...]
    title: str
    added: bool = False
    heads: tuple[bool, bool] = (False, False)
    ends: tuple[End, ...] = ()


@dataclass(frozen=True)
class Rails:
    """Where lines may run inside a box: down its left margin, and across, above and below what stands in it."""

    left: float
    upper: float
    lower: float


@dataclass(frozen=True)
class Block:
    """A part of a drawing with its own origin; `moved` places it in a larger one."""

    width: float
    height: float
    boxes: tuple[Box, ...] = ()
    dots: tuple[Dot, ...] = ()
    texts: tuple[Text, ...] = ()
    lines: tuple[Line, ...] = ()

    def moved(self, dx: float, dy: float) -> Block:
        """The same, so much further to the right and down."""
        return replace(
            self,
            boxes=tuple(replace(box, x=box.x + dx, y=box.y + dy) for box in self.boxes),
            dots=tuple(replace(dot, x=dot.x + dx, y=dot.y + dy) for dot in self.dots),
            texts=tuple(replace(text, x=text.x + dx, y=text.y + dy) for text in self.texts),
            lines=tuple(replace(line, points=shift(line.points, dx, dy)) for line in self.lines),
        )


@dataclass(frozen=True)
class Picture:
    """A whole drawing. `title` names it, `description` says it in words; `rails` by the outermost boxes' names."""

    title: str
    description: str
    width: float
    height: float
    boxes: tuple[Box, ...] = ()
    dots: tuple[Dot, ...] = ()
    lines: tuple[Line, ...] = ()
    texts: tuple[Text, ...] = ()
    rails: tuple[tuple[str, Rails], ...] = ()


def shift(points: Iterable[Point], dx: float, dy: float) -> tuple[Point, ...]:
    """The points, so much further to the right and down."""
    return tuple((x + dx, y + dy) for x, y in points)


def join_blocks(width: float, height: float, parts: Iterable[Block]) -> Block:
    """Several parts as one; what comes later lies on top."""
    all_parts = list(parts)
    return Block(
        width,
        height,
        tuple(box for part in all_parts for box in part.boxes),
        tuple(dot for part in all_parts for dot in part.dots),
        tuple(text for part in all_parts for text in part.texts),
        tuple(line for part in all_parts for line in part.lines),
    )


def plan_texts(
    labels: Iterable[str], at: Point, anchor: Anchor = "middle", *, raised: bool = False
) -> tuple[Text, ...]:
    """Lines of text, the first at this point; one that begins with + is marked as added."""
    x, y = at
    return tuple(
        Text(x, y + number * LINE, label, anchor, added=label.startswith("+"), raised=raised)
        for number, label in enumerate(labels)
    )


def measure_labels(labels: Iterable[str]) -> float:
    """The width of the widest."""
    return LETTER * max(map(measure, labels), default=0)
