"""The lines of a `labkit shell`, done again in one bash."""

from __future__ import annotations

import os
import time
from io import FileIO
from typing import Final, Self

from labkit.errors import CannotTell
from labkit.lab.entries import Run
from labkit.lab.machine import LabMachine
from labkit.world.connection import wait_readable
from labkit.world.process import open_input

_BASH: Final = r"""
shopt -s expand_aliases
set -m  # jobs in the background have groups of their own, and stay when this ends
exec 8<&"$LABKIT_LINES"- 9>&"$LABKIT_DONE"-
unset LABKIT_LINES LABKIT_DONE
[ ! -r ~/.bashrc ] || . ~/.bashrc
while IFS= read -r -d "" -u 8 __labkit_line; do
    eval "$__labkit_line" </dev/null 8<&- 9>&-
    printf "%s\0" "$?" >&9
done
"""
_GONE: Final = 1.0  # seconds that it may take to end when there is nothing more to do


class ShellAgain:
    """A bash that takes lines and tells the status of each."""

    def __init__(self, machine: LabMachine) -> None:
        self.ended = False
        self._machine = machine
        lines, self._lines = (FileIO(end, mode) for end, mode in zip(os.pipe2(os.O_CLOEXEC), "rw", strict=True))
        self._done, done = (FileIO(end, mode) for end, mode in zip(os.pipe2(os.O_CLOEXEC), "rw", strict=True))
        with lines, done, open_input() as nothing, open(os.devnull, "wb") as null:  # noqa: PTH123 - a descriptor is wanted
            passed = {"LABKIT_LINES": lines.fileno(), "LABKIT_DONE": done.fileno()}
            standard = (nothing, null.fileno(), null.fileno())
            self._process = machine.start_process(_BASH, standard=standard, passed=passed)

    def run(self, entry: Run, limit: float) -> int:
        """Do one line; its status, noted in the journal. Raises CannotTell when it takes longer than `limit` seconds."""
        self._lines.write(f"{entry.script.replace(chr(0), '')}\0".encode(errors="replace"))
        status = self._wait_status(time.monotonic() + limit)
        if status is None:
            self._end(0)
            raise CannotTell(f"did not end within {limit:g} s")
        self._machine.world.write_journal(
            Run(
                machine=self._machine.name, script=entry.script, status=status, via=entry.via, session=entry.session
            ).to_data()
        )
        return status

    def _wait_status(self, until: float) -> int | None:
        said = b""
        while not said.endswith(b"\0"):
            ready = wait_readable([self._done.fileno(), self._process.fileno()], until)
            if not ready:
                return None
            data = self._done.read(64) if self._done.fileno() in ready else b""
            if not data:  # the line was `exit`
                self.ended = True
                ended = self._process.wait(_GONE)
                return ended[0] if ended else None
            said += data
        return int(said[:-1]) if said[:-1].isdigit() else None

    def _end(self, patience: float) -> None:
        self.ended = True
        if self._lines.closed:
            return
        self._lines.close()
        self._process.wait(patience)
        self._process.close()
        self._done.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end(_GONE)
