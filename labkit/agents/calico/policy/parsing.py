"""Parts of policies that somebody typed: numbers, networks, names. All raise UsageError."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Any, Final

from labkit.agents.calico.policy.model import PORT_MAX, Ports
from labkit.errors import LabkitError, UsageError

BROKEN: Final = (
    LabkitError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
)  # what an object of another form leads to
_NAME: Final = re.compile(r"(?=.*[a-zA-Z])[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,126}[a-zA-Z0-9])?", re.ASCII)


def say_broken(error: Exception) -> str:
    """In one line."""
    return error.message if isinstance(error, LabkitError) else f"it has another form ({error!r:.100})"


def parse_list(value: Any, what: str) -> Sequence[Any]:
    """A list, or nothing."""
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise UsageError(f"{what}: a list is meant, not {value!r:.60}")
    return value


def parse_net(text: Any) -> str:
    """An IPv4 network by its first address: 10.1.2.3/8 is 10.0.0.0/8."""
    try:
        if not isinstance(text, str):
            raise ValueError(text)  # noqa: TRY004, TRY301 - a number would be taken for an address
        return str(ipaddress.IPv4Network(text, strict=False))
    except ValueError as error:
        raise UsageError(f"{text!r} is no IPv4 network such as 10.0.0.0/8") from error


def parse_port(port: Any) -> int | str:
    """A number, or the name of one; a number may be written as text."""
    if isinstance(port, str) and not port.isdecimal():
        if not _NAME.fullmatch(port):
            raise UsageError(f"port {port!r}: a number from 1 to {PORT_MAX}, or a port's name")
        return port
    number = int(port) if isinstance(port, str | int) and not isinstance(port, bool) else -1
    if not 1 <= number <= PORT_MAX:
        raise UsageError(f"port {port!r}: a number from 1 to {PORT_MAX}, or a port's name")
    return number


def parse_range(first: Any, last: Any) -> tuple[int, int]:
    """From a number to a number that is not less."""
    begin, end = parse_port(first), parse_port(last)
    if isinstance(begin, str) or isinstance(end, str) or end < begin:
        raise UsageError(f"ports {first} to {last}: two numbers are meant, the second not less than the first")
    return begin, end


def simplify(ports: Sequence[int | str | tuple[int, int]]) -> Ports:
    """As few ranges as there can be; one entry 0 means all."""
    if not ports or 0 in ports:
        return Ports()
    ranges = sorted((each, each) if isinstance(each, int) else each for each in ports if not isinstance(each, str))
    merged: list[tuple[int, int]] = []
    for first, last in ranges:
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return Ports(tuple(merged), tuple(dict.fromkeys(each for each in ports if isinstance(each, str))))


def list_ports(ports: Ports) -> list[int | str]:
    """As Calico's objects have them: names, numbers, ranges such as 80:90."""
    return [*ports.names, *(first if first == last else f"{first}:{last}" for first, last in ports.numbers)]
