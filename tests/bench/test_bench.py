"""./lab bench: what a row says, and how the command is used."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

import pytest

from labkit.errors import WorldError
from tests.bench import __main__ as bench
from tests.bench.row import Row, compare


def test_a_ratio_is_held_against_its_goal() -> None:
    row = Row("build", ours=1.0, peer=4.0, unit="s", goal=0.5, runs=3)
    assert row.to_data() == {
        "name": "build", "ours": 1.0, "peer": 4.0, "unit": "s", "ratio": 0.25, "goal": 0.5, "met": True, "runs": 3,
    }  # fmt: skip
    assert Row("build", ours=3.0, peer=4.0, unit="s", goal=0.5, runs=3).met is False


def test_an_absolute_goal_is_the_peer() -> None:
    row = Row("start", ours=1.5, peer=1.0, unit="s", goal=1.0, runs=3, absolute=True)
    assert (row.ratio, row.met) == (1.5, False)


def test_without_a_goal_nothing_is_met_or_missed() -> None:
    assert Row("down", ours=1.0, peer=4.0, unit="s", goal=None, runs=3).met is None


def test_both_sides_in_turn_and_their_medians(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.row.SETTLE", 0.0)
    order: list[str] = []
    ours, theirs = iter((1.0, 9.0, 2.0)), iter((5.0, 4.0, 50.0))

    def take(side: str, values: object) -> dict[str, float]:
        order.append(side)
        return {"build": next(values)}  # type: ignore[call-overload]

    medians, runs = compare(lambda: take("ours", ours), lambda: take("peer", theirs), runs=3, budget=60)
    assert (medians, runs) == ({"build": (2.0, 5.0)}, 3)
    assert order == ["ours", "peer"] * 3


def test_the_budget_ends_the_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.row.SETTLE", 0.0)
    assert compare(lambda: {"build": 1.0}, lambda: {"build": 1.0}, runs=9, budget=0)[1] == 1


def test_only_what_is_named_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("command", "labs-00", "labs-01", "hosts-100-mininet")
    rows = {name: [Row(name, ours=1.0, peer=2.0, unit="s", goal=0.6, runs=1)] for name in names}
    monkeypatch.setattr(bench, "GROUPS", {name: functools.partial(rows.get, name) for name in names})
    out = tmp_path / "rows.json"
    assert bench.main(["--json", str(out), "command", "labs"]) == 0
    assert [row["name"] for row in json.loads(out.read_text())] == ["command", "labs-00", "labs-01"]


def test_what_could_not_be_measured_is_said_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> list[Row]:
        raise WorldError("no namespaces here")

    row = Row("other", ours=1.0, peer=2.0, unit="s", goal=None, runs=1)
    monkeypatch.setattr(bench, "GROUPS", {"command": refuse, "other": lambda: [row]})
    out = tmp_path / "rows.json"
    assert bench.main(["--json", str(out)]) == 1
    assert [each["name"] for each in json.loads(out.read_text())] == ["other"]
    assert "command: not measured: no namespaces here" in capsys.readouterr().err


def test_an_unknown_name_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bench.main(["nonsense"])
    assert ended.value.code == 2
    assert "there is no nonsense" in capsys.readouterr().err


def test_every_measurement_is_in_a_group() -> None:
    """What no group calls is measured by nobody."""
    folder = Path(bench.__file__).parent
    defined = {
        name
        for path in folder.glob("*.py")
        for name in re.findall(r"^def (measure_\w+)", path.read_text(), re.MULTILINE)
    }
    called = Path(bench.__file__).read_text()
    assert [name for name in defined if name not in called and name != "measure_ping"] == []
