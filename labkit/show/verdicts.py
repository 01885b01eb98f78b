"""What a check came to, as text."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.check import Report, Status, Verdict
from labkit.check.verdict import Evidence
from labkit.show.status import render_status
from labkit.show.text import measure, render_number

_INDENT = " " * 4
LATER = "· later"
WHY = "what is missing there: labkit check --only ID"
HALF = "not all of them: it was right, but not at the first try"
HEADINGS = {"core": "Core", "more": "If you want more"}


@dataclass(frozen=True)
class Group:
    """Verdicts of one level that are shown together; `later`: nobody has got to them yet."""

    level: str
    verdicts: tuple[Verdict, ...]
    later: bool

    @property
    def most(self) -> float:
        """The points that there are for it."""
        return sum(verdict.max_points for verdict in self.verdicts)

    @property
    def worth(self) -> str:
        """`2 of 3`; of what comes later what there is."""
        points = sum(verdict.points or 0.0 for verdict in self.verdicts)
        return render_number(self.most) if self.later else f"{render_number(points)} of {render_number(self.most)}"

    @property
    def heading(self) -> str:
        """`Core: 2 of 3 points`; `Core, later: 1 point`."""
        apart = ", later" if self.later and self.level == "core" else ""
        return f"{HEADINGS[self.level]}{apart}: {self.worth} {_name_points(self.most)}"

    def sign(self, verdict: Verdict) -> str:
        """What stands before one of its verdicts."""
        return LATER if self.later else render_status(verdict.status)


def render_verdicts(report: Report) -> str:
    """A line for each check, in groups; below the red ones what was expected, what is there, how to see it, and a hint."""
    groups = list_groups(report)
    width = max((measure(group.sign(verdict)) for group in groups for verdict in group.verdicts), default=0)
    lines = [render_headline(report)]
    for group in groups:
        lines += [group.heading] if len(groups) > 1 else []
        for verdict in group.verdicts:
            sign = group.sign(verdict)
            lines.append(
                f"{sign}{' ' * (width - measure(sign))}  {verdict.title}  ({render_points(verdict)}, {verdict.id})"
            )
            details = () if group.later else list_details(verdict, report.lab)
            lines += [f"{_INDENT}{name:<9} {text}" for name, text in details]
    return "\n".join([*lines, *([WHY] if report.later else [])])


def list_groups(report: Report) -> list[Group]:
    """Of the core and of what is more: what somebody has got to, and what comes later."""
    groups = []
    for level in HEADINGS:
        verdicts = report.list_level(level)
        for later in (False, True):
            own = tuple(verdict for verdict in verdicts if (verdict.id in report.later) is later)
            groups += [Group(level, own, later)] if own else []
    return groups


def render_headline(report: Report) -> str:
    """`06-cni: core 8 of 8, more 3 of 12 points; later 4`, or that it could not be told."""
    name = report.lab if report.student is None else f"{report.lab} ({report.student})"
    if report.points is None:
        unknown = len(report.list_ids(Status.CANNOT_TELL))
        return f"{name}: {unknown} of {len(report.verdicts)} could not be told, so there is no score; run it again"
    groups = list_groups(report)
    reached = [group for group in groups if not group.later]
    scores = [f"{group.level if len(reached) > 1 else ''} {group.worth}".strip() for group in reached]
    later = sum(group.most for group in groups if group.later)
    return f"{name}: {', '.join(scores)} points{f'; later {render_number(later)}' if later else ''}"


def render_points(verdict: Verdict) -> str:
    """`1 of 2 points`."""
    points = f"{render_number(verdict.points)} of {render_number(verdict.max_points)}"
    return f"{points} {_name_points(verdict.max_points)}"


def _name_points(worth: float) -> str:
    return "point" if worth == 1 else "points"


def list_details(verdict: Verdict, lab: str) -> Iterator[tuple[str, str]]:
    """(name, text) of what explains a verdict that is not green; what is empty is left out."""
    if verdict.status is Status.PASSED:
        if verdict.points is not None and verdict.points < verdict.max_points:
            yield "points", HALF
        return
    decided = verdict.evidence[-1:]
    pairs = (
        ("expected", verdict.expected),
        ("observed", verdict.observed),
        ("see it", render_command(decided[0], lab) if decided and verdict.status is Status.FAILED else ""),
        ("hint", verdict.hint if verdict.status is Status.FAILED else ""),
    )
    yield from ((name, text) for name, text in pairs if text)


def render_command(evidence: Evidence, lab: str) -> str:
    """The command that shows it, ready to paste into a terminal, whichever other labs run."""
    if evidence.argv[:1] == ("labkit",):  # typed outside, as a journey is
        return f"{shlex.join(evidence.argv)} --lab {lab}"
    return f"labkit exec --lab {lab} {evidence.machine} -- {shlex.join(evidence.argv)}"
