"""How far somebody is with a lab, from its journal: which checks were green, which guesses fitted, how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from labkit.check.fault import NAMED, REPAIRED, list_checks
from labkit.check.register import LEVELS, Check
from labkit.check.verdict import Status
from labkit.errors import UsageError
from labkit.lab.definition import Definition
from labkit.lab.entries import AnswerGiven, Change, Checked, Entry
from labkit.lab.journal import State, read_state

PAUSE: Final = 600.0  # seconds without anything done: from then on somebody is away


@dataclass(frozen=True)
class Progress:
    """`points` of `max_points`: the best check of all. `passed` of `core`: checks that were green in one check at the same time.

    `right` of `guessed`: first guesses; `asked`: what could be guessed. `seconds` at work; `last`: seconds since 1970, 0.0 for never.
    """

    lab: str
    points: float = 0.0
    max_points: float = 0.0
    passed: int = 0
    core: int = 0
    right: int = 0
    guessed: int = 0
    asked: int = 0
    seconds: float = 0.0
    last: float = 0.0
    solution: bool = False

    @property
    def done(self) -> bool:
        """Everything of the core was green at once."""
        return 0 < self.core == self.passed

    @property
    def begun(self) -> bool:
        return self.last > 0


def read_progress(definition: Definition, entries: Sequence[Entry]) -> Progress:
    """Of one lab, from all entries of its journal."""
    checks = list_checks(definition)
    core = {check.id for check in checks if check.level == "core"}
    checked = [entry for entry in entries if isinstance(entry, Checked)]
    right, guessed = _count_guesses(definition, entries)
    deeds = [entry.time for entry in entries if isinstance(entry, Change | AnswerGiven | Checked)]
    return Progress(
        lab=definition.name,
        points=max((entry.points or 0.0 for entry in checked), default=0.0),
        max_points=sum(check.points for check in checks),
        passed=max((len(core & entry.passed) for entry in checked), default=0),
        core=len(core),
        right=right,
        guessed=guessed,
        asked=len(_list_guessable(definition)),
        seconds=sum(later - before for before, later in pairwise(sorted(deeds)) if later - before < PAUSE),
        last=max(deeds, default=0.0),
        solution=read_state(entries).seen,
    )


def find_later(checks: Sequence[Check], statuses: Mapping[str, Status], state: State) -> frozenset[str]:
    """Ids of the checks that nobody has got to yet: of the core those behind the first one that was never green, of what is more
    all until one was green; those about the fault until something is broken.
    """
    green = state.green | {name for name, status in statuses.items() if status is Status.PASSED}
    fault = [] if state.fault else [REPAIRED, NAMED]
    later = {name for level in LEVELS for name in _list_ahead(checks, level, green)}.union(fault)
    return frozenset(name for name in later if statuses.get(name) in (Status.FAILED, Status.SKIPPED))


def _list_ahead(checks: Sequence[Check], level: str, green: frozenset[str]) -> list[str]:
    own = [check.id for check in checks if check.level == level and check.id not in (REPAIRED, NAMED)]
    reached = 1 + max((at for at, name in enumerate(own) if name in green), default=-1)
    return own[reached + 1 if reached or level == "core" else 0 :]


def _list_guessable(definition: Definition) -> list[str]:
    return [question.id for question in definition.questions if not question.graded]


def _count_guesses(definition: Definition, entries: Sequence[Entry]) -> tuple[int, int]:
    """First guesses that fitted, and all first guesses; what a question does not take any more counts as a guess."""
    first: dict[str, str] = {}
    for entry in entries:
        if isinstance(entry, AnswerGiven) and entry.via != "script":
            first.setdefault(entry.id, entry.value)
    guesses = [(question, first[question.id]) for question in definition.questions if question.id in first]
    open_ones = [(question, value) for question, value in guesses if not question.graded]
    right = 0
    for question, value in open_ones:
        try:
            right += bool(question.judge(value).right)
        except UsageError:  # the lesson has changed since
            continue
    return right, len(open_ones)
