"""What a check came to, as a table for a notebook."""

from __future__ import annotations

import shlex
from html import escape

from labkit.check import Report, Status, Verdict
from labkit.check.verdict import Evidence
from labkit.show.page import render_inline, render_page
from labkit.show.text import render_number
from labkit.show.verdicts import Group, list_details, list_groups, render_headline, render_verdicts


def render_verdicts_html(report: Report) -> str:
    """One row a check; what explains a red one stands below its sentence, the evidence folded. What comes later is folded as a whole."""
    groups = list_groups(report)
    reached = [group for group in groups if not group.later]
    head = '<tr><th scope="col">Verdict</th><th scope="col">What must be true</th><th scope="col">Points</th></tr>'
    rows = "".join(_render_group(group, report.lab, alone=len(groups) == 1) for group in reached)
    table = (
        f"<table><caption>{escape(render_headline(report))}</caption><thead>{head}</thead><tbody>{rows}</tbody></table>"
    )
    folded = "".join(_fold_group(group, report.lab) for group in groups if group.later)
    return render_page(f'<div class="lk-wide">{table}</div>{folded}', render_verdicts(report))


def _fold_group(group: Group, lab: str) -> str:
    rows = "".join(_render_row(group, verdict, lab) for verdict in group.verdicts)
    return f"<details><summary>{escape(group.heading)}</summary><table><tbody>{rows}</tbody></table></details>"


def _render_group(group: Group, lab: str, *, alone: bool) -> str:
    head = "" if alone else f'<tr><th colspan="3" scope="rowgroup">{escape(group.heading)}</th></tr>'
    return head + "".join(_render_row(group, verdict, lab) for verdict in group.verdicts)


def _render_row(group: Group, verdict: Verdict, lab: str) -> str:
    kind = "later" if group.later else verdict.status
    badge = f'<span class="lk-badge lk-{kind}">{escape(group.sign(verdict))}</span>'
    points = f"{render_number(verdict.points)} of {render_number(verdict.max_points)}"
    return f"<tr><td>{badge}</td><td>{_render_explanation(verdict, lab)}</td><td>{points}</td></tr>"


def _render_explanation(verdict: Verdict, lab: str) -> str:
    sentence = f"{render_inline(verdict.title)} <code>{escape(verdict.id)}</code>"
    pairs = "".join(
        f"<dt>{name}</dt><dd>{render_inline(text)}</dd>"
        for name, text in list_details(verdict, lab)
        if name != "see it"
    )
    details = f"<dl>{pairs}</dl>" if pairs else ""
    return sentence + details + (_render_evidence(verdict) if verdict.status is not Status.PASSED else "")


def _render_evidence(verdict: Verdict) -> str:
    if not verdict.evidence:
        return ""
    seen = "\n\n".join(_render_probe(each) for each in verdict.evidence)
    return (
        f"<details><summary>What was looked at ({len(verdict.evidence)})</summary><pre>{escape(seen)}</pre></details>"
    )


def _render_probe(evidence: Evidence) -> str:
    """The cell that shows the same, and what came back."""
    status = "" if not evidence.status else f"\n(exit status {evidence.status})"
    cell = _render_cell(evidence)
    return f"{cell}\n{evidence.stdout.rstrip()}{status}"


def _render_cell(evidence: Evidence) -> str:
    """A magic has the words of the command; `%check` takes the id as it is."""
    if evidence.argv[:1] != ("labkit",):
        return f"%%on {evidence.machine}\n{shlex.join(evidence.argv)}"
    return "%" + shlex.join(word for word in evidence.argv[1:] if word != "--only")
