"""The last line of a lab: done, what was learnt, what is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.check.progress import Progress
from labkit.lab.definition import Definition
from labkit.show.page import render_inline, render_page


@dataclass(frozen=True)
class Done:
    """A lab whose core is green; `following`: the labs after it, the next one first."""

    lab: Definition
    progress: Progress
    following: Sequence[Definition] = ()


def render_done(done: Done) -> str:
    """`03-bridge is done: …`, what can be done now, and the next lab."""
    return "\n".join(part for part in (_say_done(done), done.lab.learnt, _say_next(done)) if part)


def render_done_html(done: Done) -> str:
    """The same with a link to the next notebook."""
    nexts = "".join(
        f'Next: <a href="{each.name}.ipynb">{each.name}</a>, {render_inline(each.title)}' for each in done.following[:1]
    )
    lines = [
        f"<strong>✓ {render_inline(_say_done(done))}</strong>",
        render_inline(done.lab.learnt),
        nexts or _say_next(done),
    ]
    return render_page(f"<p>{'<br>'.join(filter(None, lines))}</p>", render_done(done))


def _say_done(done: Done) -> str:
    progress = done.progress
    parts = [f"{progress.core} checks"]
    if progress.asked:
        parts.append(f"{progress.right} of {progress.guessed} guesses right")
    parts.append(render_minutes(progress.seconds))
    return f"{done.lab.name} is done: {', '.join(parts)}."


def _say_next(done: Done) -> str:
    if not done.following:
        return "That was the last lab there is."
    return f"Next: {done.following[0].name}, {done.following[0].title}"


def render_minutes(seconds: float) -> str:
    """`52 minutes`, rounded up."""
    minutes = max(1, round(seconds / 60))
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
