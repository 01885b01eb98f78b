"""`labkit shell`: an interactive bash on a machine, joined to this process's terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

import pytest

from labkit.check import attach
from labkit.lab.journal import Entry

CLI = (sys.executable, "-m", "labkit.cli")


class Terminal:
    """The person's side of a `labkit shell`."""

    def __init__(self, lab: str, machine: str, size: tuple[int, int] = (30, 90)) -> None:
        self.master, slave = pty.openpty()
        self.resize(*size)
        words = [*CLI, "shell", "--lab", lab, machine]
        self.process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        self.said = ""
        self.read_until("# ")

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def read_until(self, wanted: str) -> str:
        """What comes until `wanted` does; the rest is kept for the next call."""
        until = time.monotonic() + 15
        while wanted not in self.said:
            assert select.select([self.master], [], [], until - time.monotonic())[0], f"{wanted!r} not in {self.said!r}"
            self.said += os.read(self.master, 4096).decode()
        found, _, self.said = self.said.partition(wanted)
        return found

    def ask(self, line: str, wanted: str) -> str:
        self.type(f"{line}\n")
        return self.read_until(wanted)

    def close(self) -> int:
        self.type("\x04")
        status = self.process.wait(15)
        os.close(self.master)
        return status


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
    shell = Terminal(lab, "left")
    shell.ask("tty; hostname; echo $HOME $PWD", "/dev/pts/")
    shell.read_until("left\r\n/root /root")
    shell.ask("stty size", "30 90")
    shell.resize(40, 120)
    os.killpg(shell.process.pid, 28)
    shell.ask("stty size", "40 120")
    shell.read_until("# ")
    assert shell.close() == 0


def test_control_c_stops_the_command_only(lab: str) -> None:
    shell = Terminal(lab, "left")
    shell.ask("sleep 60", "sleep 60")
    time.sleep(0.3)  # bash must have given the terminal to sleep
    shell.type("\x03")
    shell.ask("echo status $?", "status 130")
    shell.ask("exit 4", "exit")
    assert shell.process.wait(15) == 4
    os.close(shell.master)


def test_every_line_is_in_the_journal_once(lab: str) -> None:
    shell = Terminal(lab, "left")
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
