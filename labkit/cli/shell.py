"""`labkit shell`: an interactive bash on a machine; the lines typed go into the journal."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from labkit.cli.joint import run_terminal
from labkit.cli.running import find_world
from labkit.errors import LabkitError
from labkit.lab.entries import Entry, Run, Trouble
from labkit.world import Machine

_RC: Final = Path(__file__).with_name("shell_rc.sh")
_REPORT: Final = re.compile(rb"(?P<status>[0-9]{1,3})\t(?P<line>.*)", re.DOTALL)
_LARGEST: Final = 255
_LONGEST: Final = 48 * 1024  # bytes of a line; PID 1 takes entries of 64 KB
_BASH: Final = "exec bash --rcfile /dev/fd/$LABKIT_RC -i"


def run_shell(options: argparse.Namespace) -> int:
    """Join this terminal to a bash there; its exit status."""
    with find_world(options.lab, options.machine) as world:
        return _run_bash(world.machine(options.machine))


def _run_bash(machine: Machine) -> int:
    lines = LineReader(machine)
    with _open_rc() as rc, _open_pipe() as (reader, writer):
        environment = {"TERM": os.environ.get("TERM", "xterm-256color")}
        passed = {"LABKIT_RC": rc, "LABKIT_JOURNAL": writer}
        process = machine.start_process(_BASH, passed=passed, environment=environment)
        try:
            return run_terminal(process, {reader: lines.take})
        finally:
            process.close()


class LineReader:
    """Takes apart what the rc file reports, STATUS <tab> LINE <nul>, and writes it into the journal.

    Whatever runs in the shell can report too: what is no such report is passed over.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._session = secrets.token_hex(4)
        self._rest = b""
        self._dropped = 0

    def take(self, data: bytes) -> None:
        """The next bytes."""
        *reports, self._rest = (self._rest + data).split(b"\0")
        for report in reports:
            self._note(report)
        if len(self._rest) > _LONGEST:
            self._dropped += len(self._rest)
            self._rest = b""

    def _note(self, report: bytes) -> None:
        size, self._dropped = self._dropped + len(report), 0
        entry: Entry | None = Trouble(
            text=f"left out: a line of {size} bytes typed on {self._machine.name}", via="shell"
        )
        if size <= _LONGEST:
            entry = self._parse(report)
        if entry is not None:
            with contextlib.suppress(LabkitError):  # the world is ending, and the shell with it
                self._machine.world.write_journal(entry.to_data())

    def _parse(self, report: bytes) -> Run | None:
        match = _REPORT.fullmatch(report)
        if match is None or int(match["status"]) > _LARGEST:
            return None
        line = match["line"].decode(errors="replace").strip()
        status = int(match["status"])
        where = self._machine.name
        return Run(machine=where, script=line, status=status, via="shell", session=self._session) if line else None


@contextlib.contextmanager
def _open_rc() -> Iterator[int]:
    """The rc file as a descriptor: it need not exist inside the world."""
    descriptor = os.memfd_create("labkit-rc")
    try:
        os.write(descriptor, _RC.read_bytes())
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _open_pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe2(os.O_CLOEXEC)
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)
