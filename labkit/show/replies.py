"""Questions, what came of an answer, and hints, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill

from labkit.check.live import Hint
from labkit.errors import UsageError
from labkit.lab.question import Question, Reply

_WIDTH = 100
_ASKED = {
    "fault.cause": "What is broken?",
    "fault.where": "Where is it broken? A machine, or MACHINE:LINK.",
}


def render_hint(hint: Hint) -> str:
    """`Hint 2 of 3 for pods_share_a_bridge: …`."""
    return f"Hint {hint.rung} of {hint.of} for {hint.id}: {hint.text}"


def render_reply(reply: Reply) -> str:
    """What a learner is told about an answer; a prediction that does not fit was a good guess, and the text says why."""
    if reply.right is None:
        return f"{reply.id} = {reply.value}: noted."
    said = "that is what happens" if reply.right else "not what happens here"
    return f"{reply.id} = {reply.value}: {said}. {reply.text}".rstrip()


def render_questions(
    questions: Sequence[Question], choices: Mapping[str, Sequence[str]], only: str | None = None
) -> str:
    """Every question with what can be said, or only one of them. Raises UsageError for one that nobody asks."""
    if only is not None and only not in choices:
        raise UsageError(f"nothing called {only!r} is asked", hint=f"it asks: {', '.join(choices)}")
    asked = {question.id: question for question in questions}
    shown = [only] if only is not None else list(choices)
    return "\n".join(line for name in shown for line in _list_lines(name, asked.get(name), choices[name]))


def _list_lines(name: str, question: Question | None, choices: Sequence[str]) -> Iterator[str]:
    yield f"{name}: {question.ask if question else _ASKED.get(name, '')}"
    if choices:
        yield fill(
            f"one of: {', '.join(choices)}",
            _WIDTH,
            initial_indent="    ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
    elif question and question.kind == "number":
        yield "    a number"
