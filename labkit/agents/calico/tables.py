"""calicoctl's tables: boxes as `node status` and `ipam show` draw them, columns as `get` does (olekukonko/tablewriter; Go's text/tabwriter)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_NUMBER: Final = re.compile(r"^-?[0-9]+(\.[0-9]+)?(e[+-][0-9]+)?%?$")
_PADDING: Final = 3
_NARROWEST: Final = 5


def render_box(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Heads in capitals and in the middle, text on the left, numbers on the right."""
    heads = [head.upper() for head in heads]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    border = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    head = _render_row([_center(text, width) for text, width in zip(heads, widths, strict=True)])
    lines = [_render_row([_place(text, width) for text, width in zip(row, widths, strict=True)]) for row in rows]
    return "\n".join([border, head, border, *lines, *([border] if rows else [])]) + "\n"


def _render_row(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {cell} " for cell in cells) + "|"


def _center(text: str, width: int) -> str:
    """The odd blank stands on the right."""
    return (" " * ((width - len(text)) // 2) + text).ljust(width)


def _place(text: str, width: int) -> str:
    return text.rjust(width) if _NUMBER.match(text) else text.ljust(width)


def render_columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Three blanks between columns, none narrower than five letters; every cell is filled up, the last one too."""
    table = [heads, *rows]
    widths = [max(_NARROWEST, max(map(len, column)) + _PADDING) for column in zip(*table, strict=True)]
    lines = ["".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
    return "\n".join(lines) + "\n"
