"""Questions, what came of an answer, and hints, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill

from labkit.check.live import Hint
from labkit.errors import UsageError
from labkit.lab.diagnosis import CAUSE, read_meanings
from labkit.lab.question import Question, Reply
from labkit.show.page import render_inline, render_page

NOT_YET = ("", "?", "…", "...", "_")  # what a lesson's cell has in place of an answer
_WIDTH = 100
_ASKED = {
    "fault.cause": "What is broken?",
    "fault.where": "Where is it broken? A machine, or MACHINE:LINK.",
}


def render_hint(hint: Hint) -> str:
    """`Hint 2 of 3 for pods_share_a_bridge: …`."""
    return f"Hint {hint.rung} of {hint.of} for {hint.id}: {hint.text}"


def render_reply(reply: Reply) -> str:
    """What a learner is told about an answer: that it is noted, or guess and truth; a guess that does not fit was a good one, and the text says why."""
    if reply.right is None:
        return f"{reply.id} = {reply.guess or reply.value}: noted."
    sign = "✓" if reply.right else "≠"
    return (
        f"{sign} {reply.id}\n  you said      {reply.guess}\n  what happens  {reply.truth}\n{_say_why(reply)}".rstrip()
    )


def render_reply_html(reply: Reply) -> str:
    """The same for a notebook: guess and truth in one table, sign and word before them, the reason below."""
    plain = render_reply(reply)
    if reply.right is None:
        return render_page(f"<p>{render_inline(plain)}</p>", plain)
    said = "✓ as you said" if reply.right else "≠ not as you said"
    cells = "".join(f"<td>{render_inline(each)}</td>" for each in (reply.guess, reply.truth))
    table = (
        f'<table><caption>{said} <code>{reply.id}</code></caption><thead><tr><th scope="col">Your guess</th>'
        f'<th scope="col">What happens</th></tr></thead><tbody><tr>{cells}</tr></tbody></table>'
    )
    return render_page(f"{table}<p>{render_inline(_say_why(reply))}</p>", plain)


def _say_why(reply: Reply) -> str:
    return f"{reply.text} {reply.explain}".strip()


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
    if question and question.choices:
        yield from (f"    {number}  {text}" for number, text in enumerate(question.choices.values(), 1))
    elif name == CAUSE:
        meanings, width = read_meanings(), max(map(len, choices), default=0)
        yield from (f"    {cause:{width}}  {meanings.get(cause, '')}".rstrip() for cause in choices)
    elif choices:
        yield fill(
            f"one of: {', '.join(choices)}",
            _WIDTH,
            initial_indent="    ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
    elif question and question.kind == "number":
        yield "    a number"
