"""Who reaches whom, as text and as a table."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from labkit.probe import Cell, Matrix
from labkit.show.page import render_page
from labkit.show.text import render_table

_LEGEND = "✓ reached   ✗ not reached   – no address.  A row asks, a column answers."  # noqa: RUF001 - a sign, not a hyphen
_BADGES = {"reached": ("lk-passed", "yes"), "not reached": ("lk-failed", "no"), "no address": ("", "no address")}


def render_matrix(matrix: Matrix) -> str:
    """A grid of signs, and a line for each pair that does not reach."""
    rows = [("", *matrix.machines)]
    rows += [(src, *(_render_sign(matrix, src, dst) for dst in matrix.machines)) for src in matrix.machines]
    return "\n".join([render_table(rows), _LEGEND, *_list_failures(matrix)])


def _render_sign(matrix: Matrix, src: str, dst: str) -> str:
    return "·" if src == dst else matrix.cells[src, dst].sign


def _list_failures(matrix: Matrix) -> Iterator[str]:
    for cell in matrix.cells.values():
        if cell.answer is None or not cell.answer.reached:
            yield f"{cell.src} -> {cell.dst}: {_render_detail(cell)}"


def _render_detail(cell: Cell) -> str:
    return cell.answer.detail if cell.answer else f"{cell.dst} has no address"


def render_matrix_html(matrix: Matrix) -> str:
    """Each cell a word and a sign; what came back stands in its title and, for what does not reach, in the list below."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in matrix.machines)
    body = "".join(_render_row(matrix, src) for src in matrix.machines)
    table = f"<table><caption>Does the row reach the column?</caption><tr><td></td>{head}</tr>{body}</table>"
    failures = "".join(f"<li>{escape(line)}</li>" for line in _list_failures(matrix))
    details = f"<details><summary>What came back where nothing was reached</summary><ul>{failures}</ul></details>"
    return render_page(f'<div class="lk-wide">{table}</div>{details if failures else ""}', render_matrix(matrix))


def _render_row(matrix: Matrix, src: str) -> str:
    cells = "".join(_render_cell(matrix, src, dst) for dst in matrix.machines)
    return f'<tr><th scope="row">{escape(src)}</th>{cells}</tr>'


def _render_cell(matrix: Matrix, src: str, dst: str) -> str:
    if src == dst:
        return "<td>·</td>"
    cell = matrix.cells[src, dst]
    style, word = _BADGES[cell.word]
    badge = f'<span class="lk-badge {style}">{cell.sign} {word}</span>'
    return f'<td title="{escape(_render_detail(cell))}">{badge}</td>'
