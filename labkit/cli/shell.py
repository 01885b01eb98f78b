"""`labkit shell`: an interactive bash on a machine; the lines typed go into the journal."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from labkit.cli.running import find_world
from labkit.cli.terminal import run_terminal
from labkit.world import Machine

_RC: Final = Path(__file__).with_name("shell_rc.sh")
_BASH: Final = "exec bash --rcfile /dev/fd/$LABKIT_RC -i"


def run_shell(options: argparse.Namespace) -> int:
    """Join this terminal to a bash there; its exit status."""
    with find_world(options.lab) as world:
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
    """Takes apart what the rc file reports, STATUS <tab> LINE <nul>, and writes it into the journal."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._rest = b""

    def take(self, data: bytes) -> None:
        """The next bytes."""
        *reports, self._rest = (self._rest + data).split(b"\0")
        for report in reports:
            status, _, line = report.decode(errors="replace").partition("\t")
            entry = {
                "kind": "run",
                "machine": self._machine.name,
                "script": line.strip(),
                "status": int(status),
                "via": "shell",
            }
            self._machine.world.write_journal(entry)


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
