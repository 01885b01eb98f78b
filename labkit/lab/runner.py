"""Running a lab's script against its world: bash inside the world, as the learner."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import LabkitError
from labkit.lab.journal import Entry
from labkit.lab.script import Fault
from labkit.world import Machine

PRELUDE = Path(__file__).with_name("prelude.sh")
TIMEOUT = 120.0  # seconds for a whole solution
OUTPUT_SHOWN = 400  # characters of a failing script's own words


class ScriptError(LabkitError):
    """A command of a script failed; the message names step and command, ready to paste."""


@dataclass(frozen=True)
class Order:
    """A script to run: its text without the prelude, the fault that `break_something` puts in; `kind` for the journal."""

    name: str
    text: str
    fault: Fault | None = None
    kind: str = "script"
    via: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a script left: its answers in order, the fault it put in, and its output."""

    answers: tuple[tuple[str, str], ...]
    fault: str | None
    stdout: str
    stderr: str
    seconds: float


def run_script(machine: Machine, order: Order, *, timeout: float = TIMEOUT) -> Outcome:
    """Run a script in the world of `machine` and wait for its end. Raises ScriptError when a command fails."""
    with contextlib.ExitStack() as stack:
        said, out, err = (stack.enter_context(_memory()) for _ in range(3))
        null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        stack.callback(os.close, null)
        whole = f"{_render_break(order.fault)}\n{order.text}"
        process = machine.start_process(
            f"{PRELUDE.read_text(encoding='utf-8')}\n{whole}",
            standard=(null, out, err),
            passed={"LK_ANSWERS": said},
            namespaces=True,
            environment={"LK_NODES": " ".join(each.name for each in machine.world.machines() if each.kind == "node")},
            journal=Entry(kind=order.kind, name=order.name, script=whole, via=order.via).to_data(),
        )
        stack.callback(process.close)
        ended = process.wait(timeout)
        lines = [line.split("\t") for line in _read(said).splitlines()]
        if ended is None:
            raise ScriptError(
                f"{order.name} did not end within {timeout:g} s", hint="a command in it waits for something"
            )
        if ended[0]:
            raise _explain(order.name, ended[0], lines, _read(err))
        answers = tuple((words[1], words[2]) for words in lines if words[0] == "answer")
        faults = [words[1] for words in lines if words[0] == "fault"]
        return Outcome(answers, faults[-1] if faults else None, _read(out), _read(err), ended[1])


def _render_break(fault: Fault | None) -> str:
    if fault is None:
        return ""
    return f"break_something() {{\n(\n{fault.text}\n)\nprintf 'fault\\t{fault.name}\\n' >&\"$LK_ANSWERS\"\n}}"


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
