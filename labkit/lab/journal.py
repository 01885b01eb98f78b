"""The journal: what was done in a lab's world, in order; where it lies, and what follows from it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from labkit.errors import UsageError
from labkit.lab.entries import (
    PRACTICE,
    AnswerGiven,
    Beginning,
    Break,
    Change,
    Checked,
    Entry,
    HintGiven,
    Shown,
    Solution,
    Trouble,
    parse_entry,
)
from labkit.lab.looking import is_work
from labkit.lab.variant import STUDENT
from labkit.state import ensure_state_folder, find_state_folder, open_own, open_regular
from labkit.world import find_realm

MAX_READ: Final = 16 * 1024 * 1024  # bytes; PID 1 stops at half of it
MAX_BEGUN: Final = 4 * 1024 * 1024  # bytes; a longer one is put aside when a world begins, so that there is room


@dataclass(frozen=True)
class State:
    """What follows from the journal.

    `fault`: what is broken in this world, `chosen` by the learner or not; `tried`: the last one, in earlier worlds too. `tries`: for
    fault.cause and fault.where, every different answer about it, for a question every one that a learner ever gave, or the solution
    in this world; `spent`: the same of every fault and question that a learner had before.
    `shown`: questions whose truth was to be seen in this world. `green`: checks that passed in it at some time. `hints`: how often each was asked for; `solved`: a solution was run in this world, `seen`: in any. `counted`: what was given when.
    """

    answers: dict[str, str] = field(default_factory=dict)
    fault: str | None = None
    chosen: bool = False
    tried: str | None = None
    tries: dict[str, tuple[str, ...]] = field(default_factory=dict)
    spent: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()
    green: frozenset[str] = frozenset()
    hints: dict[str, int] = field(default_factory=dict)
    solved: bool = False
    seen: bool = False
    counted: frozenset[tuple[str, str, str, float]] = frozenset()


def plan_path(lab: str, student: str | None) -> Path:
    """Where the journal of a lab lies: the user's state folder, a folder for each realm."""
    name = f"{lab}.{student}" if student else lab
    return find_state_folder() / "journals" / find_realm() / f"{name}.jsonl"


def list_students() -> list[str | None]:
    """Who has a journal of some lab here, who did something last first; nobody in particular (None) is always among them."""
    names: dict[str, float] = {"": 0.0}
    for path in plan_path("any", None).parent.glob("*.jsonl"):
        name = path.stem.partition(".")[2]
        if not name or STUDENT.fullmatch(name):
            names[name] = max(names.get(name, 0.0), path.lstat().st_mtime)
    return [name or None for name in sorted(names, key=lambda name: -names[name])]


def ensure_journal(path: Path) -> None:
    """Its folder is there and, below the state folder, closed to others; a line that was torn when the power went is ended.

    So that what follows is not lost with the torn one. Raises UsageError.
    """
    if path.is_relative_to(find_state_folder()):
        ensure_state_folder(*path.parent.relative_to(find_state_folder()).parts)
    # a journal that can't be had at all is said when the world is started with it
    with contextlib.suppress(OSError), os.fdopen(open_own(path, os.O_RDWR | os.O_APPEND), "r+b", buffering=0) as file:
        if (size := file.seek(0, os.SEEK_END)) and os.pread(file.fileno(), 1, size - 1) != b"\n":
            file.write(b"\n")
        if size > MAX_BEGUN:
            path.replace(path.with_suffix(".old"))


def read_journal(path: Path) -> list[Entry]:
    """All entries; [] when there is no journal. What is no entry is Trouble that says so; a torn last line is left out.

    The journal may be somebody else's: nothing in it is trusted. Raises UsageError when it can't be read at all.
    """
    try:
        with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
            data = file.read(MAX_READ + 1)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UsageError(
            f"the journal {path} can't be read: {error.strerror}", hint="it has to be a plain file"
        ) from error
    if len(data) > MAX_READ:
        raise UsageError(f"the journal {path} is longer than {MAX_READ} bytes", hint="labkit writes none of that size")
    *lines, torn = data.split(b"\n")
    entries = [parse_entry(line) or Trouble(text=f"line {number} is no entry") for number, line in enumerate(lines, 1)]
    return [*entries, *filter(None, [parse_entry(torn)])]


def split_worlds(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The entries of each world the journal tells of, a beginning first in each but perhaps the oldest."""
    worlds: list[list[Entry]] = [[]]
    for entry in entries:
        if isinstance(entry, Beginning):
            worlds.append([])
        worlds[-1].append(entry)
    return worlds


def is_touched(entries: Sequence[Entry]) -> bool:
    """Whether anything was done since the world began."""
    return any(isinstance(entry, Change) for entry in split_worlds(entries)[-1])


def is_worked_in(entries: Sequence[Entry]) -> bool:
    """Whether the network that runs may have been changed since it began; looking at it is no work."""
    return any(is_work(entry) for entry in split_worlds(entries)[-1])


def count_deeds(work: Iterable[Entry]) -> int:
    """Commands, answers and the like among the entries: what a person would call things done."""
    return sum(isinstance(entry, Change | AnswerGiven) and entry.via != "script" for entry in work)


def find_last_work(entries: Sequence[Entry]) -> list[Entry]:
    """What was done in the last world in which anything was changed, else answered: what --resume replays. Practice is not."""
    worlds = [world for world in reversed(split_worlds(entries)) if not any(map(_is_practice, world))]
    worked = next((world for world in worlds if any(map(is_work, world))), None)
    answered = next((world for world in worlds if any(isinstance(entry, AnswerGiven) for entry in world)), [])
    return [entry for entry in worked or answered if isinstance(entry, Change | AnswerGiven | Shown)]


def _is_practice(entry: Entry) -> bool:
    return isinstance(entry, Solution) and entry.via == PRACTICE


def read_state(entries: Iterable[Entry]) -> State:
    """Fold the journal: answers count since the world began; tries since a fault came first, resets and other faults included."""
    state = State()
    for entry in entries:
        state = _step(state, entry)
    return state


def _step(state: State, entry: Entry) -> State:
    change = dataclasses.replace
    match entry:
        case Beginning():
            tries = _pick_tries(state, about_fault=True)
            return change(
                state, answers={}, shown=frozenset(), green=frozenset(), fault=None, solved=False, tries=tries
            )
        case Solution() if entry.via != PRACTICE:
            return change(state, solved=True, seen=True)
        case Break() if not entry.status:
            tries = {} if entry.via == "script" else state.spent.get(entry.name, {})
            tries = _pick_tries(state, about_fault=False) | tries
            return change(state, fault=entry.name, chosen=entry.chosen, tried=entry.name, tries=tries)
        case AnswerGiven():
            return _count_try(change(state, answers=state.answers | {entry.id: entry.value}), entry)
        case Shown() | HintGiven() | Checked():
            return _note_seen(state, entry)
    return state


def _note_seen(state: State, entry: Shown | HintGiven | Checked) -> State:
    if isinstance(entry, Checked):
        return dataclasses.replace(state, green=state.green | entry.passed)
    if isinstance(entry, Shown):
        return dataclasses.replace(state, shown=state.shown | {entry.id})
    return dataclasses.replace(state, hints=state.hints | {entry.id: state.hints.get(entry.id, 0) + 1})


def _count_try(state: State, entry: AnswerGiven) -> State:
    """Running a cell again with the same answer is no further try; a solution's answers spend none of the learner's.

    Nor is one that a resume gives again; in another journal, a submission's, the same entry is the first.
    """
    topic, script = state.tried or "" if _is_about_fault(entry.id) else entry.id, entry.via == "script"
    stamp = (topic, entry.id, entry.value, entry.given or entry.time)
    own = state.spent.get(topic, {}).get(entry.id, ())
    if entry.given and stamp in state.counted:
        return dataclasses.replace(state, tries=state.tries | {entry.id: own})
    earlier = state.tries.get(entry.id, ()) if script else own
    counted = {entry.id: earlier if earlier[-1:] == (entry.value,) else (*earlier, entry.value)}
    spent = {} if script else {topic: state.spent.get(topic, {}) | counted}
    return dataclasses.replace(
        state, tries=state.tries | counted, spent=state.spent | spent, counted=state.counted | {stamp}
    )


def _pick_tries(state: State, *, about_fault: bool) -> dict[str, tuple[str, ...]]:
    return {name: given for name, given in state.tries.items() if _is_about_fault(name) is about_fault}


def _is_about_fault(name: str) -> bool:
    return name.startswith("fault.")
