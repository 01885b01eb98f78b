"""lab.toml as frozen dataclasses: what exists in a lab, what it needs, what it asks."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.cluster.values import Cluster
from labkit.daemons.daemon import Wish, plan_daemon
from labkit.errors import UsageError
from labkit.fabric.topology import Topology
from labkit.lab.cluster_fields import parse_cluster
from labkit.lab.fabric_fields import parse_topology
from labkit.lab.fields import Table
from labkit.lab.question import Question, parse_question
from labkit.lab.templates import render_tree
from labkit.lab.variant import Variant, plan_variant

WITHIN = 3.0  # seconds in which all checks of a lab are answered, unless lab.toml says more


@dataclass(frozen=True)
class Needs:
    """What must be there: kernel features by doctor's names, programs by theirs."""

    kernel: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()


@dataclass(frozen=True)
class StartCommand:
    """A command (bash) that belongs to the start state."""

    machine: str
    run: str


@dataclass(frozen=True)
class StartDaemon:
    """A program in the background of a machine, that belongs to the start state."""

    machine: str
    wish: Wish


@dataclass(frozen=True)
class FaultPoints:
    """What the two checks of "something is broken" are worth, and their hints where the general ones don't do."""

    repaired: float = 2.0
    named: float = 2.0
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Equivalent:
    """Mutants (a glob on their label) that leave the network right, and why. `either`: for a while; who asks later sees it."""

    mutant: str
    reason: str
    either: bool = False


@dataclass(frozen=True)
class Definition:
    """A lab as one student gets it. Minutes are those of the core: of a fluent reader, and of one in a second language."""

    name: str
    title: str
    minutes: int
    topology: Topology
    variant: Variant
    slow_minutes: int | None = None
    learnt: str = ""  # what somebody can do who has done it
    within: float = WITHIN
    settles: float = WITHIN  # seconds that a network of this lab may need to come to rest, on a busy computer, too
    builds_on: tuple[str, ...] = ()
    needs: Needs = field(default_factory=Needs)
    imitated: tuple[str, ...] = ()  # what stands in for the real thing, and why
    cluster: Cluster | None = None
    daemons: tuple[StartDaemon, ...] = ()
    start: tuple[StartCommand, ...] = ()
    questions: tuple[Question, ...] = ()
    fault_points: FaultPoints = field(default_factory=FaultPoints)
    equivalent: tuple[Equivalent, ...] = ()
    apart: tuple[tuple[str, str], ...] = ()  # who need not reach whom: names of machines, kinds, or *


def read_definition(folder: Path, student: str | None = None) -> Definition:
    """Read lab.toml of a lab's folder; without a student, the values of `[values]`."""
    data = _read_toml(folder / "lab.toml", "labkit list shows the labs")
    with Table({"shared": data.pop("shared", [])}, f"labs/{folder.name}/lab.toml") as table:
        for name in table.take_texts("shared"):
            data = _lay_over(_read_shared(folder.parent / "shared" / f"{name}.toml"), data)
    return parse_definition(folder, data, student)


def _read_shared(path: Path) -> dict[str, Any]:
    """What labs share: values, and how they vary."""
    hint = "shared = names of files in labs/shared"
    if not re.fullmatch("[a-z0-9-]{1,40}", path.stem) or path.parent.name != "shared":
        raise UsageError(f"there is nothing shared called {path.stem[:40]!r}", hint=hint)
    data = _read_toml(path, hint)
    with Table(data, f"labs/shared/{path.name}") as table:
        return {key: table.take(key, dict, {}) for key in ("values", "vary")}


def _lay_over(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The lab has the last word, table by table; the order of its values stays, for they are worked out from top to bottom."""
    both = {
        key: _lay_over(shared[key], value) if isinstance(value, dict) and isinstance(shared.get(key), dict) else value
        for key, value in own.items()
    }
    return {key: value for key, value in shared.items() if key not in own} | both


def _read_toml(path: Path, hint: str) -> dict[str, Any]:
    where = f"labs/{path.parent.name}/{path.name}"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{where} can't be read: {error}", hint=hint) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{where} is not TOML: {error}", hint="see https://toml.io") from error


def parse_definition(folder: Path, data: Mapping[str, Any], student: str | None) -> Definition:
    """The same from data: draw the student's values, put them in, check every key."""
    where = f"labs/{folder.name}/lab.toml"
    variant = plan_variant(folder.name, data, student)
    rest = {key: value for key, value in data.items() if key not in ("values", "vary")}
    with Table(render_tree(rest, variant.values, where=where), where) as table:
        definition = Definition(
            name=folder.name,
            title=table.take("title", str),
            minutes=table.take("minutes", int),
            slow_minutes=table.take_optional("slow_minutes", int),
            learnt=table.take("learnt", str, ""),
            within=(within := table.take("within", float, WITHIN)),
            settles=table.take("settles", float, within),
            builds_on=table.take_texts("builds_on"),
            variant=variant,
            imitated=table.take_texts("imitated"),
            topology=(topology := parse_topology(table, folder / "files", variant.values)),
            cluster=(
                cluster := parse_cluster(
                    table.take_optional_table("cluster"), topology, folder / "files", variant.values
                )
            ),
            needs=_parse_needs(table.take_table("needs"), cluster),
            daemons=tuple(_parse_daemon(row) for row in table.take_tables("daemon")),
            start=tuple(_parse_start(row) for row in table.take_tables("start")),
            questions=tuple(parse_question(row) for row in table.take_tables("question")),
            fault_points=_parse_fault_points(table.take_table("fault")),
            equivalent=tuple(_parse_equivalent(row) for row in table.take_tables("equivalent")),
            apart=_parse_apart(table.take_table("matrix")),
        )
        _check_whole(definition)
    return definition


def _check_whole(definition: Definition) -> None:
    machines = {machine.name for machine in definition.topology.machines}
    places = [
        *(("start", each.machine) for each in definition.start),
        *(("daemon", each.machine) for each in definition.daemons),
    ]
    for key, machine in places:
        if machine not in machines:
            raise UsageError(f"{key}: there is no machine {machine}", hint=f"known: {', '.join(sorted(machines))}")
    names = [f"{each.machine}/{each.wish.name}" for each in definition.daemons]
    for twice in {name for name in names if names.count(name) > 1}:
        raise UsageError(f"daemon {twice}: there twice", hint="give one of them a name")
    ids = [question.id for question in definition.questions]
    for twice in {name for name in ids if ids.count(name) > 1}:
        raise UsageError(f"question id {twice}: there twice", hint="every id exists once")
    for name, seconds in (("within", definition.within), ("settles", definition.settles)):
        if seconds <= 0:
            raise UsageError(f"{name} is {seconds}", hint="seconds, more than 0")


def _parse_needs(table: Table, cluster: Cluster | None) -> Needs:
    """A cluster's programs are built together: one name stands for all."""
    with table:
        kubectl = ("kubectl",) if cluster else ()
        return Needs(table.take_texts("kernel"), (*table.take_texts("programs"), *kubectl))


def _parse_apart(table: Table) -> tuple[tuple[str, str], ...]:
    with table:
        pairs = table.take("apart", list, [])
        for pair in pairs:
            if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(word, str) for word in pair)):  # noqa: PLR2004 - a pair
                raise UsageError(
                    f"apart has {pair!r}", hint='pairs: apart = [["router1", "pod"]]; names of machines, kinds, or "*"'
                )
        return tuple((src, dst) for src, dst in pairs)


def _parse_start(table: Table) -> StartCommand:
    with table:
        return StartCommand(table.take("machine", str), table.take("run", str))


def _parse_daemon(table: Table) -> StartDaemon:
    """Its program and values are known, or that is an error here."""
    with table:
        program = table.take("program", str)
        wish = Wish(
            program, table.take("name", str, program), table.take("values", dict, {}),
            _split_words(table.take("arguments", str, "")),
        )  # fmt: skip
        plan_daemon(wish)
        return StartDaemon(table.take("machine", str), wish)


def _split_words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"arguments {text!r}: {error}", hint="words as a shell takes them") from error


def _parse_fault_points(table: Table) -> FaultPoints:
    with table:
        return FaultPoints(
            table.take("repaired", float, 2.0), table.take("named", float, 2.0), table.take_texts("hints")
        )


def _parse_equivalent(table: Table) -> Equivalent:
    with table:
        return Equivalent(
            table.take("mutant", str), table.take("reason", str), table.take("either", bool, default=False)
        )
