"""The learner's copies are made once and never overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.cli.learner_copy import RECORD, CopyPlan, ensure_copies, plan_copies, render_newer
from labkit.errors import UsageError


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "00-start-here.ipynb").write_text("lesson 0")
    (folder / "03-bridge.ipynb").write_text("lesson 3")
    return folder


def test_what_is_new_and_what_is_newer() -> None:
    plan = plan_copies({"a": "1", "b": "2", "c": "3"}, {"b": "2", "c": "old"}, frozenset({"b", "c", "own"}))
    assert plan == CopyPlan(new=("a",), newer=("c",))


def test_a_copy_of_unknown_origin_is_not_called_old() -> None:
    assert plan_copies({"a": "1"}, {}, frozenset({"a"})) == CopyPlan(new=(), newer=())


def test_first_time_everything_is_copied(shipped: Path, tmp_path: Path) -> None:
    plan = ensure_copies(shipped, tmp_path / "work")
    assert plan.new == ("00-start-here.ipynb", "03-bridge.ipynb")
    assert (tmp_path / "work" / "03-bridge.ipynb").read_text() == "lesson 3"
    assert render_newer(plan, tmp_path / "work") == ""


def test_the_learners_work_stays_and_a_newer_lesson_is_said(shipped: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    ensure_copies(shipped, work)
    (work / "03-bridge.ipynb").write_text("my answers")
    assert ensure_copies(shipped, work) == CopyPlan(new=(), newer=())
    (shipped / "03-bridge.ipynb").write_text("lesson 3, second edition")
    plan = ensure_copies(shipped, work)
    assert plan.newer == ("03-bridge.ipynb",)
    assert (work / "03-bridge.ipynb").read_text() == "my answers"
    assert str(work / "03-bridge.ipynb") in render_newer(plan, work)


def test_renamed_away_the_newer_lesson_comes(shipped: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    ensure_copies(shipped, work)
    (shipped / "03-bridge.ipynb").write_text("lesson 3, second edition")
    (work / "03-bridge.ipynb").rename(work / "mine.ipynb")
    assert ensure_copies(shipped, work).new == ("03-bridge.ipynb",)
    assert ensure_copies(shipped, work).newer == ()
    assert (work / "mine.ipynb").read_text() == "lesson 3"


@pytest.mark.parametrize("damage", ["", "{", "[]", "\x00\xff"])
def test_a_damaged_record_costs_nothing(shipped: Path, tmp_path: Path, damage: str) -> None:
    work = tmp_path / "work"
    ensure_copies(shipped, work)
    (work / RECORD).write_text(damage)
    assert ensure_copies(shipped, work) == CopyPlan(new=(), newer=())


def test_no_notebooks_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no notebook") as caught:
        ensure_copies(tmp_path, tmp_path / "work")
    assert "labkit build" in caught.value.hint
