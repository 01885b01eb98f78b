"""A program in the background, as a value; and the wish for one, as lab.toml and the command line say it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from labkit.daemons import PROGRAMS
from labkit.errors import UsageError

Value = str | int


@dataclass(frozen=True)
class Listens:
    """Ready when a process of the machine listens on this TCP port."""

    port: int


@dataclass(frozen=True)
class Exists:
    """Ready when this file is there; one that an earlier run left is removed before the start."""

    path: str


@dataclass(frozen=True)
class Answers:
    """Ready when this machine says 200 to a GET of `path` at this port, with what the pattern `says` finds.

    `tls`: any certificate will do, it is asked of ourselves.
    """

    port: int
    path: str
    tls: bool = True
    says: str = ""


@dataclass(frozen=True)
class Succeeds:
    """Ready when this command ends with status 0."""

    argv: tuple[str, ...]


Ready = Listens | Exists | Answers | Succeeds


@dataclass(frozen=True)
class Daemon:
    """`files`: path -> text, written before the start. `ready`: what shows that it serves. `seconds`: how long that may take.

    `environment`: besides what it gets from its starter.
    `pid_file`: where it leaves its number, if it does; `detaches`: it goes into the background by itself, after it is ready.
    """

    name: str
    argv: tuple[str, ...]
    ready: Ready
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    pid_file: str = ""
    detaches: bool = False
    seconds: float = 10.0

    @property
    def log(self) -> str:
        """The file that it writes into."""
        return f"/var/log/{self.name}.log"


def plan_argv(program: str, options: Mapping[str, object], wish: Wish) -> tuple[str, ...]:
    """A program that takes `--name=value`, as etcd's and Kubernetes' do; the wish's own words have the last word."""
    return (program, *(f"--{name}={value}" for name, value in options.items()), *wish.arguments)


def limit_memory(mebibytes: Value) -> dict[str, str]:
    """Environment of a program in Go: it tidies up hardly ever while it needs less than this, and so starts in less time; where it needs
    more, the limit grows (programs/memory.go, docs/measurements.md).
    """
    return {"GOGC": "400", "GOMEMLIMIT": f"{mebibytes}MiB"}


@dataclass(frozen=True)
class Wish:
    """A daemon as it is asked for. `values`: of the program's own (each file of this room names them); `arguments`: words of its command line."""

    program: str
    name: str
    values: Mapping[str, Value] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()

    def render_words(self) -> list[str]:
        """As the command `daemon start` takes it."""
        name = [] if self.name == self.program else [f"name={self.name}"]
        values = [f"{key}={value}" for key, value in self.values.items()]
        return [self.program, *name, *values, *(["--", *self.arguments] if self.arguments else [])]


@dataclass(frozen=True)
class Program:
    """What a file of this room offers as PROGRAM: `values` with their defaults, and the daemon made of a wish that has all of them."""

    plan: Callable[[Wish], Daemon]
    values: Mapping[str, Value] = field(default_factory=dict)


def plan_daemon(wish: Wish) -> Daemon:
    """The daemon that is wished for. Raises UsageError: a program, or a value, that is not known."""
    if wish.program not in PROGRAMS:
        raise UsageError(f"no daemon {wish.program!r} is known", hint=f"known: {', '.join(sorted(PROGRAMS))}")
    program: Program = importlib.import_module(PROGRAMS[wish.program]).PROGRAM
    values = {key: _convert(wish.program, key, value, program.values) for key, value in wish.values.items()}
    return program.plan(Wish(wish.program, wish.name, {**program.values, **values}, wish.arguments))


def _convert(program: str, key: str, value: object, known: Mapping[str, Value]) -> Value:
    if key not in known:
        raise UsageError(f"{program} has no value {key!r}", hint=f"it has: {', '.join(known) or 'none'}")
    wanted = type(known[key])
    if wanted is int and isinstance(value, str) and value.isdecimal():
        return int(value)
    if type(value) in (int, str) and wanted is str:
        return str(value)
    if type(value) is wanted:
        return value
    raise UsageError(
        f"{program}: {key} is {value!r}", hint="a number is expected" if wanted is int else "text is expected"
    )


def parse_values(words: Sequence[str]) -> dict[str, Value]:
    """KEY=VALUE each. Raises UsageError."""
    values: dict[str, Value] = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not sign:
            raise UsageError(
                f"{word!r} is no value", hint="KEY=VALUE, as in port=8080; what follows -- goes to the program"
            )
        values[key] = value
    return values
