"""`%answer`: what is asked, and what came of an answer."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Final

from labkit.check import LiveLab
from labkit.errors import UsageError
from labkit.lab.question import Reply
from labkit.show.replies import render_questions

NOT_YET: Final = ("", "?", "…", "...", "_")  # what a lesson's cell has in place of an answer


@dataclass(frozen=True)
class Asked:
    """The text of a question, shown as it is."""

    text: str

    def __repr__(self) -> str:
        return self.text


def answer(lab: LiveLab, line: str) -> Asked | Reply:
    """The words behind %answer. Raises UsageError for a question or a choice that is not there."""
    try:
        name, *words = shlex.split(line) or [""]
    except ValueError as error:
        raise UsageError(f"%answer {line}: {error}", hint="%answer ID VALUE") from error
    value = " ".join(words)
    if name == "--list":
        return Asked(render_questions(lab.definition.questions, lab.list_answers()))
    if value in NOT_YET:
        return Asked(render_questions(lab.definition.questions, lab.list_answers(), name or None))
    return lab.answer(name, value, via="notebook")
