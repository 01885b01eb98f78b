"""A lesson as text, for who reads it in a terminal: no solutions, and a terminal's words for what a notebook's cells do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from labkit.course import cells
from labkit.course.lesson import read_lesson_cells
from labkit.typed import to_terminal

_PICTURE: Final = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK: Final = re.compile(r"\[([^\]]+)\]\((?:[\w./-]+\.ipynb)(?:#[\w-]*)?\)")
_TAG: Final = re.compile(r"</?(?:details|summary|br|p|kbd|b|i)[^>]*>")
_ON: Final = re.compile(r"%%on (?P<machines>[^-\n]*?)(?: -.*)?\s*\n")
_LOADS: Final = re.compile(r"^%load_ext labkit\n?", re.MULTILINE)
_HOW: Final = (
    "(What is indented is to be typed: below `on worker1:` in `labkit shell worker1`, below `here:` where you started labkit. "
    "A question is answered by its number: `labkit answer ID 2`.)"
)
_INDENT: Final = " " * 4


def render_lesson(folder: Path, student: str | None = None) -> str:
    """Markdown for the eye: text as it is, below it what is to be typed, and where."""
    parts = [_HOW, *_render_cells(folder, student)]
    return re.sub(r"\n{3,}", "\n\n", "\n\n".join(parts)) + "\n"


def _render_cells(folder: Path, student: str | None) -> list[str]:
    return [part for cell in read_lesson_cells(folder, student) for part in _render_cell(cell)]


def _render_cell(cell: Any) -> Iterator[str]:
    if cell.cell_type != "code":
        text = _PICTURE.sub(r"[picture: \1]", cell.source)
        yield to_terminal(_TAG.sub("", _LINK.sub(r"\1", text)).strip())
        return
    source = cells.strip_solution(_LOADS.sub("", cell.source), str(cell.id)).strip()
    if not source:
        return
    on = _ON.match(f"{source}\n")
    if on:
        yield f"on {on['machines']}:\n\n{_indent(source.partition(chr(10))[2])}"
    elif source.startswith(("%", "!")):
        yield "here:\n\n" + _indent(
            to_terminal(cells.ASK.sub(r"\g<magic> …", source).replace("!", "", source.startswith("!")))
        )
    else:
        yield f"in Python:\n\n{_indent(source)}"


def _indent(text: str) -> str:
    return "\n".join(f"{_INDENT}{line}".rstrip() for line in text.splitlines())
