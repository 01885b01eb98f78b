"""What a check came to, as a table for a notebook."""

from __future__ import annotations

import shlex
from html import escape

from labkit.check import Report, Status, Verdict
from labkit.check.verdict import Evidence
from labkit.show.page import render_inline, render_page
from labkit.show.status import render_status
from labkit.show.text import render_number
from labkit.show.verdicts import list_details, render_headline, render_verdicts


def render_verdicts_html(report: Report) -> str:
    """One row a check; what explains a red one stands below its sentence, the evidence folded."""
    rows = "".join(_render_row(verdict) for verdict in report.verdicts)
    head = '<tr><th scope="col">Verdict</th><th scope="col">What must be true</th><th scope="col">Points</th></tr>'
    table = (
        f"<table><caption>{escape(render_headline(report))}</caption><thead>{head}</thead><tbody>{rows}</tbody></table>"
    )
    return render_page(table, render_verdicts(report))


def _render_row(verdict: Verdict) -> str:
    badge = f'<span class="lk-badge lk-{verdict.status}">{escape(render_status(verdict.status))}</span>'
    points = f"{render_number(verdict.points)} of {render_number(verdict.max_points)}"
    return f"<tr><td>{badge}</td><td>{_render_explanation(verdict)}</td><td>{points}</td></tr>"


def _render_explanation(verdict: Verdict) -> str:
    level = " <em>(more)</em>" if verdict.level == "more" else ""
    sentence = f"{render_inline(verdict.title)}{level} <code>{escape(verdict.id)}</code>"
    pairs = "".join(
        f"<dt>{name}</dt><dd>{render_inline(text)}</dd>" for name, text in list_details(verdict) if name != "see it"
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
    return f"%%on {evidence.machine}\n{shlex.join(evidence.argv)}\n{evidence.stdout.rstrip()}{status}"
