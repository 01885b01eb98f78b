"""Plain text for terminals and screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width


def render_table(rows: Sequence[Sequence[str]], *, gap: str = "  ") -> str:
    """Columns side by side, each as wide as its widest cell; the last is not padded."""
    widths = [max(measure(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        gap.join(cell + " " * (width - measure(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def measure(text: str) -> int:
    """Columns a text takes in a terminal: Korean letters take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def render_number(number: float | None) -> str:
    """`2`, `0.5`; `?` for what could not be told."""
    return "?" if number is None else f"{number:g}"
