"""Looking at many students' labs as data: all valid, all different, nothing that clashes."""

from __future__ import annotations

import functools
import ipaddress
import itertools
from collections.abc import Iterable
from pathlib import Path

from labkit.course.lesson import read_lesson_text
from labkit.errors import UsageError
from labkit.lab.definition import Definition, read_definition
from labkit.lab.script import choose_fault, list_scripts, read_faults, read_script

Network = ipaddress.IPv4Network


def find_variant_problems(folder: Path, students: Iterable[str]) -> list[str]:
    """A line for each thing that is wrong with the students' labs; [] when all can be handed out."""
    plain = read_definition(folder)
    problems: list[str] = []
    seen: dict[str, str] = {}
    for student in students:
        try:
            definition = read_definition(folder, student)
            _render_everything(folder, definition)
        except UsageError as error:
            problems.append(f"{student}: {error.message}")
            continue
        problems += [f"{student}: {clash}" for clash in find_clashes(plain, definition)]
        values = repr(sorted(definition.variant.drawn.items()))
        if (twin := seen.setdefault(values, student)) != student:
            problems.append(f"{student}: the same values as {twin}")
    return problems


def find_clashes(plain: Definition, definition: Definition) -> list[str]:
    """Drawn prefixes that overlap each other, or a network of the lab that is the same for everybody."""
    drawn = {key: Network(value) for key, value in definition.variant.drawn.items() if _is_prefix(value)}
    clashes = [
        f"{first} {a} overlaps {second} {b}"
        for (first, a), (second, b) in itertools.combinations(drawn.items(), 2)
        if a.overlaps(b)
    ]
    same = [value for key, value in drawn.items() if str(value) == _find_value(plain, key)]  # by chance
    fixed = {
        network
        for network in _list_networks(plain) & _list_networks(definition)
        if not any(network.subnet_of(value) for value in same)
    }
    return clashes + [
        f"{key} {prefix} overlaps the lab's own {network}"
        for key, prefix in drawn.items()
        for network in fixed
        if prefix.overlaps(network)
    ]


def _list_networks(definition: Definition) -> set[Network]:
    addresses = [address for port in definition.topology.ports for address in port.addresses]
    return {ipaddress.IPv4Interface(address).network for address in addresses}


def _find_value(definition: Definition, key: str) -> object:
    return functools.reduce(lambda table, name: table[name], key.split("."), definition.variant.values)


def _is_prefix(value: object) -> bool:
    return isinstance(value, str) and "/" in value


def _render_everything(folder: Path, definition: Definition) -> None:
    values = definition.variant.values
    fault = choose_fault(read_faults(folder, values), definition.variant)
    for name in list_scripts(folder, "solutions"):
        read_script(folder, name, values, fault)
    read_lesson_text(folder, definition)
