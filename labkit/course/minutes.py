"""How long a lesson takes: counted from its text and its cells, for two readers, so that the minutes are not wished.

A fluent reader reads 220 words a minute; one in a second language reads technical text at 120 and types at half the speed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from labkit.course.cells import ASK, list_solution_lines

HEADING: Final = re.compile(r"^## +(?P<title>.+)$", re.MULTILINE)
FAULT: Final = "Something is broken"  # the section that takes its time whatever it says: one looks for something
MORE: Final = "More"


@dataclass(frozen=True)
class Pace:
    """Words a minute; minutes for a cell that is run, a prediction, a line that is typed, a fault that is looked for."""

    words: float
    cell: float
    prediction: float
    line: float
    fault: float


FLUENT: Final = Pace(words=220, cell=0.2, prediction=0.35, line=0.35, fault=5)
SLOW: Final = Pace(words=120, cell=0.35, prediction=0.75, line=0.7, fault=9)


@dataclass
class Section:
    """What a reader has to do between two headings of a lesson."""

    title: str
    words: int = 0
    cells: int = 0
    predictions: int = 0
    lines: int = 0

    @property
    def core(self) -> bool:
        """Whether everybody does it."""
        return not self.title.startswith(MORE)

    def minutes(self, pace: Pace) -> float:
        """For one reader."""
        reading = self.words / pace.words
        if FAULT in self.title:
            return reading + pace.fault
        return reading + self.cells * pace.cell + self.predictions * pace.prediction + self.lines * pace.line


def count_sections(cells: Iterable[Any]) -> list[Section]:
    """A lesson's sections; what stands before the first heading is one too. Cells of level more count in a section called More only."""
    sections = [Section("Begin")]
    for cell in cells:
        if cell.cell_type == "code" and not (sections[-1].core and cell.metadata.get("level") == "more"):
            _add_code(sections[-1], cell.source)
        elif cell.cell_type == "markdown":
            _add_text(sections, cell.source)
    return sections


def sum_core(sections: Iterable[Section]) -> tuple[int, int]:
    """Minutes of the core for the two readers, rounded up."""
    core = [section for section in sections if section.core]
    fluent, slow = (math.ceil(sum(section.minutes(pace) for section in core)) for pace in (FLUENT, SLOW))
    return fluent, slow


def _add_code(section: Section, source: str) -> None:
    asked = len(ASK.findall(source))
    section.predictions += asked
    section.cells += not asked
    section.lines += len(list_solution_lines(source))


def _add_text(sections: list[Section], text: str) -> None:
    for line in text.splitlines():
        if heading := HEADING.match(line):
            sections.append(Section(heading["title"]))
        sections[-1].words += _count_words(line)


def _count_words(line: str) -> int:
    """What stands for a picture where it is not shown is not read beside it."""
    read = re.sub(r"<[^>]*>|!\[[^\]]*\]\([^)]*\)", " ", line)
    return sum(any(letter.isalnum() for letter in word) for word in read.split())
