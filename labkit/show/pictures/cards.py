"""Boxes on a grid with arrows between them: a decision, a chain of hooks, a map. Columns are as wide as what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from labkit.show.drawing.parts import GAP, LETTER, LINE, Box, Line, Picture, Point, Shape, Text
from labkit.show.text import measure

Kind = Literal["step", "question", "end"]
_SHAPES: Final[Mapping[Kind, Shape]] = {"step": "host", "question": "pod", "end": "switch"}
_MARGIN: Final = 16.0
_APART: Final = 34.0  # between columns and between rows, besides what arrows say


@dataclass(frozen=True)
class Card:
    """A box with lines of text in a cell of the grid; the first is bold. A question is rounded, an end is grey."""

    key: str
    column: int
    row: int
    lines: tuple[str, ...]
    kind: Kind = "step"


@dataclass(frozen=True)
class Arrow:
    """From card to card; across first and then down where they are in neither one row nor one column, or down first (`down`)."""

    start: str
    end: str
    says: str = ""
    down: bool = False


@dataclass(frozen=True)
class _Grid:
    boxes: Mapping[str, Box]
    width: float
    height: float


def plan_cards(title: str, description: str, cards: Sequence[Card], arrows: Sequence[Arrow]) -> Picture:
    """The whole picture; `description` says it in words."""
    grid = _plan_grid(cards, arrows)
    texts = [text for card in cards for text in _list_texts(card, grid.boxes[card.key])]
    lines = [_plan_line(arrow, grid.boxes) for arrow in arrows]
    texts += [text for arrow, line in zip(arrows, lines, strict=True) for text in _list_said(arrow, line.points)]
    return Picture(
        title, description, grid.width, grid.height, tuple(grid.boxes.values()), (), tuple(lines), tuple(texts)
    )


def _plan_grid(cards: Sequence[Card], arrows: Sequence[Arrow]) -> _Grid:
    columns = {card.key: card.column for card in cards}
    said = [(columns[arrow.start], columns[arrow.end], LETTER * measure(arrow.says)) for arrow in arrows]
    xs, width = _plan_tracks([(card.column, _measure(card)[0]) for card in cards], said)
    ys, height = _plan_tracks([(card.row, _measure(card)[1]) for card in cards], [])
    boxes = {}
    for card in cards:
        own_width, own_height = _measure(card)
        x, y = xs[card.column] - own_width / 2, ys[card.row] - own_height / 2
        boxes[card.key] = Box(card.key, _SHAPES[card.kind], x, y, own_width, own_height)
    return _Grid(boxes, width, height)


def _plan_tracks(
    sizes: Sequence[tuple[int, float]], said: Sequence[tuple[int, int, float]]
) -> tuple[dict[int, float], float]:
    """The middle of each column (or row), and the whole. `said`: from column to column, how wide a text between them is."""
    found: dict[int, float] = {}
    at = _MARGIN
    for track in range(max(number for number, _ in sizes) + 1):
        size = max((size for number, size in sizes if number == track), default=0.0)
        found[track] = at + size / 2
        wide = max((wide for start, end, wide in said if min(start, end) == track < max(start, end)), default=0.0)
        at += size + _APART + wide
    return found, at - _APART + _MARGIN


def _measure(card: Card) -> tuple[float, float]:
    return LETTER * max(map(measure, card.lines)) + 2 * GAP, LINE * len(card.lines) + GAP


def _list_texts(card: Card, box: Box) -> Iterator[Text]:
    x, y = box.x + box.width / 2, box.y + GAP / 2 + LINE / 2
    for number, line in enumerate(card.lines):
        yield Text(x, y + number * LINE, line, bold=not number, raised=card.kind != "step")


def _plan_line(arrow: Arrow, boxes: Mapping[str, Box]) -> Line:
    start, end = boxes[arrow.start], boxes[arrow.end]
    (x1, y1), (x2, y2) = _middle(start), _middle(end)
    if abs(y1 - y2) < 1:
        points: tuple[Point, ...] = (_edge(start, x2 - x1, 0), _edge(end, x1 - x2, 0))
    elif abs(x1 - x2) < 1:
        points = (_edge(start, 0, y2 - y1), _edge(end, 0, y1 - y2))
    elif arrow.down:
        points = (_edge(start, 0, y2 - y1), (x1, y2), _edge(end, x1 - x2, 0))
    else:
        points = (_edge(start, x2 - x1, 0), (x2, y1), _edge(end, 0, y1 - y2))
    return Line(
        "cable", points, f"{arrow.start} to {arrow.end}{f': {arrow.says}' if arrow.says else ''}", heads=(False, True)
    )


def _middle(box: Box) -> Point:
    return box.x + box.width / 2, box.y + box.height / 2


def _edge(box: Box, dx: float, dy: float) -> Point:
    """The middle of the side that is in this direction."""
    x, y = _middle(box)
    if dx:
        return (box.x + box.width if dx > 0 else box.x), y
    return x, (box.y + box.height if dy > 0 else box.y)


def _list_said(arrow: Arrow, points: Sequence[Point]) -> Iterator[Text]:
    """Beside the first stretch: above it, or on the right of it."""
    if not arrow.says:
        return
    (x1, y1), (x2, y2) = points[0], points[1]
    if abs(y1 - y2) < 1:
        ahead = GAP / 2 if x2 > x1 else -GAP / 2
        yield Text(x1 + ahead, y1 - LINE * 0.6, arrow.says, "start" if x2 > x1 else "end")
    else:
        yield replace(Text(x1 + GAP / 2, (y1 + y2) / 2, arrow.says, "start"), y=y1 + (LINE if y2 > y1 else -LINE))
