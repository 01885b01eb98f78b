"""The journal: reading it, and what follows from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from labkit.lab.journal import Entry, find_last_work, is_touched, mend_journal, parse_entry, read_journal, read_state

START, RESET = Entry(kind="start"), Entry(kind="reset")
RUN = Entry(machine="web", argv=("ip", "a"), status=0)


def answer(name: str, value: str) -> Entry:
    return Entry(kind="answer", id=name, value=value)


def broken(name: str, **fields: Any) -> Entry:
    return Entry(kind="break", name=name, **fields)


def test_what_is_written_is_read_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "lab.jsonl"
    whole = json.dumps(RUN.to_data() | {"time": 1.5, "later": "version"})
    path.write_bytes(whole.encode() + b'\n{"kind": "run", "mach')
    assert read_journal(path) == [Entry(machine="web", argv=("ip", "a"), status=0, time=1.5)]
    mend_journal(path)
    mend_journal(path)
    with path.open("a") as file:
        file.write(whole + "\n")
    assert len(read_journal(path)) == 2


def test_no_journal_is_an_empty_one(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "none") == []
    mend_journal(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_lines_that_are_no_entries() -> None:
    assert [parse_entry(line) for line in (b"", b"[]", b"7", b"\xff", b"{")] == [None] * 5
    assert parse_entry(b"{}") == Entry()


def test_resume_takes_the_last_world_in_which_something_was_done() -> None:
    first, second = [START, RUN, answer("q", "1")], [RESET, RUN]
    assert find_last_work([*first, *second, START, Entry(kind="hint", id="x")]) == [RUN]
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


def test_another_fault_begins_afresh_and_so_does_a_solution() -> None:
    tries = [broken("f"), answer("fault.cause", "a")]
    assert read_state([*tries, broken("g")]).tries == {}
    assert read_state([*tries, broken("f", via="script")]).tries == {}


def test_a_fault_that_could_not_be_put_in_is_none() -> None:
    assert read_state([broken("f", status=1)]).fault is None
    assert read_state([broken("f", status=0)]).fault == "f"


def test_hints_are_counted() -> None:
    assert read_state([Entry(kind="hint", id="x"), START, Entry(kind="hint", id="x")]).hints == {"x": 2}
