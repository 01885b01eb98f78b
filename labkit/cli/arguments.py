"""What a command line may hold, as data; argparse is told from it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

LAB_OPTION: Final = "lab_option"  # where `--lab` is kept beside the word LAB


@dataclass(frozen=True)
class Argument:
    """One argument: `names` and `options` as argparse's add_argument takes them."""

    names: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_word(self) -> bool:
        """Whether it stands by its place, not behind an option."""
        return not self.names[0].startswith("-")

    @property
    def kind(self) -> str:
        """What may stand there, as help says it: LAB, MACHINE, FILE; empty for a switch."""
        return str(self.options.get("metavar", ""))


@dataclass(frozen=True)
class Command:
    """One command. `home`: the module below labkit.cli and the function that runs it, imported when it is asked for.

    `examples`: what is typed behind `labkit`. `runs`: the words behind the arguments are another command's, whatever they look like.
    """

    name: str
    home: str
    summary: str
    arguments: tuple[Argument, ...] = ()
    examples: tuple[str, ...] = ()
    runs: bool = False

    @property
    def words(self) -> list[Argument]:
        """What stands by its place, in order."""
        return [each for each in self.arguments if each.is_word]


def argument(*names: str, **options: Any) -> Argument:
    """An argument, written as for argparse."""
    return Argument(names, options)


def build_command_parser(command: Command) -> argparse.ArgumentParser:
    """The parser of one command; what it says of a mistake shows this command's usage."""
    parser = argparse.ArgumentParser(
        prog=f"labkit {command.name}",
        allow_abbrev=False,
        description=command.summary,
        epilog=_render_examples(command.examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for each in command.arguments:
        parser.add_argument(*each.names, **each.options)
    parser.set_defaults(command=command)
    return parser


def build_parser(commands: tuple[Command, ...]) -> argparse.ArgumentParser:
    """The parser of `labkit` itself, for its help."""
    parser = argparse.ArgumentParser(
        prog="labkit",
        allow_abbrev=False,
        description="Labs about pod networks on a real kernel: start one, look into it, have it checked.",
        epilog=_render_examples(("start 03-bridge", "lesson", "shell worker1", "check", "help exec")),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="which labkit this is")
    chosen = parser.add_subparsers(metavar="COMMAND")
    for command in commands:
        chosen.add_parser(command.name, help=command.summary)
    return parser


def _render_examples(examples: tuple[str, ...]) -> str:
    return "\n".join(["for example:", *(f"  labkit {each}" for each in examples)]) if examples else ""
