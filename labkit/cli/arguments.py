"""What a command line may hold, as data; argparse is told from it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Argument:
    """One argument: `names` and `options` as argparse's add_argument takes them."""

    names: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Command:
    """One command. `home`: the module below labkit.cli and the function that runs it, imported when it is asked for."""

    name: str
    home: str
    summary: str
    arguments: tuple[Argument, ...] = ()


def argument(*names: str, **options: Any) -> Argument:
    """An argument, written as for argparse."""
    return Argument(names, options)


def build_parser(commands: tuple[Command, ...]) -> argparse.ArgumentParser:
    """One parser for all commands; the chosen one's Command comes back as `command`."""
    parser = argparse.ArgumentParser(
        prog="labkit",
        allow_abbrev=False,
        description="Labs about pod networks on a real kernel: start one, look into it, have it checked.",
    )
    chosen = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in commands:
        child = chosen.add_parser(command.name, help=command.summary, description=command.summary, allow_abbrev=False)
        for each in command.arguments:
            child.add_argument(*each.names, **each.options)
        child.set_defaults(command=command)
    return parser
