"""How each value is shown: as text, and as HTML where there is any. Keyed by module and name, for lazy registration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from labkit.check import Report
from labkit.check.live import Hint
from labkit.lab.network import LiveNetwork
from labkit.lab.question import Reply
from labkit.show.done import Done, render_done, render_done_html
from labkit.show.journey import render_journey
from labkit.show.journey_html import render_journey_html
from labkit.show.live import render_live, render_live_html
from labkit.show.matrix import render_matrix, render_matrix_html
from labkit.show.page import render_inline, render_page
from labkit.show.reach import render_reach
from labkit.show.replies import render_hint, render_reply, render_reply_html
from labkit.show.text import render_number
from labkit.show.verdicts_html import render_verdicts_html

View = tuple[Callable[[Any], str], Callable[[Any], str] | None]


def render_score(report: Report) -> str:
    """The points as a bare number, never less than 0 nor more than there are: nbgrader reads the text form as the grade."""
    return render_number(min(max(report.points or 0.0, 0.0), report.max_points))


def _as_paragraph(render: Callable[[Any], str]) -> Callable[[Any], str]:
    def render_html(value: Any) -> str:
        text = render(value)
        return render_page(f"<p>{render_inline(text)}</p>", text)

    return render_html


VIEWS: Final[Mapping[tuple[str, str], View]] = {
    (Report.__module__, "Report"): (render_score, render_verdicts_html),
    (Reply.__module__, "Reply"): (render_reply, render_reply_html),
    (Done.__module__, "Done"): (render_done, render_done_html),
    (Hint.__module__, "Hint"): (render_hint, _as_paragraph(render_hint)),
    ("labkit.probe.reach.value", "Reach"): (render_reach, _as_paragraph(render_reach)),
    ("labkit.probe.matrix", "Matrix"): (render_matrix, render_matrix_html),
    ("labkit.probe.journey.value", "Journey"): (render_journey, render_journey_html),
    (LiveNetwork.__module__, "LiveNetwork"): (render_live, render_live_html),
}
