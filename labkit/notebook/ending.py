"""How a cell ends when it does not end well: one line in place of a traceback."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def in_one_line(magic: Callable[P, T]) -> Callable[P, T]:
    """Around a magic: Stop is said in one line, whatever it interrupted."""

    @functools.wraps(magic)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return magic(*args, **kwargs)
        except Stopped:
            raise
        except KeyboardInterrupt:
            raise Stopped("stopped") from None

    return run


class CellFailed(Exception):
    """A command of a `%%on` cell ended with another status than 0; what follows in Run All is not run."""

    def __init__(self, machine: str, status: int, hint: str = "") -> None:
        super().__init__(f"on {machine}: exit status {status}{f' ({hint})' if hint else ''}")
        self.status = status

    def _render_traceback_(self) -> list[str]:
        """IPython shows these lines."""
        return [str(self)]


class Stopped(KeyboardInterrupt):
    """Somebody pressed Stop."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows these lines."""
        return [str(self)]
