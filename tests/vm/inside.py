"""A VM that runs commands for tests, one after the other: a boot takes longer than most of them."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from labkit.timing import scale

REPOSITORY = Path(__file__).parents[2]
VM = (sys.executable, "-P", "-m", "labkit.vm")
BOOT = 330.0  # seconds: a guest that does not report by then is ended by `./lab vm` itself, which says why
BEGUN = "the VM boots"  # said of a VM that was started; before that it is said why this machine can have none


@dataclass(frozen=True)
class Said:
    """What came of a command."""

    status: int
    stdout: str
    stderr: str


class Inside:
    """Commands in the VM."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        self._process, self._input = process, process.stdin
        self._streams = (process.stdout, process.stderr)
        self._out, self._err = b"", b""

    def run(self, command: str, seconds: float = 60.0) -> Said:
        """One line of bash. `seconds`: on an idle machine, a VM's slowness included."""
        self._input.write(f"{command}\n".encode())
        self._input.flush()
        return self._read_end(command, seconds)

    def _read_end(self, command: str, seconds: float) -> Said:
        until = time.monotonic() + scale(seconds)
        while not ((end := re.search(rb"\0(\d+)\0", self._out)) and b"\0" in self._err):
            left = until - time.monotonic()
            ready, _, _ = select.select(self._streams, [], [], max(left, 0))
            assert ready, f"{command}: no end within {scale(seconds):.0f} s, but {self._out!r} {self._err!r}"
            self._take(ready, command)
        said, _, self._err = self._err.partition(b"\0")
        out, self._out = self._out[: end.start()], self._out[end.end() :]
        return Said(int(end[1]), out.decode(), said.decode())

    def _take(self, ready: Sequence[IO[bytes]], command: str) -> None:
        for stream in ready:
            data = os.read(stream.fileno(), 1 << 16)
            if not data:
                self._explain(command)
            elif stream is self._streams[0]:
                self._out += data
            else:
                self._err += data

    def _explain(self, command: str) -> None:
        said = (self._err + self._streams[1].read()).decode()
        self._process.wait()
        if BEGUN not in said:
            pytest.skip(said.strip())
        pytest.fail(f"{command}: the VM ended with {self._process.returncode}: {said}")

    def expect(self, command: str, seconds: float = 60.0) -> str:
        """Its stdout; the test fails when the command does."""
        said = self.run(command, seconds)
        assert said.status == 0, f"{command}: {said}"
        return said.stdout


@contextmanager
def start_inside() -> Iterator[Inside]:
    """One that runs. Skips the test where this machine can run none, with the remedy."""
    words = [*VM, "--", "bash", str(Path(__file__).with_name("commands.sh"))]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, cwd=REPOSITORY) as process:
        try:
            inside = Inside(process)
            inside.expect("true", BOOT)
            yield inside
        finally:
            process.terminate()
