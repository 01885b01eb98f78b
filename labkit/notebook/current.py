"""The lab this notebook works on: its own, whichever others run."""

from __future__ import annotations

import os
from pathlib import Path

from labkit.errors import UsageError, parse_json
from labkit.lab.lab import Lab
from labkit.lab.listing import find_running
from labkit.lab.session import attach_lab
from labkit.world import list_worlds


class CurrentLab:
    """What `%lab start` began or found, or the notebook's own; a notebook without one takes the only lab that runs."""

    def __init__(self, own: str | None = None) -> None:
        self._lab: Lab | None = None
        self._name = own
        self._student: str | None = None  # somebody else's lab is none

    def get(self) -> Lab:
        """The lab. Raises UsageError when there is none to choose, or the notebook's own does not run."""
        if self._lab is None:
            if self._name and self._name not in list_worlds():
                raise UsageError(
                    f"{self._name} is not running", hint=f"run the first cell of this notebook: %lab start {self._name}"
                )
            self._lab = attach_lab(self._name or _find_only(), student=self._student)
            self._name = self._lab.name
        return self._lab

    def ask(self, student: str | None) -> None:
        """A lab of this student's is about to be started: if that fails, nobody else's takes its place."""
        self._lab, self._student = None, student

    def set(self, lab: Lab | None) -> None:
        """From now on this one; None: it has ended, and no other takes its place."""
        self._lab = lab
        self._name = lab.name if lab else self._name

    def known(self) -> Lab | None:
        """The same without looking: for completion, which must not wait."""
        return self._lab

    @property
    def name(self) -> str | None:
        """The lab's name, running or not; None in a notebook that belongs to none."""
        return self._name


def _find_only() -> str:
    try:
        return find_running(None)
    except UsageError as error:
        raise UsageError(error.message, hint="%lab start LAB says which; `!labkit list` shows the labs") from error


def find_own_lab(environment: os._Environ[str] | dict[str, str] = os.environ) -> str | None:
    """The lab that the opened notebook says it belongs to. Jupyter's server hands its path to the kernel (jupyter_server 2, JPY_SESSION_NAME)."""
    try:
        notebook = parse_json(Path(environment["JPY_SESSION_NAME"]).read_text(encoding="utf-8"), "the notebook")
        name = notebook["metadata"]["labkit"]["lab"]
    except (KeyError, TypeError, OSError, ValueError):
        return None
    return name if isinstance(name, str) and name else None
