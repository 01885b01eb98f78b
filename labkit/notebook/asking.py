"""`%answer`: what is asked, and what came of an answer."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.lab.lab import Lab
from labkit.lab.question import Reply
from labkit.show.page import render_inline, render_page
from labkit.show.replies import NOT_YET, render_questions


@dataclass(frozen=True)
class Asked:
    """The text of a question, shown as it is."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        """The same with lines as wide as the page."""
        return render_page(f"<p>{'<br>'.join(map(render_inline, self.text.splitlines()))}</p>", self.text)


def answer(lab: Lab, line: str) -> Asked | Reply:
    """The words behind %answer; the value is all that follows the id. UsageError for a question or a choice that is not there."""
    name, _, rest = line.strip().partition(" ")
    value = rest.strip().strip("'\"")
    if name == "--list":
        return Asked(render_questions(lab.definition.questions, lab.list_answers()))
    if not value and name in (state := lab.read_state()).answers and name in state.shown:
        return lab.show_truth(name) or Asked(f"{name} is noted; %check judges it.")
    if value in NOT_YET:
        return Asked(render_questions(lab.definition.questions, lab.list_answers(), name or None))
    return lab.answer(name, value, via="notebook")
