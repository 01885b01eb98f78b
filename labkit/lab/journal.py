"""The journal: what was done in a lab's world, in order, one JSON object a line; and what follows from it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.lab.course import find_state_folder

BEGINNINGS = ("start", "reset")  # entries after which the world is as lab.toml says
CHANGES = ("run", "script", "break", "cni")
WORK = (*CHANGES, "answer")


@dataclass(frozen=True)
class Entry:
    """One thing done. `kind`: start, reset, run, script, answer, break, hint or cni; `time` in seconds since 1970.

    run: machine, argv or script, status, seconds. script: name and its text in `script`. answer and hint: id, value.
    break: name and text of the fault. cni: what labkit.cni did on a node: id (add, del, unplug), the pod's name, what it
    wished for as JSON in value; argv as it was typed. `via`: the door it came through; what a script did itself comes via "script".
    """

    kind: str = "run"
    time: float = 0.0
    machine: str = ""
    argv: tuple[str, ...] = ()
    script: str = ""
    stdin: str = ""
    name: str = ""
    id: str = ""
    value: str = ""
    status: int | None = None
    seconds: float = 0.0
    via: str = ""

    def to_data(self) -> dict[str, Any]:
        """As it is written; what is empty is left out, the time is PID 1's to add."""
        data = dataclasses.asdict(self)
        return {
            key: value for key, value in data.items() if value not in ("", (), None) and key not in ("time", "seconds")
        }


@dataclass(frozen=True)
class State:
    """What follows from the journal. `tries`: for fault.cause and fault.where, every different answer about `tried`."""

    answers: dict[str, str] = field(default_factory=dict)
    fault: str | None = None
    tried: str | None = None
    tries: dict[str, tuple[str, ...]] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)


def plan_path(lab: str, student: str | None) -> Path:
    """Where the journal of a lab lies: the user's state folder."""
    name = f"{lab}.{student}" if student else lab
    return find_state_folder() / "journals" / f"{name}.jsonl"


def mend_journal(path: Path) -> None:
    """End a line that was torn when the power went, so that what follows is not lost with it."""
    if path.exists() and (data := path.read_bytes()) and not data.endswith(b"\n"):
        with path.open("ab") as file:
            file.write(b"\n")


def read_journal(path: Path) -> list[Entry]:
    """All entries; [] when there is no journal. A torn line is left out."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    return [entry for line in lines if (entry := parse_entry(line)) is not None]


def parse_entry(line: bytes) -> Entry | None:
    """One line; None when it is not whole. Keys of later versions are passed over."""
    try:
        data = json.loads(line)
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    known = {each.name for each in dataclasses.fields(Entry)}
    fields = {key: value for key, value in data.items() if key in known}
    return Entry(**fields | {"argv": tuple(fields.get("argv", ()))})


def is_touched(entries: Sequence[Entry]) -> bool:
    """Whether anything was done since the world began."""
    kinds = [entry.kind for entry in entries]
    return any(kind in CHANGES for kind in kinds[_find_beginning(kinds) :])


def _find_beginning(kinds: Sequence[str]) -> int:
    return max((i for i, kind in enumerate(kinds) if kind in BEGINNINGS), default=0)


def find_last_work(entries: Sequence[Entry]) -> list[Entry]:
    """What was done in the last world in which anything was done: what --resume replays."""
    segments: list[list[Entry]] = [[]]
    for entry in entries:
        if entry.kind in BEGINNINGS:
            segments.append([])
        segments[-1].append(entry)
    for segment in reversed(segments):
        if work := [entry for entry in segment if entry.kind in WORK]:
            return work
    return []


def read_state(entries: Iterable[Entry]) -> State:
    """Fold the journal: answers count since the world began; tries since this fault came first, resets included."""
    state = State()
    for entry in entries:
        state = _step(state, entry)
    return state


def _step(state: State, entry: Entry) -> State:
    change = dataclasses.replace
    match entry.kind:
        case "start" | "reset":
            return change(state, answers={}, fault=None)
        case "break" if not entry.status:
            # a solution shows everything and so begins afresh; the same fault put in once more does not
            same = entry.name == state.tried and entry.via != "script"
            return change(state, fault=entry.name, tried=entry.name, tries=state.tries if same else {})
        case "answer":
            tries = _count_try(state, entry) if entry.id.startswith("fault.") else state.tries
            return change(state, answers=state.answers | {entry.id: entry.value}, tries=tries)
        case "hint":
            return change(state, hints=state.hints | {entry.id: state.hints.get(entry.id, 0) + 1})
    return state


def _count_try(state: State, entry: Entry) -> dict[str, tuple[str, ...]]:
    """Running a cell again with the same answer is no further try."""
    earlier = state.tries.get(entry.id, ())
    return state.tries | {entry.id: earlier if earlier[-1:] == (entry.value,) else (*earlier, entry.value)}
