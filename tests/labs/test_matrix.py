"""The matrix of every lab: what does not reach in the right network is no fault, and what a fault breaks is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit import check
from labkit.lab.folders import list_labs
from labkit.lab.session import start_hidden_lab
from labkit.probe.matrix import BEFORE

KINDS = ("*", "node", "pod", "router", "host")


@pytest.mark.parametrize("student", [None, "someone-else"])
@pytest.mark.parametrize("name", list_labs())
def test_in_the_right_network_nothing_is_missed(name: str, student: str | None, tmp_path: Path) -> None:
    with start_hidden_lab(name, f"test-matrix-{name}", tmp_path / "journal.jsonl", student=student) as lab:
        lab.solve()
        matrix = lab.read_matrix()
        words = {word for pair in lab.definition.apart for word in pair}
    assert {pair for pair in matrix.list_unreached() if not matrix.find_excuse(pair)} == set()
    assert words <= {*KINDS, *matrix.machines}


def test_what_was_red_before_the_break_is_told_from_what_the_break_did(tmp_path: Path) -> None:
    with start_hidden_lab("04-gateway-routes", "test-matrix-broken", tmp_path / "journal.jsonl") as lab:
        lab.solve()
        healthy = lab.read_matrix().list_unreached()
        check.break_(lab, "missing-return-route")
        broken = lab.read_matrix()
    assert broken.before == healthy
    new = broken.list_unreached() - healthy
    assert new
    assert {broken.find_excuse(pair) for pair in new} == {""}
    assert {broken.find_excuse(pair) for pair in healthy} == {BEFORE}
