"""What a drawing consists of. Lengths in pixels, y downwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Point = tuple[float, float]
Shape = Literal["node", "pod", "router", "host", "switch"]
Anchor = Literal["start", "middle", "end"]
Stroke = Literal["cable", "port", "route", "tunnel", "trail"]


@dataclass(frozen=True)
class Text:
    """A line of text. `anchor` as SVG's text-anchor; `raised`: on the ground of a pod or a switch."""

    x: float
    y: float
    text: str
    anchor: Anchor = "middle"
    bold: bool = False
    added: bool = False
    raised: bool = False


@dataclass(frozen=True)
class Box:
    """A machine or a switch."""

    name: str
    shape: Shape
    x: float
    y: float
    width: float
    height: float
    added: bool = False


@dataclass(frozen=True)
class Dot:
    """An interface. `up`: drawn full; down: hollow, and its text says so."""

    machine: str
    link: str
    x: float
    y: float
    up: bool = True
    added: bool = False


@dataclass(frozen=True)
class Line:
    """A cable, a port of a bridge, a route, a tunnel, or a packet's trail. `title` is read out and shown on hover.

    `both`: arrows at both ends; `inside`: it stays in one node's box.
    """

    stroke: Stroke
    start: Point
    end: Point
    title: str
    added: bool = False
    both: bool = False
    inside: bool = False


@dataclass(frozen=True)
class Block:
    """A part of a drawing with its own origin; `moved` places it in a larger one."""

    width: float
    height: float
    boxes: tuple[Box, ...] = ()
    dots: tuple[Dot, ...] = ()
    texts: tuple[Text, ...] = ()

    def moved(self, dx: float, dy: float) -> Block:
        """The same elsewhere."""
        return replace(
            self,
            boxes=tuple(replace(box, x=box.x + dx, y=box.y + dy) for box in self.boxes),
            dots=tuple(replace(dot, x=dot.x + dx, y=dot.y + dy) for dot in self.dots),
            texts=tuple(replace(text, x=text.x + dx, y=text.y + dy) for text in self.texts),
        )


@dataclass(frozen=True)
class Picture:
    """A whole drawing. `title` names it, `description` says it in words; `here`: where the packet is."""

    title: str
    description: str
    width: float
    height: float
    boxes: tuple[Box, ...] = ()
    dots: tuple[Dot, ...] = ()
    lines: tuple[Line, ...] = ()
    texts: tuple[Text, ...] = ()
    here: Point | None = None
