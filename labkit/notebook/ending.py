"""How a cell ends when it does not end well: one line in place of a traceback."""

from __future__ import annotations


class CellFailed(Exception):
    """A command of a `%%on` cell ended with another status than 0; what follows in Run All is not run."""

    def __init__(self, machine: str, status: int) -> None:
        super().__init__(f"on {machine}: exit status {status}")
        self.status = status

    def _render_traceback_(self) -> list[str]:
        """IPython shows these lines."""
        return [str(self)]


class Stopped(KeyboardInterrupt):
    """Somebody pressed Stop."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows these lines."""
        return [str(self)]
