"""What a probe gives back: one Answer, with the words that a person would type for the same."""

from __future__ import annotations

import shlex
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """One question put to the network.

    `reached`: an answer came back, and from the machine asked for where one was named (`at`).
    `seen_source`: the source address that machine saw; None when it saw nothing, or was not asked.
    `detail`: one line, what came back or how it failed. `seconds`: until then. `argv`: what a person would type on the source.
    """

    reached: bool
    seen_source: str | None
    detail: str
    seconds: float
    argv: tuple[str, ...]

    @property
    def command(self) -> str:
        """The words as one line of shell."""
        return shlex.join(self.argv)

    @property
    def status(self) -> int:
        """What the command, typed, ends with."""
        return 0 if self.reached else 1
