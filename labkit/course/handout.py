"""`labkit build --handout`: the recaps of all lessons on paper, one page a lab: what each command is for, and what to look for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from labkit.course.lesson import read_lesson_cells
from labkit.course.pictures import embed_pictures
from labkit.lab.definition import Definition, read_definition
from labkit.lab.folders import find_lab, list_labs

NAME: Final = "handout.html"
RECAP: Final = "## Recap"
_HEADING: Final = re.compile(r"^## ", re.MULTILINE)
_NEXT: Final = re.compile(r"^\*\*Next:\*\*.*$", re.MULTILINE)  # there is nothing to click on paper
_LINK: Final = re.compile(r"(?<!!)\[([^\]]*)\]\([^)]*\)")
STYLE: Final = """
@page { size: A4; margin: 16mm; }
body { font: 11pt/1.4 serif; color: #000; background: #fff; max-width: 46em; margin: 2em auto; padding: 0 1em; }
section { break-after: page; } section:last-of-type { break-after: auto; } h1 { font-size: 1.4em; margin: 0; } h2 { font-size: 1.15em; margin: 0.2em 0 0.4em; }
table { border-collapse: collapse; width: 100%; margin: 0.6em 0; } tr, details { break-inside: avoid; }
th, td { border: 1px solid #888; padding: 0.25em 0.5em; text-align: left; vertical-align: top; }
code { font: 0.9em monospace; overflow-wrap: anywhere; } img { max-width: 100%; max-height: 90mm; background: #fff; }
"""


def render_handout(student: str | None = None) -> str:
    """A whole HTML page, ready to print; with a student's own names and addresses."""
    pages = "".join(_render_lab(find_lab(name), read_definition(find_lab(name), student)) for name in list_labs())
    whose = f" · {escape(student)}" if student else ""
    head = f'<meta charset="utf-8"><title>Pod networks by hand: handout{whose}</title><style>{STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{pages}</body></html>\n'


def write_handout(folder: Path, student: str | None = None) -> Path:
    """Into the folder, in place of an older one; where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    path.write_text(render_handout(student), encoding="utf-8")
    return path


def list_recap(cells: Iterable[Any]) -> Iterator[str]:
    """The texts of a lesson's recap: from its heading to the next one."""
    inside = False
    for cell in cells:
        if cell.cell_type != "markdown":
            continue
        for part in _split_sections(cell.source):
            if _HEADING.match(part):
                inside = part.startswith(RECAP)
            if inside:
                yield part


def _split_sections(text: str) -> list[str]:
    starts = [match.start() for match in _HEADING.finditer(text)]
    edges = [0, *starts, len(text)]
    return [part for begin, end in pairwise(edges) if (part := text[begin:end]).strip()]


def _render_lab(folder: Path, lab: Definition) -> str:
    from nbconvert.filters import markdown2html

    recap = "\n\n".join(list_recap(read_lesson_cells(folder, lab.variant.student))).removeprefix(RECAP)
    text = embed_pictures(_LINK.sub(r"\1", _NEXT.sub("", recap)), f"labs/{folder.name}/lesson.md")
    return f"<section><h1>{escape(lab.name)}: {escape(lab.title)}</h1><p>{escape(lab.learnt)}</p>{markdown2html(text)}</section>"
