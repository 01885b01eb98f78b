"""How far somebody is with a lab, from its journal."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.check import Status, read_progress
from labkit.check.fault import NAMED, REPAIRED
from labkit.check.progress import find_later
from labkit.check.register import Check
from labkit.course import start_page
from labkit.course.start_page import (
    Stop,
    choose_fault_lab,
    find_next,
    make_start_page,
    read_stops,
    render_start_page,
)
from labkit.lab.definition import Definition, read_definition
from labkit.lab.entries import AnswerGiven, Checked, Entry, Run, Solution, Start
from labkit.lab.folders import find_lab
from labkit.lab.journal import State, ensure_journal, list_students, plan_path, read_state
from labkit.show.done import Done, render_done, render_done_html

CORE = ("client_reaches_server", "fault_repaired", "fault_named")
TODAY = dt.date(2026, 11, 29)


@pytest.fixture(scope="module")
def lab() -> Definition:
    return read_definition(find_lab("00"))


def checked(*passed: str, points: float, time: float = 0.0) -> Checked:
    statuses = {name: "passed" if name in passed else "failed" for name in CORE}
    return Checked(points=points, max_points=6, checks=statuses, time=time)


def guess(value: str, **fields: object) -> AnswerGiven:
    return AnswerGiven(id="first-ping", value=value, **fields)  # type: ignore[arg-type]


def test_green_at_once_is_done(lab: Definition) -> None:
    halves: list[Entry] = [checked(*CORE[:2], points=4), checked(CORE[2], points=2)]
    progress = read_progress(lab, halves)
    assert (progress.passed, progress.core, progress.points, progress.done) == (2, 3, 4, False)
    whole = read_progress(lab, [*halves, checked(*CORE, points=6), checked(points=0)])
    assert (whole.passed, whole.points, whole.max_points, whole.done) == (3, 6, 6, True)
    assert not read_progress(lab, []).begun


def test_the_first_guess_counts_and_scripts_guess_nothing(lab: Definition) -> None:
    assert read_progress(lab, [guess("answered"), guess("host-unreachable")]).right == 0
    assert read_progress(lab, [guess("host-unreachable"), guess("answered")]).right == 1
    assert read_progress(lab, [guess("host-unreachable", via="script")]).guessed == 0
    gone = read_progress(lab, [guess("what the lesson asked once")])
    assert (gone.right, gone.guessed) == (0, 1)


def test_time_away_is_no_time_at_work(lab: Definition) -> None:
    times = (1000.0, 1060.0, 1120.0, 9000.0, 9030.0)
    entries = [Run(machine="web", script="true", time=time) for time in times]
    progress = read_progress(lab, [Start(time=1.0), *entries])
    assert (progress.seconds, progress.last) == (150.0, 9030.0)
    assert read_progress(lab, [Solution(name="reference")]).solution


def test_a_lab_ends_with_what_was_learnt_and_what_is_next(lab: Definition) -> None:
    entries = [guess("answered", time=10.0), checked(*CORE, points=6, time=130.0)]
    done = Done(lab, read_progress(lab, entries), [read_definition(find_lab("01"))])
    said = render_done(done).splitlines()
    assert said[0] == "00-start-here is done: 3 checks, 0 of 1 guesses right, 2 minutes."
    assert said[1] == lab.learnt != ""
    assert said[2].startswith("Next: 01-switching")
    assert '<a href="01-switching.ipynb">' in render_done_html(done)


CHECKS = [
    Check(name, name, lambda _: None, level=level)
    for name, level in (("one", "core"), ("two", "core"), ("three", "core"), ("extra", "more"), ("last", "more"), (REPAIRED, "core"), (NAMED, "core"))
]  # fmt: skip


@pytest.mark.parametrize(
    ("green", "state", "later"),
    [
        ("", State(), "two three extra last"),
        ("one", State(), "three extra last"),
        ("one three", State(), "extra last"),
        ("", State(green=frozenset({"two"})), "extra last"),
        ("one two three", State(fault="cut"), "extra last"),
        ("one two three extra", State(fault="cut"), ""),
    ],
)
def test_what_nobody_has_got_to_comes_later(green: str, state: State, later: str) -> None:
    statuses = {each.id: Status.PASSED if each.id in green.split() else Status.FAILED for each in CHECKS}
    about_the_fault = set() if state.fault else {REPAIRED, NAMED}
    assert find_later(CHECKS, statuses, state) == set(later.split()) | about_the_fault
    statuses = dict.fromkeys(statuses, Status.CANNOT_TELL)
    assert find_later(CHECKS, statuses, state) == set(), "what could not be told is told"


def test_green_is_remembered_until_the_next_world() -> None:
    assert read_state([Start(), checked(CORE[0], points=1), checked(points=0)]).green == {CORE[0]}
    assert read_state([checked(CORE[0], points=1), Start()]).green == set()


def make_stops(lab: Definition, *entries: list[Entry]) -> list[Stop]:
    names = ["00-start-here", "01-switching", "02-routing"]
    labs = [dataclasses.replace(lab, name=name, builds_on=()) for name in names]
    return [
        Stop(each, dataclasses.replace(read_progress(lab, done), lab=each.name))
        for each, done in zip(labs, [*entries, [], [], []][:3], strict=True)
    ]


@pytest.fixture
def journals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Write a student's journal of lab 00, in a state folder of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def write(student: str | None, *, time: int) -> None:
        path = plan_path("00-start-here", student)
        ensure_journal(path)
        path.write_text(json.dumps(guess("answered").to_data() | {"time": float(time)}) + "\n")
        os.utime(path, (time, time))

    return write


def test_who_worked_last_comes_first_and_nobody_in_particular_is_among_them(journals: Callable[..., None]) -> None:
    assert list_students() == [None]
    for time, student in enumerate(["bert", None, "anna", "<b>"], 10):
        journals(student, time=time)
    assert list_students() == ["anna", None, "bert"]


def test_the_map_is_that_of_who_is_asked_for_or_of_who_worked_last(journals: Callable[..., None]) -> None:
    assert "The map of" not in make_start_page(None, TODAY, "/lab/tree/")
    journals("anna", time=10)
    others = '<strong>anna</strong> · <a href="?student=">no student&#x27;s name</a>'
    for asked in (None, "anna", "who-is-that"):
        page = make_start_page(asked, TODAY, "/lab/tree/")
        assert others in page
        assert "Go on where I was" in page
    assert "Begin: 00-start-here" in make_start_page("", TODAY, "/lab/tree/")


def test_nobody_else_s_journal_is_read(journals: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    journals("anna", time=10)
    journals("bert", time=20)
    read: list[str | None] = []
    monkeypatch.setattr(start_page, "read_stops", lambda student: read.append(student) or read_stops(student))
    make_start_page("anna", TODAY, "/lab/tree/")
    assert read == ["anna"]


def test_the_map_says_what_is_done_and_where_to_go_on(lab: Definition) -> None:
    fresh = make_stops(lab)
    page = render_start_page(fresh, TODAY, "/lab/tree/")
    assert 'href="/lab/tree/00-start-here.ipynb">Begin: 00-start-here' in page
    assert "13 (23)" in page, "minutes for two readers"
    assert "It comes with the first lab" in page
    whole = [guess("host-unreachable", time=5.0), checked(*CORE, points=6, time=100.0)]
    stops = make_stops(lab, whole, [Run(machine="web", script="true", time=200.0)])
    page = render_start_page(stops, TODAY, "/lab/tree/")
    assert "1 of 3 labs done" in page
    assert "Go on where I was: 01-switching" in page
    assert "✓ done" in page
    assert "3 of 3" in page
    assert "1 of 1" in page
    assert "%lab break --anew" in page
    assert "<script" not in page


def test_when_the_last_lab_is_done_the_next_one_is_the_way_on(lab: Definition) -> None:
    whole: list[Entry] = [checked(*CORE, points=6, time=100.0)]
    assert find_next(make_stops(lab, whole)).lab.name == "01-switching"
    assert find_next(make_stops(lab, [], [], whole)).lab.name == "02-routing"


def test_a_fault_of_the_day_is_another_each_day(lab: Definition) -> None:
    whole: list[Entry] = [checked(*CORE, points=6, time=100.0)]
    stops = make_stops(lab, whole, whole)
    days = [choose_fault_lab(stops, TODAY + dt.timedelta(days=number)) for number in range(2)]
    assert {each.lab.name for each in days if each} == {"00-start-here", "01-switching"}
    assert choose_fault_lab(make_stops(lab), TODAY) is None
