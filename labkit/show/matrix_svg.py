"""Who reaches whom, as a drawing for a page or a printed sheet: each cell a sign and a word on its colour."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from labkit.probe import Matrix
from labkit.show.matrix import list_legend, render_sign
from labkit.show.page import render_svg_file
from labkit.show.text import measure

_ROW: Final = 26
_LETTER: Final = 7.3
_FILLS: Final = {"reached": ("#1a7f37", "yes"), "not reached": ("#b3261e", "no"), "no address": ("#57606a", "none")}
_GREY: Final = "#57606a"


def render_matrix_file(matrix: Matrix) -> str:
    """A file of its own."""
    column = _LETTER * max([measure(name) for name in matrix.machines] + [8]) + 16
    legend = list_legend(matrix)
    rows = len(matrix.machines) + 1
    width = max(column * rows, _LETTER * max(map(measure, legend)) + 16)
    height = _ROW * (rows + len(legend))
    texts = [_render_text(8, rows + at, line, anchor="start") for at, line in enumerate(legend)]
    return render_svg_file(
        '<svg class="lk-svg" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="lk-title" '
        f'viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}">'
        '<title id="lk-title">Does the row reach the column?</title>\n'
        f"{chr(10).join([*_render_cells(matrix, column), *texts])}\n</svg>"
    )


def _render_cells(matrix: Matrix, column: float) -> Iterator[str]:
    for at, name in enumerate(matrix.machines, 1):
        yield _render_text(column * (at + 0.5), 0, name)
        yield _render_text(column / 2, at, name)
    for row, src in enumerate(matrix.machines, 1):
        for at, dst in enumerate(matrix.machines, 1):
            if src != dst:
                yield from _render_cell(matrix, (src, dst), (column, at, row))


def _render_cell(matrix: Matrix, pair: tuple[str, str], place: tuple[float, int, int]) -> Iterator[str]:
    cell, excuse = matrix.cells[pair], matrix.find_excuse(pair)
    fill, word = _FILLS[cell.word]
    column, at, row = place
    title = f"{pair[0]} to {pair[1]}: {cell.word}{f'; {excuse}' if excuse else ''}"
    yield (
        f'<rect x="{column * at + 3:.1f}" y="{_ROW * row + 3}" width="{column - 6:.1f}" height="{_ROW - 6}" '
        f'rx="9" style="fill:{_GREY if excuse else fill}"><title>{escape(title)}</title></rect>'
    )
    yield _render_text(
        column * (at + 0.5), row, f"{render_sign(matrix, pair)} {word}", style="fill:#ffffff;stroke:none"
    )


def _render_text(x: float, row: int, text: str, *, style: str = "", anchor: str = "middle") -> str:
    y = _ROW * (row + 0.5)
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" dominant-baseline="middle" style="{style}">{escape(text)}</text>'
