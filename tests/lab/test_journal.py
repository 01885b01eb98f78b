"""The journal: reading it, and what follows from it."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.errors import UsageError
from labkit.lab import journal
from labkit.lab.entries import KINDS, AnswerGiven, Break, HintGiven, Reset, Run, Solution, Start, parse_entry
from labkit.lab.journal import ensure_journal, find_last_work, is_touched, plan_path, read_journal, read_state
from labkit.show.journal import render_journal

START, RESET = Start(), Reset()
RUN = Run(machine="web", argv=("ip", "a"), status=0)


def answer(name: str, value: str) -> AnswerGiven:
    return AnswerGiven(id=name, value=value)


def broken(name: str, **fields: Any) -> Break:
    return Break(name=name, **fields)


def test_what_is_written_is_read_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "lab.jsonl"
    whole = json.dumps(RUN.to_data() | {"time": 1.5, "later": "version"})
    path.write_bytes(whole.encode() + b'\n{"kind": "run", "mach')
    assert read_journal(path) == [Run(machine="web", argv=("ip", "a"), status=0, time=1.5)]
    ensure_journal(path)
    ensure_journal(path)
    with path.open("a") as file:
        file.write(whole + "\n")
    assert [entry.kind for entry in read_journal(path)] == ["run", "trouble", "run"]


def test_a_line_without_a_version_is_of_the_first_and_one_of_a_later_labkit_is_said(tmp_path: Path) -> None:
    path = tmp_path / "lab.jsonl"
    versions: list[dict[str, Any]] = [{}, {"version": 1}, {"version": 2}, {"version": "1"}]
    path.write_text("".join(json.dumps(RUN.to_data() | version) + "\n" for version in versions))
    first, second, *later = read_journal(path)
    assert first == second == RUN
    assert [entry.deed for entry in later] == [
        "an entry of version 2, which a later labkit wrote",
        "an entry of version '1', which a later labkit wrote",
    ]


def test_every_realm_has_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("LABKIT_REALM")
    assert plan_path("03-bridge", None) == tmp_path / "labkit" / "journals" / "03-bridge.jsonl"
    monkeypatch.setenv("LABKIT_REALM", "second")
    assert plan_path("03-bridge", "anna") == tmp_path / "labkit" / "journals" / "second" / "03-bridge.anna.jsonl"


def test_no_journal_is_an_empty_one(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "none") == []
    ensure_journal(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_line_torn_in_the_middle_is_said_and_costs_itself_only(tmp_path: Path) -> None:
    path = tmp_path / "lab.jsonl"
    whole = json.dumps(RUN.to_data() | {"time": 1.5}).encode()
    path.write_bytes(whole + b"\n" + whole[:20] + b"\n\xff\x00\n" + whole + b"\n")
    first, torn, odd, last = read_journal(path)
    assert first == last == Run(machine="web", argv=("ip", "a"), status=0, time=1.5)
    assert (torn.deed, odd.deed) == ("line 2 is no entry", "line 3 is no entry")
    assert find_last_work(read_journal(path)) == [first, last]


def test_below_the_state_folder_journals_are_closed_to_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("LABKIT_REALM", raising=False)
    (tmp_path / "labkit" / "journals").mkdir(parents=True, mode=0o777)
    ensure_journal(plan_path("03-bridge", None))
    assert (tmp_path / "labkit" / "journals").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("what", ["link", "pipe", "folder", "device"])
def test_a_journal_that_is_no_file_can_not_be_read(tmp_path: Path, what: str) -> None:
    path = tmp_path / "lab.jsonl"
    match what:
        case "link":
            path.symlink_to("/etc/passwd")
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case _:
            path = Path("/dev/zero")
    with pytest.raises(UsageError, match="can't be read"):
        read_journal(path)


def test_a_journal_of_any_size_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(journal, "MAX_READ", 100)
    (tmp_path / "lab.jsonl").write_bytes(b"x" * 101)
    with pytest.raises(UsageError, match="longer than 100 bytes"):
        read_journal(tmp_path / "lab.jsonl")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = [each.name for kind in KINDS.values() for each in dataclasses.fields(kind)]
FORGED = st.fixed_dictionaries(
    {"kind": st.sampled_from([*KINDS, "later"])}, optional=dict.fromkeys(KEYS, JSON) | {"version": st.just(1) | JSON}
)


@settings(deadline=None, max_examples=300)
@given(st.lists(FORGED, max_size=8))
def test_whatever_a_journal_says_it_is_read_and_shown(lines: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "lab.jsonl")
        path.write_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        entries = read_journal(path)
    assert len(entries) == len(lines)
    read_state(entries)
    find_last_work(entries)
    render_journal(entries)
    json.dumps([entry.to_data() | {"time": entry.time} for entry in entries])


@given(st.binary(max_size=200))
def test_whatever_a_line_is_it_is_an_entry_or_none(line: bytes) -> None:
    parse_entry(line)


def test_lines_that_are_no_entries() -> None:
    assert [parse_entry(line) for line in (b"", b"[]", b"7", b"\xff", b"{")] == [None] * 5


@pytest.mark.parametrize(
    "data",
    [
        {}, {"kind": "later"}, {"kind": 7}, {"kind": "run"}, {"kind": "run", "machine": 7}, {"kind": "run", "machine": None},
        {"kind": "run", "machine": "a", "argv": "ip"}, {"kind": "run", "machine": "a", "argv": [1]},
        {"kind": "run", "machine": "a", "time": 1e15}, {"kind": "run", "machine": "a", "time": -1},
        {"kind": "run", "machine": "a", "seconds": -5}, {"kind": "run", "machine": "a", "time": 10**400},
        {"kind": "run", "machine": "a", "time": float("nan")}, {"kind": "run", "machine": "a", "seconds": "1"},
        {"kind": "run", "machine": "a", "status": True}, {"kind": "run", "machine": "a", "status": 1.5},
        {"kind": "cni", "machine": "a", "action": "add", "name": "p", "capabilities": []},
    ],
)  # fmt: skip
def test_what_an_entry_cannot_hold_is_no_entry(data: dict[str, Any]) -> None:
    assert parse_entry(json.dumps(data).encode()) is None


def test_deep_json_is_no_entry() -> None:
    assert parse_entry(b"[" * 100_000) is None


def test_resume_takes_the_last_world_in_which_something_was_done() -> None:
    first, second = [START, RUN, answer("q", "1")], [RESET, RUN]
    assert find_last_work([*first, *second, START, HintGiven(id="x")]) == [RUN]
    assert find_last_work([*first, START]) == first[1:]
    assert find_last_work([START]) == []


def test_touched() -> None:
    assert not is_touched([START, RUN, RESET, answer("q", "1")])
    assert is_touched([START, RUN])


def test_answers_count_since_the_world_began() -> None:
    state = read_state([START, answer("q", "1"), answer("q", "2"), answer("p", "x")])
    assert state.answers == {"q": "2", "p": "x"}
    assert read_state([START, answer("q", "1"), RESET]).answers == {}


def test_tries_outlive_a_reset_and_the_same_answer_again_is_none() -> None:
    tries = [broken("f"), answer("fault.cause", "a"), answer("fault.cause", "a"), answer("fault.cause", "b")]
    assert read_state(tries).tries == {"fault.cause": ("a", "b")}
    again = read_state([*tries, RESET, broken("f"), answer("fault.cause", "c")])
    assert again.tries == {"fault.cause": ("a", "b", "c")}
    assert read_state([*tries, RESET]).fault is None


def test_tries_that_were_spent_are_spent_after_another_fault() -> None:
    tries = [broken("f"), answer("fault.cause", "a"), broken("g")]
    assert read_state(tries).tries == {}
    other = [*tries, answer("fault.cause", "x"), broken("f")]
    assert read_state(other).tries == {"fault.cause": ("a",)}
    assert read_state([*other, answer("fault.cause", "b")]).tries == {"fault.cause": ("a", "b")}


def test_a_solutions_answers_are_no_tries_and_give_none_back() -> None:
    said = AnswerGiven(id="fault.cause", value="right", via="script")
    solved = [broken("f"), answer("fault.cause", "a"), broken("f", via="script"), said]
    assert read_state(solved).tries == {"fault.cause": ("right",)}
    assert read_state([*solved, answer("fault.cause", "b")]).tries == {"fault.cause": ("a", "b")}
    assert read_state([*solved, broken("f")]).tries == {"fault.cause": ("a",)}


def test_tries_of_a_question_outlive_worlds_and_faults() -> None:
    begun = [START, answer("q", "a"), answer("q", "a"), answer("q", "b"), broken("f")]
    assert read_state(begun).tries == {"q": ("a", "b")}
    assert read_state([*begun, RESET]).tries == {}
    assert read_state([*begun, RESET, answer("q", "c"), answer("fault.cause", "x")]).tries["q"] == ("a", "b", "c")
    resumed = [*begun, RESET, AnswerGiven(id="q", value="b", given=1.0), AnswerGiven(id="q", value="b", given=1.0)]
    assert read_state(resumed).tries == {"q": ("a", "b")}


def test_a_solutions_answer_to_a_question_is_its_first() -> None:
    begun = [START, answer("q", "a"), answer("q", "b"), RESET, AnswerGiven(id="q", value="right", via="script")]
    assert read_state(begun).tries == {"q": ("right",)}
    assert read_state([*begun, answer("q", "c")]).tries == {"q": ("a", "b", "c")}


def test_a_fault_of_ones_own_choice_is_known() -> None:
    assert read_state([broken("f", chosen=True)]).chosen
    assert not read_state([broken("f", chosen=True), broken("f")]).chosen


def test_a_solution_is_known_in_this_world_and_later() -> None:
    solved = [START, Solution(name="reference")]
    assert (read_state(solved).solved, read_state(solved).seen) == (True, True)
    assert (read_state([*solved, RESET]).solved, read_state([*solved, RESET]).seen) == (False, True)
    assert not read_state([START, RUN]).seen


def test_a_fault_that_could_not_be_put_in_is_none() -> None:
    assert read_state([broken("f", status=1)]).fault is None
    assert read_state([broken("f", status=0)]).fault == "f"


def test_hints_are_counted() -> None:
    assert read_state([HintGiven(id="x"), START, HintGiven(id="x")]).hints == {"x": 2}
