"""What can go wrong, each with a hint that names the remedy."""

from __future__ import annotations


class LabkitError(Exception):
    """One line: what was tried and what came back; `hint` says what to do about it."""

    exit_status = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows (IPython asks for it): one line instead of a traceback."""
        return [f"{type(self).__name__}: {self.message}{f' ({self.hint})' if self.hint else ''}"]


class UsageError(LabkitError):
    """Something handed to labkit is wrong: an argument, lab.toml, a notebook, a submission."""

    exit_status = 2


class WorldError(LabkitError):
    """The world refused, or is gone."""


class CannotTell(LabkitError):
    """A probe could not be carried out, so nothing may be concluded from it."""
