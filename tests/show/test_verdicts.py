"""What a check came to: as text, as a table, and as the number that nbgrader reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labkit.check import Report, Status, Verdict
from labkit.check.verdict import Evidence
from labkit.proof.result import Broken, Mutant, Proof, Right, Start, Wrong
from labkit.show.proof import render_proof
from labkit.show.verdicts import render_verdicts
from labkit.show.verdicts_html import render_verdicts_html
from labkit.show.views import render_score
from tests.show.test_page import check_html

PING = Evidence("worker1", ("ping", "-c", "1", "10.0.0.2"), "no <answer>", 1)
GREEN = Verdict("bridge_is_up", "The bridge is up.", "core", Status.PASSED, 2.0, 2.0)
RED = Verdict(
    "pods_talk", "Pods talk & listen.", "more", Status.FAILED, 0.0, 1.0, "an answer", "<silence>", "Who asks?", (PING,)
)
SKIPPED = Verdict("later", "Later.", "core", Status.SKIPPED, 0.0, 1.0, "first pods_talk")
UNTOLD = replace(RED, id="untold", status=Status.CANNOT_TELL, points=None, observed="the probe hung")


def report(*verdicts: Verdict) -> Report:
    return Report("03-bridge", None, verdicts)


def test_as_text() -> None:
    assert render_verdicts(report(GREEN, RED, SKIPPED)).splitlines() == [
        "03-bridge: core 2 of 3, more 0 of 1 points",
        "Core: 2 of 3 points",
        "✓ passed   The bridge is up.  (2 of 2 points, bridge_is_up)",
        "– skipped  Later.  (0 of 1 point, later)",  # noqa: RUF001 - a sign, not a hyphen
        "    expected  first pods_talk",
        "If you want more: 0 of 1 point",
        "✗ failed   Pods talk & listen.  (0 of 1 point, pods_talk)",
        "    expected  an answer",
        "    observed  <silence>",
        "    see it    labkit exec --lab 03-bridge worker1 -- ping -c 1 10.0.0.2",
        "    hint      Who asks?",
    ]


def test_what_could_not_be_told_has_no_score_and_no_hint() -> None:
    text = render_verdicts(report(GREEN, UNTOLD))
    assert text.startswith("03-bridge: 1 of 2 could not be told, so there is no score; run it again\n")
    assert "? could not tell  Pods talk & listen.  (? of 1 point, untold)" in text
    assert "Who asks?" not in text


def test_as_a_table() -> None:
    html = render_verdicts_html(report(GREEN, RED, UNTOLD))
    assert check_html(html) >= {"table", "caption", "details", "dl"}
    assert '<span class="lk-badge lk-failed">✗ failed</span>' in html
    assert "Pods talk &amp; listen." in html
    assert "<dd>&lt;silence&gt;</dd>" in html
    assert "%%on worker1\nping -c 1 10.0.0.2\nno &lt;answer&gt;\n(exit status 1)" in html
    assert html.count("<details>") == 2, "what passed needs no evidence"
    order = [html.index(text) for text in (">Core: ", "bridge_is_up</code>", ">If you want more: ", "pods_talk</code>")]
    assert order == sorted(order)


def test_what_nobody_has_got_to_is_grey_and_told_apart() -> None:
    begun = replace(report(GREEN, SKIPPED, RED), later=frozenset({"later", "pods_talk"}))
    assert render_verdicts(begun).splitlines() == [
        "03-bridge: 2 of 2 points; later 2",
        "Core: 2 of 2 points",
        "✓ passed  The bridge is up.  (2 of 2 points, bridge_is_up)",
        "Core, later: 1 point",
        "· later   Later.  (0 of 1 point, later)",
        "If you want more: 1 point",
        "· later   Pods talk & listen.  (0 of 1 point, pods_talk)",
        "what is missing there: labkit check --only ID",
    ]
    html = render_verdicts_html(begun)
    assert check_html(html) >= {"details", "summary"}
    assert "lk-failed" not in html.partition("<table>")[2]
    assert html.count('<span class="lk-badge lk-later">') == 2


@pytest.mark.parametrize(
    ("points", "text"), [(0.0, "0"), (1.5, "1.5"), (2.0, "2"), (7.0, "2"), (-1.0, "0"), (1 / 3, "0.333333")]
)
def test_the_score_is_a_bare_number_between_nothing_and_all(points: float, text: str) -> None:
    """nbgrader throws a submission away that has more than there is, and gives everything for less than nothing."""
    assert render_score(report(replace(GREEN, points=points))) == text
    assert 0 <= float(text) <= 2


def test_a_proof() -> None:
    proof = Proof(
        "03-bridge",
        Start(failed=("pods_talk",), passed=("bridge_is_up",)),
        (Right("reference", passed=True), Right("other-nft", passed=False, failed=("pods_talk",))),
        (Wrong("wrong-mask", ("pods_talk",), (), ok=False),),
        (Broken("link-down", ("pods_talk",), ok=True),),
        (Mutant("route default on web"), Mutant("link cni0", ("pods_talk",))),
        untold=("mutant 3",),
    )
    lines = render_proof(proof).splitlines()
    assert lines[0].startswith("03-bridge: not proven: 1/2 right, 0/1 wrong, 1/1 faults, 1/2 mutants")
    assert lines[1:] == [
        "  start: bridge_is_up passes on the untouched lab",
        "  other-nft: a right solution, but not passed: pods_talk",
        "  wrong-mask: has to fail pods_talk, failed nothing",
        "  no check misses this: route default on web",
        "  could not tell: mutant 3",
    ]
