"""What a cell is followed by: guess beside truth once the cell that shows it has run, and the last line of a lab that is done."""

from __future__ import annotations

import contextlib
from typing import Any

from labkit.course.sheet import SheetCell, find_cell, read_sheet
from labkit.errors import LabkitError
from labkit.lab.lab import Lab
from labkit.notebook.current import CurrentLab
from labkit.notebook.ending import Stopped


class Afterwards:
    """One for a kernel. `cell` is the lesson's cell that runs: as the front-end says, or as its text tells."""

    def __init__(self, current: CurrentLab) -> None:
        self._current = current
        self._last: list[Any] = []
        self.cell: SheetCell | None = None

    def say_last(self, value: Any) -> None:
        """Show it below what the cell shows."""
        self._last.append(value)

    def before(self, info: Any) -> None:
        """IPython's pre_run_cell, with its ExecutionInfo."""
        self._last, self.cell = [], None
        lab = self._current.name
        if lab:
            self.cell = find_cell(_read(lab), info.cell_id, info.raw_cell)

    def after(self, result: Any) -> None:
        """IPython's post_run_cell, with its ExecutionResult: what was stopped or refused has shown nothing."""
        from IPython.display import display

        error = result.error_before_exec or result.error_in_exec
        lab = self._current.known()
        with contextlib.suppress(LabkitError):  # the lab may have ended with this cell
            if lab and self.cell and not isinstance(error, Stopped | LabkitError):
                for reply in _list_replies(lab, self.cell):
                    display(reply)
        for value in self._last:
            display(value)
        self._last, self.cell = [], None


def _read(lab: str) -> dict[str, SheetCell]:
    """A lesson's cells; {} when it can't be read. A millisecond."""
    from labkit.lab.folders import find_lab

    try:
        return read_sheet(find_lab(lab))
    except LabkitError:
        return {}


def _list_replies(lab: Lab, cell: SheetCell) -> list[Any]:
    told = {question.id for question in lab.definition.questions if question.at_once}
    return [reply for name in cell.shows if name not in told and (reply := lab.show_truth(name))]
