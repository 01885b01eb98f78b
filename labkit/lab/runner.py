"""Running a lab's script against its world: bash inside the world, as the learner."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import LabkitError
from labkit.lab.entries import Solution
from labkit.world import Machine

PRELUDE = Path(__file__).with_name("prelude.sh")
TIMEOUT = 120.0  # seconds for a whole solution
OUTPUT_SHOWN = 400  # characters of a failing script's own words


class ScriptError(LabkitError):
    """A command of a script failed; the message names step and command, ready to paste. `undo` as in Outcome."""

    undo: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """A script to run: its name, its text without the prelude; whether it gets an entry in the journal, and `via` which door."""

    name: str
    text: str
    journal: bool = True
    via: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a script left: its answers in order, the commands it named that take back what it did, and its output."""

    answers: tuple[tuple[str, str], ...]
    undo: tuple[str, ...]
    stdout: str
    stderr: str
    seconds: float

    def __add__(self, other: Outcome) -> Outcome:
        """One after the other."""
        return Outcome(
            self.answers + other.answers, self.undo + other.undo, self.stdout + other.stdout,
            self.stderr + other.stderr, self.seconds + other.seconds,
        )  # fmt: skip


def run_script(machine: Machine, job: Job, *, timeout: float = TIMEOUT) -> Outcome:
    """Run a script in the world of `machine` and wait for its end. Raises ScriptError when a command fails."""
    with contextlib.ExitStack() as stack:
        said, out, err = (stack.enter_context(_memory()) for _ in range(3))
        null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        stack.callback(os.close, null)
        process = machine.start_process(
            f"{PRELUDE.read_text(encoding='utf-8')}\n{job.text}",
            standard=(null, out, err),
            passed={"LK_ANSWERS": said},
            namespaces=True,
            journal=Solution(name=job.name, script=job.text, via=job.via).to_data() if job.journal else None,
        )
        stack.callback(process.close)
        ended = process.wait(timeout)
        lines = [line.split("\t") for line in _read(said).splitlines()]
        if ended is None:
            raise ScriptError(
                f"{job.name} did not end within {timeout:g} s", hint="a command in it waits for something"
            )
        undo = tuple(words[1] for words in lines if words[0] == "undo")
        if ended[0]:
            error = _explain(job.name, ended[0], lines, _read(err))
            error.undo = undo
            raise error
        answers = tuple((words[1], words[2]) for words in lines if words[0] == "answer")
        return Outcome(answers, undo, _read(out), _read(err), ended[1])


def _explain(name: str, status: int, lines: Sequence[Sequence[str]], stderr: str) -> ScriptError:
    own = " ".join(stderr.split())[-OUTPUT_SHOWN:]
    for words in lines:
        if words[0] == "failed":
            step = f", step {words[1]}" if words[1] else ""
            return ScriptError(
                f"{name}{step}: {words[3].strip()}: status {words[2]}: {own}", hint=_suggest(words[3].strip())
            )
    return ScriptError(f"{name}: status {status}: {own}", hint="bash itself stopped: see the line it names")


def _suggest(command: str) -> str:
    typed = re.sub(r"^on (\S+) ", r"labkit exec \1 -- ", command)
    return f"to see it: {typed}"


@contextlib.contextmanager
def _memory() -> Iterator[int]:
    """A file in memory for output: never full, never blocking."""
    descriptor = os.memfd_create("labkit-script", os.MFD_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> str:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")
