"""Who reaches whom, as a drawing for a page or a printed sheet: each cell a sign and a word on its colour."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from labkit.probe import Matrix
from labkit.show.page import render_svg_file
from labkit.show.text import measure

_ROW: Final = 26
_LETTER: Final = 7.3
_FILLS: Final = {"reached": ("#1a7f37", "yes"), "not reached": ("#b3261e", "no"), "no address": ("#57606a", "none")}


def render_matrix_file(matrix: Matrix) -> str:
    """A file of its own."""
    column = _LETTER * max([measure(name) for name in matrix.machines] + [8]) + 16
    side = column * (len(matrix.machines) + 1)
    height = _ROW * (len(matrix.machines) + 1)
    return render_svg_file(
        '<svg class="lk-svg" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="lk-title" '
        f'viewBox="0 0 {side:.0f} {height}" width="{side:.0f}" height="{height}">'
        '<title id="lk-title">Does the row reach the column?</title>\n'
        f"{chr(10).join(_render_cells(matrix, column))}\n</svg>"
    )


def _render_cells(matrix: Matrix, column: float) -> Iterator[str]:
    for at, name in enumerate(matrix.machines, 1):
        yield _render_text(column * (at + 0.5), 0, name)
        yield _render_text(column / 2, at, name)
    for row, src in enumerate(matrix.machines, 1):
        for at, dst in enumerate(matrix.machines, 1):
            if src != dst:
                cell = matrix.cells[src, dst]
                fill, word = _FILLS[cell.word]
                yield (
                    f'<rect x="{column * at + 3:.1f}" y="{_ROW * row + 3}" width="{column - 6:.1f}" height="{_ROW - 6}" '
                    f'rx="9" style="fill:{fill}"><title>{escape(src)} to {escape(dst)}: {cell.word}</title></rect>'
                )
                yield _render_text(column * (at + 0.5), row, f"{cell.sign} {word}", style="fill:#ffffff;stroke:none")


def _render_text(x: float, row: int, text: str, *, style: str = "") -> str:
    y = _ROW * (row + 0.5)
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" dominant-baseline="middle" style="{style}">{escape(text)}</text>'
