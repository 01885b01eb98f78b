"""The learner's copies are made once and never overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labkit.cli import learner_copy
from labkit.cli.learner_copy import CopyPlan, plan_copies, render_newer
from labkit.errors import UsageError


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "00-start-here.ipynb").write_text("lesson 0")
    (folder / "03-bridge.ipynb").write_text("lesson 3")
    return folder


def ensure_copies(shipped: Path, work: Path) -> CopyPlan:
    """With the state beside the work folder."""
    (work.parent / "state").mkdir(exist_ok=True)
    return learner_copy.ensure_copies(shipped, work, work.parent / "state")


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


@pytest.mark.parametrize("damage", ["", "{", "[]", "\x00\xff", "[" * 100_000])
def test_a_damaged_record_costs_nothing(shipped: Path, tmp_path: Path, damage: str) -> None:
    work = tmp_path / "work"
    ensure_copies(shipped, work)
    (tmp_path / "state" / "copied-from.json").write_text(damage)
    assert ensure_copies(shipped, work) == CopyPlan(new=(), newer=())


def test_a_link_in_the_place_of_a_copy_is_not_followed(shipped: Path, tmp_path: Path) -> None:
    work, victim = tmp_path / "work", tmp_path / "victim"
    work.mkdir()
    (work / "00-start-here.ipynb").symlink_to(victim)
    (work / ".labkit").symlink_to(tmp_path)
    assert ensure_copies(shipped, work).new == ("03-bridge.ipynb",)
    assert not victim.exists()
    assert sorted(path.name for path in work.iterdir()) == [
        ".labkit",
        "00-start-here.ipynb",
        "03-bridge.ipynb",
        "files",
    ]


def test_a_copy_that_appears_meanwhile_is_not_overwritten(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "03-bridge.ipynb").write_text("somebody else's")
    monkeypatch.setattr(learner_copy.os, "listdir", lambda _: [])
    ensure_copies(shipped, work)
    assert (work / "03-bridge.ipynb").read_text() == "somebody else's"


@pytest.mark.parametrize("what", ["file", "link", "closed"])
def test_a_work_folder_that_is_none_is_one_error(shipped: Path, tmp_path: Path, what: str) -> None:
    work = tmp_path / "work"
    match what:
        case "file":
            work.write_text("")
        case "link":
            work.mkdir()
            (work / "files").symlink_to(tmp_path)
        case "closed" if os.geteuid():
            work.mkdir(mode=0o500)
        case _:
            work = Path("/proc/self/work")
    with pytest.raises(UsageError, match="your notebooks are kept in") as caught:
        learner_copy.ensure_copies(shipped, work, tmp_path)
    assert "a folder of yours" in caught.value.hint


def test_no_notebooks_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no notebook") as caught:
        ensure_copies(tmp_path, tmp_path / "work")
    assert "labkit build" in caught.value.hint
