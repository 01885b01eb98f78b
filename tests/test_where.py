"""The table of docs/where.md."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tests.where import HEAD, TABLE, Row, parse_rows, read_release, render_table

ROW = Row("02-routing", "6.1.0-57-amd64", "ip_vs", "70", "root", "2026-11-30")


def test_a_lab_has_one_row_for_each_kernel_its_newest() -> None:
    later = dataclasses.replace(ROW, seconds="60", date="2026-12-01")
    other = dataclasses.replace(ROW, kernel="6.18.5", lacks="netem, ipip")
    text = render_table([ROW, other, later])
    assert parse_rows(text) == [later, other]
    assert render_table(parse_rows(text)) == text


def test_the_table_is_as_the_tool_writes_it() -> None:
    text = TABLE.read_text()
    assert parse_rows(text)
    assert render_table(parse_rows(text)) == text
    assert text.startswith(HEAD)


def test_labs_of_the_table_are_there() -> None:
    assert all(Path(TABLE.parents[1], "labs", row.lab).is_dir() for row in parse_rows(TABLE.read_text()))


def test_a_kernel_is_called_by_its_version() -> None:
    names = ["6.18.44-mine-v6", "6.1.0-57-amd64", "6.8.0-49-generic", "5.15.167.4"]
    assert [read_release(name) for name in names] == ["6.18.44", *names[1:]]
