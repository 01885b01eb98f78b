"""Log files of containers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from labkit.agents.containers.log import Line, Log, render_line
from labkit.agents.kubelet.logs import Wish, read_log


def test_lines_are_written_in_the_form_of_the_cri(tmp_path: Path) -> None:
    log = Log(str(tmp_path / "a" / "0.log"))
    log.write("stdout", b"one\ntw")
    log.write("stderr", b"bad\n")
    log.write("stdout", b"o\nlast")
    log.close()
    lines = [Line.parse(raw) for raw in (tmp_path / "a" / "0.log").read_bytes().splitlines()]
    assert [(line.stream, line.whole, line.text) for line in lines if line] == [
        ("stdout", True, b"one"), ("stderr", True, b"bad"), ("stdout", True, b"two"), ("stdout", False, b"last"),
    ]  # fmt: skip


def test_a_long_line_is_written_in_parts_and_read_as_one(tmp_path: Path) -> None:
    path = tmp_path / "0.log"
    log = Log(str(path))
    log.write("stdout", b"x" * 40_000 + b"\n")
    log.close()
    assert read(path, Wish()) == b"x" * 40_000 + b"\n"


def read(path: Path, wish: Wish, *, running: bool = False) -> bytes:
    async def collect() -> bytes:
        return b"".join([piece async for piece in read_log(path, wish, lambda: running)])

    return asyncio.run(collect())


@pytest.fixture
def three(tmp_path: Path) -> Path:
    path = tmp_path / "0.log"
    path.write_bytes(
        b"".join(render_line("stdout", text, now=number * 10**9) for number, text in enumerate((b"a", b"b", b"c")))
    )
    return path


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, b"a\nb\nc\n"),
        ({"tailLines": "2"}, b"b\nc\n"),
        ({"tailLines": "0"}, b""),
        ({"limitBytes": "3"}, b"a\nb"),
        ({"sinceTime": "1970-01-01T00:00:01Z"}, b"b\nc\n"),
        ({"timestamps": "true", "tailLines": "1"}, b"1970-01-01T00:00:02.000000000Z c\n"),
        ({"follow": "true"}, b"a\nb\nc\n"),
    ],
)
def test_logs_are_cut_as_wished(three: Path, query: dict[str, str], shown: bytes) -> None:
    assert read(three, Wish.parse(query)) == shown
