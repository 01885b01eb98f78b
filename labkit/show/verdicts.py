"""What a check came to, as text."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from labkit.check import Report, Status, Verdict
from labkit.check.verdict import Evidence
from labkit.show.status import render_status
from labkit.show.text import measure, render_number

_INDENT = " " * 4


def render_verdicts(report: Report) -> str:
    """A line for each check; below the red ones what was expected, what is there, how to see it, and a hint."""
    width = max((measure(render_status(verdict.status)) for verdict in report.verdicts), default=0)
    lines = [render_headline(report)]
    for verdict in report.verdicts:
        status = render_status(verdict.status)
        lines.append(
            f"{status}{' ' * (width - measure(status))}  {verdict.title}  ({render_points(verdict)}, {verdict.id})"
        )
        lines += [f"{_INDENT}{name:<9} {text}" for name, text in list_details(verdict)]
    return "\n".join(lines)


def render_headline(report: Report) -> str:
    """`03-bridge: 6 of 8 points`, or that it could not be told."""
    name = report.lab if report.student is None else f"{report.lab} ({report.student})"
    if report.points is None:
        unknown = len(report.list_ids(Status.CANNOT_TELL))
        return f"{name}: {unknown} of {len(report.verdicts)} could not be told, so there is no score; run it again"
    return f"{name}: {render_number(report.points)} of {render_number(report.max_points)} points"


def render_points(verdict: Verdict) -> str:
    """`1 of 2 points`."""
    points = f"{render_number(verdict.points)} of {render_number(verdict.max_points)}"
    return f"{points} point" if verdict.max_points == 1 else f"{points} points"


def list_details(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """(name, text) of what explains a verdict that is not green; what is empty is left out."""
    if verdict.status is Status.PASSED:
        return
    seen = verdict.evidence[-1:]
    pairs = (
        ("expected", verdict.expected),
        ("observed", verdict.observed),
        ("see it", render_command(seen[0]) if seen and verdict.status is Status.FAILED else ""),
        ("hint", verdict.hint if verdict.status is Status.FAILED else ""),
    )
    yield from ((name, text) for name, text in pairs if text)


def render_command(evidence: Evidence) -> str:
    """The command that shows it, ready to paste into a terminal."""
    return f"labkit exec {evidence.machine} -- {shlex.join(evidence.argv)}"
