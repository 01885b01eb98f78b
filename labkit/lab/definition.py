"""lab.toml as frozen dataclasses: what exists in a lab, what it needs, what it asks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.errors import UsageError
from labkit.fabric.topology import Topology
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
class FaultPoints:
    """What the two checks of "something is broken" are worth, and their hints where the general ones don't do."""

    repaired: float = 2.0
    named: float = 2.0
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Equivalent:
    """Mutants (a glob on their label) that leave the network right, and why."""

    mutant: str
    reason: str


@dataclass(frozen=True)
class Definition:
    """A lab as one student gets it."""

    name: str
    title: str
    minutes: int
    topology: Topology
    variant: Variant
    within: float = WITHIN
    builds_on: tuple[str, ...] = ()
    needs: Needs = field(default_factory=Needs)
    imitated: tuple[str, ...] = ()  # what stands in for the real thing, and why
    start: tuple[StartCommand, ...] = ()
    questions: tuple[Question, ...] = ()
    fault_points: FaultPoints = field(default_factory=FaultPoints)
    equivalent: tuple[Equivalent, ...] = ()


def read_definition(folder: Path, student: str | None = None) -> Definition:
    """Read lab.toml of a lab's folder; without a student, the values of `[values]`."""
    try:
        data = tomllib.loads((folder / "lab.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"labs/{folder.name}/lab.toml can't be read: {error}", hint="labkit list shows the labs"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"labs/{folder.name}/lab.toml is not TOML: {error}", hint="see https://toml.io") from error
    return parse_definition(folder, data, student)


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
            within=table.take("within", float, WITHIN),
            builds_on=table.take_texts("builds_on"),
            variant=variant,
            imitated=table.take_texts("imitated"),
            needs=_parse_needs(table.take_table("needs")),
            topology=parse_topology(table, folder / "files", variant.values),
            start=tuple(_parse_start(row) for row in table.take_tables("start")),
            questions=tuple(parse_question(row) for row in table.take_tables("question")),
            fault_points=_parse_fault_points(table.take_table("fault")),
            equivalent=tuple(_parse_equivalent(row) for row in table.take_tables("equivalent")),
        )
        _check_whole(definition)
    return definition


def _check_whole(definition: Definition) -> None:
    machines = {machine.name for machine in definition.topology.machines}
    for command in definition.start:
        if command.machine not in machines:
            raise UsageError(
                f"start: there is no machine {command.machine}", hint=f"known: {', '.join(sorted(machines))}"
            )
    ids = [question.id for question in definition.questions]
    for twice in {name for name in ids if ids.count(name) > 1}:
        raise UsageError(f"question id {twice}: there twice", hint="every id exists once")
    if definition.within <= 0:
        raise UsageError(f"within is {definition.within}", hint="seconds, more than 0")


def _parse_needs(table: Table) -> Needs:
    with table:
        return Needs(table.take_texts("kernel"), table.take_texts("programs"))


def _parse_start(table: Table) -> StartCommand:
    with table:
        return StartCommand(table.take("machine", str), table.take("run", str))


def _parse_fault_points(table: Table) -> FaultPoints:
    with table:
        return FaultPoints(
            table.take("repaired", float, 2.0), table.take("named", float, 2.0), table.take_texts("hints")
        )


def _parse_equivalent(table: Table) -> Equivalent:
    with table:
        return Equivalent(table.take("mutant", str), table.take("reason", str))
