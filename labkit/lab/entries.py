"""The kinds of entries a journal has: a class each. What is written is JSON, one object a line, and is read strictly."""

from __future__ import annotations

import dataclasses
import shlex
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from labkit.errors import JsonError, parse_json

VERSION: Final = 1  # of a line; one that says none is of the first
LATEST: Final = 1 << 34  # seconds since 1970: the year 2514
LARGEST: Final = 1 << 53  # what JSON's numbers are exact to
PRACTICE: Final = "practice"  # `via` of a solution that was run to be broken; nobody has read it
UNSAID: Final = ("time", "seconds")  # PID 1 adds them when it writes


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing done. `time`: seconds since 1970, of its end; `via`: the door it came through, "script" for what a script did itself.

    `status` and `seconds` are of what ran, where anything did.
    """

    kind: ClassVar[str]
    time: float = 0.0
    via: str = ""
    status: int | None = None
    seconds: float = 0.0

    def to_data(self) -> dict[str, Any]:
        """As it is given to PID 1 to be written; what is empty is left out."""
        usual = {each.name: each.default for each in dataclasses.fields(self)}
        data = {name: value for name, value in dataclasses.asdict(self).items() if name not in UNSAID}
        return {"kind": self.kind} | {
            name: value for name, value in data.items() if value not in ("", (), {}, None) and value != usual[name]
        }

    @property
    def deed(self) -> str:
        """What was done, in the words that did it."""
        return ""


@dataclass(frozen=True, kw_only=True)
class Beginning(Entry):
    """The world is as lab.toml says from here on."""


@dataclass(frozen=True, kw_only=True)
class Start(Beginning):
    """A new world."""

    kind = "start"


@dataclass(frozen=True, kw_only=True)
class Reset(Beginning):
    """Another world in its place."""

    kind = "reset"


@dataclass(frozen=True, kw_only=True)
class Change(Entry):
    """It may have changed the network."""


@dataclass(frozen=True, kw_only=True)
class Run(Change):
    """A command on a machine: `argv`, or `script` for bash.

    `session`: lines of one shell have the same; `unkept`: bytes that it read from its stdin and that are not in `stdin`.
    """

    kind = "run"
    machine: str
    argv: tuple[str, ...] = ()
    script: str = ""
    stdin: str = ""
    session: str = ""
    unkept: int = 0

    @property
    def deed(self) -> str:
        return " ⏎ ".join(self.script.strip().splitlines()) or shlex.join(self.argv)


@dataclass(frozen=True, kw_only=True)
class Solution(Change):
    """A solution of the lab's, by name, and the text that was run."""

    kind = "script"
    name: str
    script: str = ""

    @property
    def deed(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Break(Change):
    """A fault of the lab's was put in. `checks`: what turned red by it; `chosen`: the learner said which fault it should be."""

    kind = "break"
    name: str
    checks: tuple[str, ...] = ()
    chosen: bool = False

    @property
    def deed(self) -> str:
        return "one thing"  # which, is the learner's to find


@dataclass(frozen=True, kw_only=True)
class Plug(Change):
    """A pod was plugged in or out by the container runtime. `action`: add, del or unplug; `argv` as it was typed."""

    kind = "cni"
    machine: str
    action: str
    name: str
    capabilities: Mapping[str, Any] = field(default_factory=dict)
    argv: tuple[str, ...] = ()

    @property
    def deed(self) -> str:
        return shlex.join(self.argv)


@dataclass(frozen=True, kw_only=True)
class AnswerGiven(Entry):
    """What the learner said to a question. `given`: in seconds since 1970, the first time: a resume gives it again."""

    kind = "answer"
    id: str
    value: str
    given: float = 0.0

    @property
    def deed(self) -> str:
        return f"{self.id} {self.value}"


@dataclass(frozen=True, kw_only=True)
class Shown(Entry):
    """What a question is about was to be seen: from now on guess and truth may stand side by side."""

    kind = "shown"
    id: str

    @property
    def deed(self) -> str:
        return self.id


@dataclass(frozen=True, kw_only=True)
class HintGiven(Entry):
    """A hint was asked for."""

    kind = "hint"
    id: str

    @property
    def deed(self) -> str:
        return self.id


@dataclass(frozen=True, kw_only=True)
class Checked(Entry):
    """A check was made: its points, where they could be told, and the status of each check by id."""

    kind = "check"
    points: float | None = None
    max_points: float = 0.0
    checks: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> frozenset[str]:
        """Ids of the checks that were green."""
        return frozenset(name for name, status in self.checks.items() if status == "passed")

    @property
    def deed(self) -> str:
        return f"{'?' if self.points is None else format(self.points, 'g')} of {self.max_points:g} points"


@dataclass(frozen=True, kw_only=True)
class Trouble(Entry):
    """PID 1's own words: a fault of labkit's, with its trace, or a limit of this journal that was reached."""

    kind = "trouble"
    text: str

    @property
    def deed(self) -> str:
        return self.text


KINDS: Final = {
    each.kind: each for each in (Start, Reset, Run, Solution, Break, Plug, AnswerGiven, Shown, HintGiven, Checked, Trouble)
}  # fmt: skip


def parse_entry(line: bytes) -> Entry | None:
    """One line; None when it is torn or no entry. Keys that are not known are passed over; a line of a later version is Trouble."""
    try:
        data = parse_json(line, "a line of the journal")
    except JsonError:
        return None
    if not isinstance(data, dict):
        return None
    if data.get("version", VERSION) != VERSION:
        return Trouble(text=f"an entry of version {data['version']!r:.20}, which a later labkit wrote")
    return _parse_known(data)


def _parse_known(data: Mapping[str, Any]) -> Entry | None:
    kind = KINDS.get(str(data.get("kind", "")))
    if kind is None:
        return None
    hints = typing.get_type_hints(kind)
    known: dict[str, Any] = {each.name: data[each.name] for each in dataclasses.fields(kind) if each.name in data}
    if not all(_fits(value, hints[name]) for name, value in known.items()):
        return None
    if not 0 <= known.get("time", 0) < LATEST or known.get("seconds", 0) < 0:
        return None
    make: Callable[..., Entry] = kind
    try:
        return make(**{name: tuple(value) if isinstance(value, list) else value for name, value in known.items()})
    except TypeError:  # a key is missing
        return None


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value of JSON is what a field may hold: str, int, float or None, a list of texts, an object."""
    allowed = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    origins = {typing.get_origin(each) for each in allowed}
    if isinstance(value, list):
        return tuple in origins and all(isinstance(each, str) for each in value)
    if isinstance(value, dict):
        return Mapping in origins
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float if isinstance(value, float) or int not in allowed else int
        return number in allowed and abs(value) < LARGEST  # not a number, too, is not
    return type(value) in allowed
