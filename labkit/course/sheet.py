"""What a kernel must know of the notebook's cells, read from lesson.md: which show what was asked, which are meant to fail, which are exercises.

Without jupytext, whose import takes more than a second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labkit.course.cells import ASK, is_exercise

_CELL: Final = re.compile(
    r"^```\{code-cell\}[^\n]*\n(?P<head>(?::[^\n]*\n)*)(?P<source>.*?)^```$", re.MULTILINE | re.DOTALL
)
_OPTION: Final = re.compile(r"^:(?P<key>\w+): *(?P<value>.*)$", re.MULTILINE)
EXPECTED: Final = "raises-exception"


@dataclass(frozen=True)
class SheetCell:
    """One code cell as the lesson has it, with templates. `shows`: ids of the questions that it answers to the eye."""

    id: str
    fails: bool
    exercise: bool
    shows: tuple[str, ...] = ()
    source: str = ""

    def reads(self, text: str) -> bool:
        """Whether a cell with this text is this one, untouched; a template stands for anything."""
        fixed = re.split(r"\{\{.*?\}\}", self.source.strip())
        return re.fullmatch(".+?".join(map(re.escape, fixed)), text.strip(), re.DOTALL) is not None


def read_sheet(folder: Path) -> dict[str, SheetCell]:
    """The code cells of a lab's lesson by id; {} when it can't be read."""
    try:
        return parse_sheet((folder / "lesson.md").read_text(encoding="utf-8"))
    except OSError:
        return {}


def parse_sheet(text: str) -> dict[str, SheetCell]:
    """A question is shown by the cell that says `:shows: ID`, else by the first after it that asks nothing."""
    found = [(dict(_OPTION.findall(match["head"])), match["source"]) for match in _CELL.finditer(text)]
    claimed = {name for options, _ in found for name in _list_names(options.get("shows", ""))}
    sheet: dict[str, SheetCell] = {}
    waiting: list[str] = []
    for options, source in found:
        asked = [name for _, name in ASK.findall(source) if name not in claimed and not name.startswith("fault.")]
        if asked or ASK.search(source):
            waiting += asked
            continue
        shows = (*waiting, *_list_names(options.get("shows", "")))
        waiting = []
        cell = _plan_cell(options, source, shows)
        sheet[cell.id] = cell
    return sheet


def find_cell(sheet: Mapping[str, SheetCell], id_: str | None, text: str) -> SheetCell | None:
    """By its id; where the front-end does not tell ids by its text, if only one has it."""
    if id_:
        return sheet.get(id_)
    found = [cell for cell in sheet.values() if cell.reads(text)]
    return found[0] if len(found) == 1 else None


def list_shown(sheet: Mapping[str, SheetCell]) -> dict[str, str]:
    """Question -> the cell that shows it."""
    return {name: cell.id for cell in sheet.values() for name in cell.shows}


def _plan_cell(options: Mapping[str, str], source: str, shows: tuple[str, ...]) -> SheetCell:
    return SheetCell(options.get("id", ""), EXPECTED in options.get("tags", ""), is_exercise(source), shows, source)


def _list_names(text: str) -> list[str]:
    return text.replace(",", " ").split()
