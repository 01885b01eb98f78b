"""Lab 01: the question that is graded, and what cannot be known by heart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from labkit.check import Failed, View
from labkit.check.register import load_checks
from labkit.lab.definition import read_definition
from labkit.lab.folders import find_lab
from labkit.lab.journal import State

LAB, QUESTION, RIGHT = "01-switching", "mac-behind-the-port", "02:00:00:00:ab:cd"
WRONG, OTHER = RIGHT.replace("cd", "ce"), RIGHT.replace("cd", "cf")


class Answered(View):
    """A view that knows only what was answered."""

    def __init__(self, *given: str) -> None:
        self._state = State(answers=dict.fromkeys([QUESTION], given[-1]) if given else {}, tries={QUESTION: given})
        self.evidence = []

    @property
    def values(self) -> Mapping[str, Any]:
        return {"wanted": {"port": "port2", "mac": RIGHT}}


@pytest.mark.parametrize(
    ("given", "share"),
    [
        ([RIGHT], 1.0),
        ([f" {RIGHT.upper()}"], 1.0),
        ([RIGHT.upper(), RIGHT], 1.0),
        (["port2", "?", RIGHT], 1.0),
        ([WRONG, RIGHT], 0.5),
        ([WRONG, OTHER, RIGHT], 0.0),
        ([RIGHT, WRONG], None),
        (["port2"], None),
        ([], None),
    ],
)
def test_what_an_answer_is_worth(given: list[str], share: float | None) -> None:
    """One that comes too late is right all the same: the core can be green."""
    (judge,) = [each.function for each in load_checks(find_lab(LAB) / "checks.py") if each.id == "mac_is_found"]
    if share is not None:
        assert judge(Answered(*given)) == share
    else:
        with pytest.raises(Failed):
            judge(Answered(*given))


def test_no_two_students_hosts_have_one_mac_address() -> None:
    definitions = [read_definition(find_lab(LAB), f"s{number}") for number in range(20)]
    macs = [each.variant.values[key]["mac"] for each in definitions for key in "abc"]
    assert len(set(macs)) == len(macs)
