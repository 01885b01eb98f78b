"""Who reaches whom, as text and as a table. What is no fault is told apart: in brackets, and grey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Final

from labkit.probe import Cell, Matrix
from labkit.probe.matrix import APART, BEFORE, Pair
from labkit.show.page import render_page
from labkit.show.text import render_table

_SIGNS: Final = "✓ reached   ✗ not reached   – no address   · itself.  A row asks, a column answers."  # noqa: RUF001 - a sign, not a hyphen
_EXCUSES: Final[Mapping[str, str]] = {BEFORE: "(✗) nor did it before the break", APART: "(✗) nor need it"}
_WORDS: Final = {"reached": "yes", "not reached": "no", "no address": "no address"}
# how a detail begins or ends -> what `ping` says then, which is the word in the labs' tables
_PING: Final[Mapping[str, str]] = {
    "(ENETUNREACH)": "Network is unreachable",
    "network unreachable,": "Destination Net Unreachable",
    "host unreachable,": "Destination Host Unreachable",
    "nobody answered ARP": "Destination Host Unreachable",
    "port unreachable,": "Destination Port Unreachable",
    "no answer within": "nothing",
}


def render_matrix(matrix: Matrix) -> str:
    """A grid of signs, what they mean, and a line for each pair that does not reach; those without an excuse first."""
    rows = [("", *matrix.machines)]
    rows += [(src, *(render_sign(matrix, (src, dst)) for dst in matrix.machines)) for src in matrix.machines]
    missed, excused = _list_failures(matrix)
    return "\n".join([render_table(rows), *list_legend(matrix), *missed, *excused])


def render_sign(matrix: Matrix, pair: Pair) -> str:
    """`✗`; in brackets where it is no fault."""
    if pair[0] == pair[1]:
        return "·"
    sign = matrix.cells[pair].sign
    return f"({sign})" if matrix.find_excuse(pair) else sign


def list_legend(matrix: Matrix) -> list[str]:
    """What the signs mean; of excuses only those that are there."""
    excuses = {matrix.find_excuse(pair) for pair in matrix.cells}
    return [_SIGNS, *(words for excuse, words in _EXCUSES.items() if excuse in excuses)]


def _list_failures(matrix: Matrix) -> tuple[list[str], list[str]]:
    """Those that are missed, and those that have an excuse."""
    missed: list[str] = []
    excused: list[str] = []
    for pair in sorted(matrix.list_unreached(), key=list(matrix.cells).index):
        excuse = matrix.find_excuse(pair)
        line = f"{pair[0]} -> {pair[1]}: {render_detail(matrix.cells[pair])}"
        (excused if excuse else missed).append(f"{line} ({excuse})" if excuse else line)
    return missed, excused


def render_detail(cell: Cell) -> str:
    """What came back, and what `ping` would say, where that is a word of the labs' tables."""
    if cell.answer is None:
        return f"{cell.dst} has no address"
    said = next((word for part, word in _PING.items() if part in cell.answer.detail and not cell.answer.reached), None)
    return f"{cell.answer.detail}; ping says {said}" if said else cell.answer.detail


def render_matrix_html(matrix: Matrix) -> str:
    """Each cell a word and a sign; what came back stands in its title and, for what does not reach, in the lists below."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in matrix.machines)
    body = "".join(_render_row(matrix, src) for src in matrix.machines)
    table = f"<table><caption>Does the row reach the column?</caption><tr><td></td>{head}</tr>{body}</table>"
    legend = "".join(f'<p class="lk-legend">{escape(line)}</p>' for line in list_legend(matrix))
    missed, excused = _list_failures(matrix)
    lists = [*_render_list("What came back where nothing was reached", missed, " open")]
    lists += [*_render_list("What does not reach, and is no fault", excused, "")]
    return render_page(f'<div class="lk-wide">{table}</div>{legend}{"".join(lists)}', render_matrix(matrix))


def _render_list(title: str, lines: list[str], state: str) -> Iterator[str]:
    if lines:
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        yield f"<details{state}><summary>{title} ({len(lines)})</summary><ul>{items}</ul></details>"


def _render_row(matrix: Matrix, src: str) -> str:
    cells = "".join(_render_cell(matrix, (src, dst)) for dst in matrix.machines)
    return f'<tr><th scope="row">{escape(src)}</th>{cells}</tr>'


def _render_cell(matrix: Matrix, pair: Pair) -> str:
    if pair[0] == pair[1]:
        return "<td>·</td>"
    cell, excuse = matrix.cells[pair], matrix.find_excuse(pair)
    style = {"reached": "lk-passed", "not reached": "" if excuse else "lk-failed", "no address": ""}[cell.word]
    title = f"{render_detail(cell)}; {excuse}" if excuse else render_detail(cell)
    badge = f'<span class="lk-badge {style}">{render_sign(matrix, pair)} {_WORDS[cell.word]}</span>'
    return f'<td title="{escape(title)}">{badge}</td>'
