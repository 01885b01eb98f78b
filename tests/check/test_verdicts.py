"""Points, exit status, JSON; diagnoses; the file of checks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labkit.check.attempt import Outcome
from labkit.check.fault import judge_diagnosis, plan_fault_checks
from labkit.check.register import Check, load_checks
from labkit.check.report import Report, plan_report
from labkit.check.verdict import Evidence, Failed, Status
from labkit.check.view import View
from labkit.errors import UsageError
from labkit.lab.definition import FaultPoints
from labkit.lab.journal import State
from labkit.lab.script import Fault

FAULT = Fault("f", ("link-down", "no-carrier"), ("web:eth0", "web"), "silence", "")


def told(*statuses: Status, share: float = 1.0) -> Report:
    checks = [
        Check(f"c{i}", f"Sentence {i}.", lambda _: None, 2.0, hints=("q?", "where", "cmd"))
        for i in range(len(statuses))
    ]
    evidence = (Evidence("web", ("ip", "a"), "out", 0),)
    outcomes = {
        f"c{i}": Outcome(status, share if status is Status.PASSED else 0.0, "e", "o", evidence)
        for i, status in enumerate(statuses)
    }
    return plan_report(("03-bridge", None), checks, outcomes, {"c0": 2, "c1": 9})


@pytest.mark.parametrize(
    ("statuses", "status", "points"),
    [
        ("passed passed", 0, 4),
        ("passed failed", 1, 2),
        ("passed skipped", 1, 2),
        ("passed cannot_tell", 3, None),
        ("failed cannot_tell", 3, None),
    ],
)
def test_exit_status_and_points(statuses: str, status: int, points: int | None) -> None:
    report = told(*map(Status, statuses.split()))
    assert (report.exit_status, report.points) == (status, points)
    assert report.gradable is (points is not None)


def test_the_json_of_the_contract() -> None:
    data = json.loads(json.dumps(told(Status.FAILED, Status.PASSED, Status.PASSED, Status.PASSED).to_data()))
    assert list(data)[:7] == ["lab", "student", "gradable", "score", "points", "max_points", "checks"]
    assert list(data)[7:] == ["levels", "helped", "version"]
    assert (data["score"], data["points"], data["max_points"]) == (0.75, 6, 8)
    keys = [
        "id",
        "title",
        "level",
        "status",
        "points",
        "max_points",
        "expected",
        "observed",
        "hint",
        "evidence",
        "seconds",
    ]
    assert list(data["checks"][0]) == keys
    assert data["checks"][0]["evidence"] == [{"machine": "web", "argv": ["ip", "a"], "stdout": "out", "status": 0}]
    assert [check["hint"] for check in data["checks"]] == ["where", "", "", ""]


def test_the_first_hint_stands_there_and_the_last_is_the_end() -> None:
    report = told(Status.FAILED, Status.FAILED, Status.FAILED)
    assert [verdict.hint for verdict in report.verdicts] == ["where", "cmd", "q?"]


def test_points_never_exceed_what_a_check_is_worth() -> None:
    assert told(Status.PASSED, share=7.0).points == 2.0
    assert told(Status.PASSED, share=-1.0).points == 0.0
    assert told(Status.CANNOT_TELL).to_data()["checks"][0]["points"] is None


# --- diagnoses


class StateView(View):
    """A view that knows only the journal."""

    def __init__(self, state: State) -> None:
        self._state = state


def judge(cause: str, where: str) -> float:
    tries = {"fault.cause": tuple(cause.split()), "fault.where": tuple(where.split())}
    try:
        return judge_diagnosis(StateView(State(fault="f", tries=tries)), FAULT)
    except Failed as red:
        return -red.share


@pytest.mark.parametrize(
    ("cause", "where", "share"),
    [
        ("link-down", "web:eth0", 1.0),
        ("link-down", "web", 1.0),
        ("no-carrier", "web", 1.0),
        ("mtu link-down", "web", 0.75),
        ("mtu link-down", "db web", 0.5),
        ("link-down", "api db web", 0.5),
        ("mtu link-down", "api db web", 0.25),
        ("mtu", "web", -0.5),
        ("mtu", "db web", -0.25),
        ("link-down mtu", "web", -0.5),
        ("", "web", -0.5),
        ("", "", 0.0),
        ("a b link-down", "a b web", 0.0),
    ],
)
def test_what_a_diagnosis_is_worth(cause: str, where: str, share: float) -> None:
    assert judge(cause, where) == share


def test_a_right_diagnosis_that_is_worth_nothing_is_red() -> None:
    tries = {"fault.cause": ("a", "b", "link-down"), "fault.where": ("a", "b", "web")}
    with pytest.raises(Failed, match="try 3"):
        judge_diagnosis(StateView(State(fault="f", tries=tries)), FAULT)


def test_repaired_means_the_core_and_comes_with_faults_only() -> None:
    own = [Check("a", "A.", lambda _: None), Check("b", "B.", lambda _: None, level="more")]
    assert plan_fault_checks(own, {}, FaultPoints()) == []
    repaired, named = plan_fault_checks(own, {"f": FAULT}, FaultPoints(repaired=3.0))
    assert (repaired.after, repaired.points, named.after) == (("a",), 3.0, ("fault_repaired",))
    with pytest.raises(Failed, match="nothing has been broken yet"):
        repaired.function(StateView(State()))
    repaired.function(StateView(State(fault="f")))


# --- checks.py

GOOD = 'from labkit.check import check\n@check(points=2)\ndef one(lab):\n    """One."""\n@check(after=["one"])\ndef two(lab):\n    """Two."""\n'


def load(folder: Path, text: str) -> list[Check]:
    (folder / "checks.py").write_text(text)
    return load_checks(folder / "checks.py")


def test_checks_are_read_in_their_order_and_afresh_every_time(tmp_path: Path) -> None:
    checks = load(tmp_path, GOOD)
    assert [(check.id, check.title, check.points, check.after) for check in checks] == [
        ("one", "One.", 2, ()),
        ("two", "Two.", 1.0, ("one",)),
    ]
    again = load(tmp_path, GOOD.replace("One.", "Uno."))
    assert (again[0].title, checks[0].title) == ("Uno.", "One.")
    assert not list(tmp_path.glob("__pycache__"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def (", "SyntaxError"),
        ("import nothing_like_that", "ModuleNotFoundError"),
        ("1/0", "ZeroDivisionError"),
        (GOOD.replace('"""Two."""', "pass"), "two has no docstring"),
        (GOOD.replace('["one"]', '["three"]'), "after three"),
        (GOOD.replace("points=2", 'after=["two"]'), "after two"),
        (GOOD.replace("points=2", "points=0"), "points 0"),
        (GOOD.replace("points=2", 'level="hard"'), "level hard"),
    ],
)
def test_a_slip_in_checks_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load(tmp_path, text)
    with pytest.raises(UsageError, match="can't be read"):
        load_checks(tmp_path / "none" / "checks.py")
