"""A packet as boxes side by side, each with its bytes; braces say what belongs together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from labkit.show.drawing.parts import GAP, LETTER, LINE, Box, Line, Picture, Text
from labkit.show.text import measure

_MARGIN: Final = 16.0
_HEIGHT: Final = LINE * 3 + GAP
_BRACE: Final = 34.0


@dataclass(frozen=True)
class Part:
    """A header, or what it carries: `name`, what is in it in a few words, bytes as they are said (`14`, `84`)."""

    name: str
    what: str
    size: str
    wrapping: bool = False


@dataclass(frozen=True)
class Brace:
    """What the parts from number `first` to `last` are together, in words below them."""

    first: int
    last: int
    says: str


def plan_packet(title: str, description: str, parts: Sequence[Part], braces: Sequence[Brace]) -> Picture:
    """The outermost header on the left. What is put around is grey. One brace below the other."""
    lefts, at = [], _MARGIN
    for part in parts:
        lefts.append(at)
        at += _measure(part)
    ends = [*lefts, at]
    boxes = tuple(
        Box(
            f"{number} {part.name}",
            "switch" if part.wrapping else "host",
            lefts[number],
            _MARGIN,
            _measure(part),
            _HEIGHT,
        )
        for number, part in enumerate(parts)
    )
    texts = [text for number, part in enumerate(parts) for text in _list_texts(part, lefts[number])]
    lines: list[Line] = []
    width = at + _MARGIN
    for number, brace in enumerate(braces):
        left, right, y = ends[brace.first], ends[brace.last + 1], _MARGIN + _HEIGHT + 10 + _BRACE * number
        lines.append(Line("cable", ((left + 3, y - 5), (left + 3, y), (right - 3, y), (right - 3, y - 5)), brace.says))
        texts.append(Text(left + 3, y + LINE * 0.8, brace.says, "start"))
        width = max(width, left + 3 + LETTER * measure(brace.says) + _MARGIN)
    height = _MARGIN + _HEIGHT + _BRACE * len(braces) + _MARGIN
    return Picture(title, description, width, height, boxes, (), tuple(lines), tuple(texts))


def _measure(part: Part) -> float:
    return LETTER * max(measure(part.name), measure(part.what), measure(_say(part))) + GAP


def _say(part: Part) -> str:
    return f"{part.size} bytes"


def _list_texts(part: Part, left: float) -> Iterator[Text]:
    x, y = left + _measure(part) / 2, _MARGIN + GAP / 2 + LINE / 2
    for number, line in enumerate((part.name, part.what, _say(part))):
        yield Text(x, y + number * LINE, line, bold=not number, raised=part.wrapping)
