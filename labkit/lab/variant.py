"""A student's own world: names, numbers, prefixes and the fault, drawn from the student's id."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labkit.errors import UsageError
from labkit.lab.fields import Table
from labkit.lab.templates import render_tree

Dice = Callable[[str, int], int]  # dice(label, count) is a number from 0 to count - 1
WAYS = ("pick", "order", "between", "prefix_of")  # a table of [vary] with one of these says how a value is drawn
STUDENT = re.compile(r"[^\W_](?:[\w.@+ -]{0,62}[\w.@+-])?")  # it becomes part of a file's name
ATTEMPTS = 1000  # for values of one `distinct` group


@dataclass(frozen=True)
class Variant:
    """The values of one student's lab; `drawn` are those that came from the seed, by dotted key."""

    student: str | None
    seed: str
    values: Mapping[str, Any]
    drawn: Mapping[str, Any] = field(default_factory=dict)

    def choose(self, what: str, choices: Sequence[str]) -> str:
        """One of the choices, always the same for this student."""
        ordered = sorted(choices)
        return ordered[_draw(self.seed, what, len(ordered))]


def plan_variant(lab: str, data: Mapping[str, Any], student: str | None) -> Variant:
    """Draw what `[vary]` names, then work out `[values]` from top to bottom."""
    if student is not None and not STUDENT.fullmatch(student):
        raise UsageError(
            f"{student[:80]!r} is no student's name here",
            hint="letters of any language and digits, with . _ - @ + or a blank between, at most 64",
        )
    seed = hashlib.sha256(f"{lab}/{student or ''}".encode()).hexdigest()
    where = f"labs/{lab}/lab.toml"
    values = _take(data, "values", where)
    vary = _take(data, "vary", where)
    _check_known(vary, values, f"{where}: vary")
    drawing = _Drawing(seed, f"{where}: vary")
    drawn = drawing.draw_tree(vary, "") if student is not None else {}
    context: dict[str, Any] = {"student": student or ""}
    if taken := {"student", "fault"} & set(values):
        raise UsageError(f"{where}: values.{taken.pop()} is labkit's own name", hint="another name")
    for key, value in _overlay(values, drawn).items():
        context[key] = _work_out(value, context, f"{where}: values.{key}")
    return Variant(student, seed, context, drawing.flat)


def _take(data: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    return Table({key: data.get(key, {})}, where).take(key, dict)


def _work_out(value: Any, context: Mapping[str, Any], where: str) -> Any:
    """Inside a table, what stands above is known too: by its own name."""
    if not isinstance(value, dict):
        return render_tree(value, context, where=where)
    known: dict[str, Any] = {}
    for key, inner in value.items():
        known[key] = _work_out(inner, {**context, **known}, f"{where}.{key}")
    return known


def _overlay(values: Mapping[str, Any], drawn: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _overlay(value, drawn.get(key, {})) if isinstance(value, dict) else drawn.get(key, value)
        for key, value in values.items()
    }


def _check_known(vary: Mapping[str, Any], values: Mapping[str, Any], where: str) -> None:
    for key, inner in vary.items():
        if key not in values:
            raise UsageError(f"{where}.{key}: there is no such value", hint="give its default in [values]")
        if isinstance(values[key], dict) and isinstance(inner, dict):
            if set(WAYS) & set(inner):
                raise UsageError(f"{where}.{key}: a whole table can't be drawn", hint="one value of it: a deeper key")
            _check_known(inner, values[key], f"{where}.{key}")


class _Drawing:
    """Draws by key, so that a value added later changes no other."""

    def __init__(self, seed: str, where: str) -> None:
        self.flat: dict[str, Any] = {}
        self._seed = seed
        self._where = where
        self._groups: dict[str, list[Any]] = {}

    def draw_tree(self, tree: Mapping[str, Any], above: str) -> dict[str, Any]:
        drawn: dict[str, Any] = {}
        for key, inner in tree.items():
            path = f"{above}.{key}" if above else key
            if not isinstance(inner, dict):
                raise UsageError(f"{self._where}.{path} is {inner!r}", hint=f"a table with one of {', '.join(WAYS)}")
            drawn[key] = self._draw_value(inner, path) if set(WAYS) & set(inner) else self.draw_tree(inner, path)
        return drawn

    def _draw_value(self, data: Mapping[str, Any], path: str) -> Any:
        with Table(data, f"{self._where}.{path}") as table:
            group = self._groups.setdefault(table.take("distinct", str, path), [])
            make = _plan_draw(table)
        for attempt in range(ATTEMPTS):
            value = make(functools.partial(self._roll, f"{path}/{attempt}"))
            if not any(_clash(value, other) for other in group):
                group.append(value)
                self.flat[path] = value
                return value
        raise UsageError(f"{self._where}.{path}: no value is left that differs from its group", hint="a larger pool")

    def _roll(self, what: str, label: str, count: int) -> int:
        return _draw(self._seed, f"{what}/{label}", count)


def _plan_draw(table: Table) -> Callable[[Dice], Any]:
    """What one drawing does with its dice."""
    if (pick := table.take_optional("pick", list)) is not None:
        if not pick:
            raise UsageError("pick is empty", hint="the values to pick from")
        return lambda dice: pick[dice("", len(pick))]
    if (order := table.take_optional("order", list)) is not None:
        return lambda dice: [order[i] for i in sorted(range(len(order)), key=lambda i: dice(str(i), 2**64))]
    if (between := table.take_optional("between", list)) is not None:
        return _plan_number(between)
    return _plan_prefix(table.take("prefix_of", str), table.take("length", int))


def _plan_number(between: Sequence[Any]) -> Callable[[Dice], int]:
    match between:
        case [int(low), int(high)] if low <= high:
            return lambda dice: low + dice("", high - low + 1)
    raise UsageError(f"between is {between!r}", hint="the smallest and the greatest number, as in [2, 99]")


def _plan_prefix(pool: str, length: int) -> Callable[[Dice], str]:
    try:
        network = ipaddress.IPv4Network(pool)
    except ValueError as error:
        raise UsageError(f"{error}", hint='as in { prefix_of = "10.0.0.0/8", length = 24 }') from error
    if not network.prefixlen <= length <= network.max_prefixlen:
        raise UsageError(f"a /{length} does not fit into {pool}", hint=f"a length up to {network.max_prefixlen}")
    count = 2 ** (length - network.prefixlen)
    return lambda dice: str(ipaddress.IPv4Network((int(network[0]) + dice("", count) * 2 ** (32 - length), length)))


def _draw(seed: str, what: str, count: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{what}".encode()).digest()) % count


def _clash(value: Any, other: Any) -> bool:
    if isinstance(value, str) and isinstance(other, str) and "/" in value and "/" in other:
        with contextlib.suppress(ValueError):
            return ipaddress.IPv4Network(value).overlaps(ipaddress.IPv4Network(other))
    return bool(value == other)
