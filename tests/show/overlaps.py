"""Measures of a drawing: what lies over what."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.show.drawing.parts import LETTER, Box, Line, Picture, Point, Text
from labkit.show.text import measure

TEXT = 10.0  # height of 12 px letters without the space between lines
DOT = 5.0


@dataclass(frozen=True)
class Area:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Area) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def contains(self, other: Area) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )


def text_area(text: Text) -> Area:
    width = LETTER * measure(text.text)
    left = text.x - {"start": 0.0, "middle": width / 2, "end": width}[text.anchor]
    return Area(left, text.y - TEXT / 2, left + width, text.y + TEXT / 2)


def box_area(box: Box) -> Area:
    return Area(box.x, box.y, box.x + box.width, box.y + box.height)


def crosses(a: Point, b: Point, area: Area) -> bool:
    """Whether the straight line from a to b meets the area (Liang and Barsky)."""
    low, high = 0.0, 1.0
    for start, delta, least, most in (
        (a[0], b[0] - a[0], area.left, area.right),
        (a[1], b[1] - a[1], area.top, area.bottom),
    ):
        if not delta:
            if not least < start < most:
                return False
            continue
        first, last = sorted(((least - start) / delta, (most - start) / delta))
        low, high = max(low, first), min(high, last)
    return low < high


def list_faults(picture: Picture, way: tuple[Line, ...] = ()) -> list[str]:
    """Everything that can't be read, or says something untrue, in words."""
    return [
        *_list_text_faults(picture),
        *_list_crossed_texts(picture, (*picture.lines, *way)),
        *_list_crossed_boxes(picture),
        *_list_box_faults(picture),
    ]


def _list_text_faults(picture: Picture) -> Iterator[str]:
    areas = [(text.text, text_area(text)) for text in picture.texts]
    for (one, a), (other, b) in itertools.combinations(areas, 2):
        if a.meets(b):
            yield f"{one!r} over {other!r}"
    whole = Area(0, 0, picture.width, picture.height)
    for text, area in areas:
        if not whole.contains(area):
            yield f"{text!r} is outside"
        for dot in picture.dots:
            if area.meets(Area(dot.x - DOT, dot.y - DOT, dot.x + DOT, dot.y + DOT)):
                yield f"{text!r} over the dot of {dot.machine}:{dot.link}"
        for box in picture.boxes:
            edge = box_area(box)
            if area.meets(edge) and not edge.contains(area):
                yield f"{text!r} over the edge of {box.name}"


def _list_crossed_texts(picture: Picture, lines: tuple[Line, ...]) -> Iterator[str]:
    texts = [(text.text, text_area(text)) for text in picture.texts]
    for line in lines:
        for a, b in itertools.pairwise(line.points):
            for text, area in texts:
                if crosses(a, b, area):
                    yield f"{line.stroke} {line.title!r} through {text!r}"


def _list_crossed_boxes(picture: Picture) -> Iterator[str]:
    """Lines between outermost boxes run outside of all others."""
    homes = [(box, box_area(box)) for box in picture.boxes if box.machine == box.name and box.shape != "pod"]
    for line in picture.lines:
        for box, area in homes:
            ends = [area.contains(Area(x, y, x, y)) for x, y in (line.points[0], line.points[-1])]
            inner = Area(area.left + 1, area.top + 1, area.right - 1, area.bottom - 1)
            if not any(ends) and any(crosses(a, b, inner) for a, b in itertools.pairwise(line.points)):
                yield f"{line.stroke} {line.title!r} through {box.name}"


def _list_box_faults(picture: Picture) -> Iterator[str]:
    for one, other in itertools.combinations(picture.boxes, 2):
        a, b = box_area(one), box_area(other)
        if a.meets(b) and not a.contains(b) and not b.contains(a):
            yield f"{one.name} over {other.name}"
