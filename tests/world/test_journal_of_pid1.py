"""The journal as PID 1 writes it: whole lines, within limits that it names when they are reached."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.lab.entries import VERSION, Trouble
from labkit.lab.journal import read_journal
from labkit.world.inside import journal as module
from labkit.world.inside.journal import MAX_ENTRY, MAX_WHOLE, Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    yield Journal(descriptor)
    os.close(descriptor)


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_without_a_file_nothing_happens() -> None:
    Journal(None).write({"kind": "run"})


def test_every_line_says_its_version_and_time(journal: Journal, path: Path) -> None:
    journal.write({"kind": "run", "machine": "web"})
    (line,) = read(path)
    assert (line["version"], line["time"] > 0) == (VERSION, True)
    assert [entry.kind for entry in read_journal(path)] == ["run"]


def test_an_entry_that_is_too_large_is_left_out_and_said(journal: Journal, path: Path) -> None:
    journal.write({"kind": "run", "script": "x" * MAX_ENTRY})
    journal.write({"kind": "run", "script": "x"})
    told, whole = read(path)
    assert told["kind"] == "trouble"
    assert "left out: an entry of" in told["text"]
    assert (whole["kind"], whole["script"]) == ("run", "x")
    (entry,) = [each for each in read_journal(path) if isinstance(each, Trouble) and "left out" in each.text]
    assert "65536" in entry.deed


def test_a_full_journal_is_said_once_and_grows_no_more(journal: Journal, path: Path) -> None:
    os.truncate(path, MAX_WHOLE - 5000)
    for _ in range(1000):
        journal.write({"kind": "run", "script": "x" * 1000})
    size = path.stat().st_size
    assert size <= MAX_WHOLE
    journal.write({"kind": "run"})
    assert path.stat().st_size == size
    last = [json.loads(line) for line in path.read_bytes().rpartition(b"\0")[2].splitlines()]
    assert [entry["kind"] for entry in last] == ["run"] * 4 + ["trouble"]
    assert "this journal is full" in last[-1]["text"]


def test_a_disk_that_fills_in_the_middle_of_a_line_costs_that_line_only(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    room = 20

    def write_some(descriptor: int, data: bytes) -> int:
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data[:room])

    monkeypatch.setattr(module.os, "write", write_some)
    journal.write({"kind": "run", "script": "torn"})
    room = 0
    journal.write({"kind": "run", "script": "lost"})
    room = 9999
    journal.write({"kind": "run", "script": "whole"})
    journal.write({"kind": "run", "script": "next"})
    torn, *whole = path.read_text().splitlines()
    assert len(torn) == 20
    assert [json.loads(line)["script"] for line in whole] == ["whole", "next"]
