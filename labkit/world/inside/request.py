"""A request, and what it carries, checked before anything is done with it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from labkit.world import wire
from labkit.world.inside.maker import NewMachine
from labkit.world.inside.registry import KINDS, NAME

_PATH: Final = re.compile(r"(?!.*\.\.)[A-Za-z0-9_.][A-Za-z0-9_./-]*")
_SYSCTL: Final = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./@:-]*")


class RequestError(Exception):
    """The request itself is wrong."""


@dataclass(frozen=True)
class Request:
    """What arrived on a connection, and the way to answer.

    `descriptors` came with it, `passed` go with the answer: both are closed when that is sent. `reply` also serves for what
    comes later, a command's end.
    """

    message: wire.Message
    descriptors: list[int]
    connection: int
    reply: Callable[..., None]
    passed: list[int] = field(default_factory=list)


Operation = Callable[[Request], dict[str, Any]]
Table = Mapping[str, Operation]


def take(message: wire.Message, key: str, kind: type, default: Any = None) -> Any:
    """message[key], which must be of this type; the default when it is absent."""
    value = message.get(key, default)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise RequestError(f"{key}: {kind.__name__} expected, {type(value).__name__} given")
    return value


def take_strings(message: wire.Message, key: str, default: Any = None) -> dict[str, str]:
    """A mapping of strings to strings, each one that the kernel can be given."""
    value = take(message, key, dict, default)
    for each in (part for pair in value.items() for part in pair):
        require_text(each, key)
    return dict(value)


def take_arguments(message: wire.Message) -> list[str]:
    """The command line."""
    argv = take(message, "argv", list)
    if not argv:
        raise RequestError("argv: a list of strings expected")
    return [require_text(each, "argv") for each in argv]


def take_environment(message: wire.Message) -> dict[str, str]:
    """Variables to add to a command's environment."""
    values = take_strings(message, "environment", {})
    for name in values:
        require_variable(name)
    return values


def require_variable(name: Any) -> str:
    """`name` if a variable of the environment can have it."""
    if not require_text(name, "variable") or "=" in name:
        raise RequestError(f"no name of a variable: {name!r}")
    return str(name)


def require_text(value: Any, key: str) -> str:
    """`value` if it is a string without NUL that UTF-8 can carry."""
    try:
        if isinstance(value, str) and b"\0" not in os.fsencode(value):
            return value
    except UnicodeEncodeError:
        pass
    raise RequestError(f"{key}: strings expected")


def parse_machine(message: Any, known: dict[str, str]) -> NewMachine:
    """A machine to be made; `known`: the kinds of those that exist, by name."""
    if not isinstance(message, dict):
        raise RequestError("machines: objects expected")
    name, kind = take(message, "name", str), take(message, "kind", str)
    if not NAME.fullmatch(name) or name in known:
        raise RequestError(f"{name!r} is a machine already" if name in known else f"not a machine's name: {name!r}")
    if kind not in KINDS:
        raise RequestError(f"{name}: kind {kind!r} is none of {', '.join(KINDS)}")
    node = message.get("node")
    if node is not None and (not isinstance(node, str) or known.get(node) != "node"):
        raise RequestError(f"{name}: there is no node {node!r}")
    files, sysctls = take_strings(message, "files", {}), take_strings(message, "sysctls", {})
    _require_all(_PATH, files, f"{name}: not a path inside a machine")
    _require_all(_SYSCTL, sysctls, f"{name}: not a sysctl")
    found = name if node is not None and take(message, "by_name", bool, default=False) else None
    return NewMachine(name, kind, node, files, sysctls, found=found)


def _require_all(pattern: re.Pattern[str], names: dict[str, str], what: str) -> None:
    for name in names:
        if not pattern.fullmatch(name):
            raise RequestError(f"{what}: {name!r}")
