"""Who says what to whom, from top to bottom: a line down from each of those who talk, an arrow for each message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from labkit.show.drawing.parts import GAP, LETTER, LINE, Box, Line, Picture, Text
from labkit.show.text import measure

_MARGIN: Final = 16.0
_HEAD: Final = LINE + GAP
_STEP: Final = 34.0


@dataclass(frozen=True)
class Message:
    """From the number `start` of those who talk to the number `end`; a `copy` goes at the same time as the one before."""

    start: int
    end: int
    says: str = ""
    copy: bool = False


def plan_sequence(title: str, description: str, talkers: Sequence[str], messages: Sequence[Message]) -> Picture:
    """A text stands between the line of who says it and the next one."""
    xs, width = _plan_columns(talkers, messages)
    boxes = tuple(
        Box(name, "host", x - _measure(name) / 2, _MARGIN, _measure(name), _HEAD)
        for name, x in zip(talkers, xs, strict=True)
    )
    texts = [Text(x, _MARGIN + _HEAD / 2, name, bold=True) for name, x in zip(talkers, xs, strict=True)]
    lines: list[Line] = []
    y = _MARGIN + _HEAD
    for message in messages:
        y += 0 if message.copy else _STEP
        start, end = xs[message.start], xs[message.end]
        lines.append(
            Line(
                "cable",
                ((start, y), (end, y)),
                f"{talkers[message.start]} to {talkers[message.end]}: {message.says}",
                heads=(False, True),
            )
        )
        if message.says:
            ahead = GAP / 2 if end > start else -GAP / 2
            texts.append(Text(start + ahead, y - LINE * 0.6, message.says, "start" if end > start else "end"))
    bottom = y + GAP
    lines += [Line("route", ((x, _MARGIN + _HEAD), (x, bottom)), name) for name, x in zip(talkers, xs, strict=True)]
    return Picture(title, description, width, bottom + _MARGIN, boxes, (), tuple(lines), tuple(texts))


def _plan_columns(talkers: Sequence[str], messages: Sequence[Message]) -> tuple[list[float], float]:
    """The line of each; as far apart as what is said between it and the next one needs."""
    xs: list[float] = []
    at = _MARGIN
    for number, name in enumerate(talkers):
        x = at + _measure(name) / 2
        said = [LETTER * measure(each.says) + 2 * GAP for each in messages if _find_gap(each) == number - 1]
        if xs:
            x = max(x, xs[-1] + max(said, default=0.0))
        xs.append(x)
        at = x + _measure(name) / 2 + GAP
    return xs, at - GAP + _MARGIN


def _find_gap(message: Message) -> int:
    """Right of which line a message's text stands."""
    return message.start if message.end > message.start else message.start - 1


def _measure(name: str) -> float:
    return LETTER * measure(name) + 2 * GAP
