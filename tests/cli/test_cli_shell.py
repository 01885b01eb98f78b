"""`labkit shell`: an interactive bash on a machine, joined to this process's terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import termios
import time
from collections.abc import Iterator
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit import attach
from labkit.cli.shell import LineReader
from labkit.lab.entries import Entry
from labkit.world import Machine, World
from tests.cli.conftest import CLI, Terminal

pytestmark = [pytest.mark.world, pytest.mark.user]


def open_shell(lab: str, machine: str) -> Terminal:
    """A `labkit shell`, at its first prompt."""
    terminal = Terminal([*CLI, "shell", "--lab", lab, machine])
    terminal.read_until("# ")
    return terminal


@pytest.fixture
def lab(two_hosts: str) -> Iterator[str]:
    subprocess.run([*CLI, "start", two_hosts], check=True, capture_output=True)
    yield two_hosts
    subprocess.run([*CLI, "down", two_hosts], check=True)


def list_lines(lab: str) -> list[Entry]:
    """What was typed since the lab's last start."""
    with attach(lab) as attached:
        entries = attached.read_entries()
    first = max(at for at, entry in enumerate(entries) if entry.kind == "start")
    return [entry for entry in entries[first:] if entry.via == "shell"]


def test_it_is_a_real_terminal_of_the_window_s_size(lab: str) -> None:
    shell = open_shell(lab, "left")
    shell.ask("tty; hostname; echo $HOME $PWD", "/dev/pts/")
    shell.read_until("left\r\n/root /root")
    shell.ask("stty size", "30 90")
    shell.resize(40, 120)
    os.killpg(shell.process.pid, 28)
    shell.ask("stty size", "40 120")
    shell.read_until("# ")
    assert shell.close() == 0


def test_control_c_stops_the_command_only(lab: str) -> None:
    shell = open_shell(lab, "left")
    shell.ask("sleep 60", "sleep 60")
    time.sleep(0.3)  # bash must have given the terminal to sleep
    shell.type("\x03")
    shell.ask("echo status $?", "status 130")
    shell.ask("exit 4", "exit")
    assert shell.process.wait(15) == 4
    os.close(shell.master)


def test_every_line_is_in_the_journal_once(lab: str) -> None:
    shell = open_shell(lab, "left")
    shell.ask("ip link set lo up", "# ")
    shell.ask("", "# ")
    shell.ask("echo one; false", "# ")
    shell.ask("for i in 1 2", "> ")
    shell.ask("do echo n$i; done", "n2")
    shell.ask("ls /nothing-such", "# ")
    shell.ask("exit 3", "exit")
    assert shell.process.wait(15) == 3
    lines = list_lines(lab)
    assert {entry.machine for entry in lines} == {"left"}
    assert [(entry.script, entry.status) for entry in lines] == [
        ("ip link set lo up", 0),
        ("echo one; false", 1),
        ("for i in 1 2; do echo n$i; done", 0),
        ("ls /nothing-such", 2),
        ("exit 3", 3),
    ]
    os.close(shell.master)


def test_the_terminal_is_left_as_it_was(lab: str) -> None:
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    with contextlib.closing(os.fdopen(slave, "rb", buffering=0)):
        process = subprocess.Popen([*CLI, "shell", "--lab", lab, "left"], stdin=slave, stdout=slave, stderr=slave)
        os.write(master, b"exit\n")
        assert process.wait(15) == 0
        assert termios.tcgetattr(slave) == before
    os.close(master)


def test_what_is_piped_in_is_typed(lab: str) -> None:
    words = [*CLI, "shell", "--lab", lab, "left"]
    ran = subprocess.run(words, input=b"echo hello-$((6*7))\nexit 5\n", capture_output=True, check=False, timeout=30)
    assert ran.returncode == 5
    assert b"hello-42" in ran.stdout


def test_it_ends_with_what_is_piped_in(lab: str) -> None:
    words = [*CLI, "shell", "--lab", lab, "left"]
    ran = subprocess.run(words, input=b"ip route\n", capture_output=True, check=False, timeout=30)
    assert ran.returncode == 0
    assert [entry.script for entry in list_lines(lab)] == ["ip route"]


class FakeWorld:
    """Takes what is written into the journal."""

    def __init__(self) -> None:
        self.written: list[dict[str, object]] = []

    def write_journal(self, entry: dict[str, object]) -> None:
        self.written.append(entry)


def read_lines(*parts: bytes) -> list[dict[str, object]]:
    world = FakeWorld()
    reader = LineReader(Machine(cast("World", world), "left", "host", None))
    for part in parts:
        reader.take(part)
    return world.written


@pytest.mark.parametrize(
    "report",
    [
        b"\0",
        b"no tab\0",
        b"\tip link\0",
        b"abc\tip link\0",
        b"-1\tip link\0",
        b"99999999999999999999\tx\0",
        b"256\tx\0",
        b"1\t \0",
        b"\xd9\xa1\tx\0",
    ],
)
def test_what_is_no_report_is_passed_over(report: bytes) -> None:
    assert [entry["script"] for entry in read_lines(report, b"0\tip route\0")] == ["ip route"]


def test_a_report_may_come_in_pieces_and_hold_any_bytes() -> None:
    (entry,) = read_lines(b"1", b"\techo \xff", b"\n\n\x1b[31m", b"\0")
    assert (entry["status"], entry["script"]) == (1, "echo \ufffd\n\n\x1b[31m")


def test_a_line_without_end_costs_no_memory() -> None:
    world = FakeWorld()
    reader = LineReader(Machine(cast("World", world), "left", "host", None))
    for _ in range(200):
        reader.take(b"x" * 65536)
        assert len(reader._rest) <= 65536
    reader.take(b"\x00" + b"0\tip route\x00")
    left_out, entry = world.written
    assert "13107200 bytes" in str(left_out["text"])
    assert entry["script"] == "ip route"


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_whatever_is_reported_the_shell_goes_on(parts: list[bytes]) -> None:
    for entry in read_lines(*parts):
        assert entry["kind"] in ("run", "trouble")


def test_hostile_reports_leave_the_shell_alive(lab: str) -> None:
    shell = open_shell(lab, "left")
    shell.ask(
        "printf 'junk\\0x\\t\\0' >&$LABKIT_JOURNAL; head -c 300000 /dev/zero | tr '\\0' a >&$LABKIT_JOURNAL; echo 'sur'vived",
        "survived",
    )
    shell.ask("printf '\\0' >&$LABKIT_JOURNAL; echo 'and' again", "and again\r\n")
    shell.read_until("# ")
    assert shell.close() == 0
