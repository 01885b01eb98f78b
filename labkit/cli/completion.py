"""`labkit completion`: what makes bash complete labkit's words, told by the table of commands; and what may stand at a place."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from labkit.cli.arguments import Argument, Command
from labkit.errors import LabkitError
from labkit.lab.folders import list_labs
from labkit.lab.listing import list_running

_SCRIPT: Final = """# bash completion for labkit; for this shell: eval "$(labkit completion)"
complete -o default -C 'labkit completion' labkit
"""
_HELP: Final = ("--help", "help", "--version")


def run_completion(_: argparse.Namespace) -> int:
    """The script; or, asked by bash (COMP_LINE and COMP_POINT are set), a line for each word that may come."""
    line = os.environ.get("COMP_LINE")
    if line is None:
        print(_SCRIPT, end="")
        return 0
    with contextlib.suppress(LabkitError, ValueError):  # at a prompt nobody reads errors
        typed = line[: int(os.environ.get("COMP_POINT", len(line)))]
        print("\n".join(complete(typed)))
    return 0


def complete(typed: str) -> list[str]:
    """What may stand where the line ends. Words of another program, behind `exec MACHINE`, are bash's own affair."""
    from labkit.cli.table import COMMANDS

    *before, begun = [*shlex.split(typed.rpartition(" ")[0]), typed.rpartition(" ")[2]]
    commands = {command.name: command for command in COMMANDS}
    if len(before) <= 1 or before[1:] == ["help"]:
        return _begin(begun, [*commands, *_HELP])
    command = commands.get(before[1])
    return _begin(begun, _list_words(command, before[2:], begun)) if command else []


def _begin(begun: str, words: Iterable[str]) -> list[str]:
    return sorted({word for word in words if word.startswith(begun)})


def _list_words(command: Command, before: Sequence[str], begun: str) -> Iterator[str]:
    options = {name: each for each in command.arguments if not each.is_word for name in each.names}
    asked = options.get(before[-1]) if before else None
    if asked and asked.options.get("action") != "store_true":
        yield from _list_values(asked, command, before)
        return
    if begun.startswith("-"):
        yield from (*options, "--help")
        return
    place = sum(not word.startswith("-") for word in before) - sum(_takes_value(options, word) for word in before)
    left_out = 1 if command.words[:1] and command.words[0].names[0] == "lab" and not _is_lab_said(before) else 0
    for each in command.words[place : place + 1 + left_out]:
        yield from _list_values(each, command, before)


def _takes_value(options: Mapping[str, Argument], word: str) -> bool:
    return word in options and options[word].options.get("action") != "store_true"


def _is_lab_said(before: Sequence[str]) -> bool:
    return bool(before) and before[0] in list_labs()


def _list_values(asked: Argument, command: Command, before: Sequence[str]) -> Iterable[str]:
    if choices := asked.options.get("choices"):
        return [str(choice) for choice in choices]
    lab = next((word for word in before if word in list_labs()), None)
    find = _VALUES.get(asked.kind)
    return find(lab, command) if find else ()


def _list_machines(lab: str | None, _: Command) -> Iterable[str]:
    running = list_running()
    return [each["name"] for world in running if lab in (None, world["lab"]) for each in world["machines"]]


def _list_labs(_: str | None, command: Command) -> Iterable[str]:
    return list_labs() if command.name in ("start", "lesson", "prove") else [world["lab"] for world in list_running()]


def _list_ids(lab: str | None, command: Command) -> Iterable[str]:
    from labkit.lab.session import attach_lab

    running = attach_lab(lab)
    if command.name == "answer":
        return running.list_answers()
    from labkit.check import list_checks

    return [check.id for check in list_checks(running.definition)]


def _list_steps(lab: str | None, _: Command) -> Iterable[str]:
    from labkit.lab.session import attach_lab

    return [step.id for step in attach_lab(lab).read_script("reference").steps]


_VALUES: Final[Mapping[str, Callable[[str | None, Command], Iterable[str]]]] = {
    "LAB": _list_labs, "MACHINE": _list_machines, "SRC": _list_machines, "DST": _list_machines, "POD": _list_machines,
    "NODE": _list_machines, "ID": _list_ids, "STEP": _list_steps,
}  # fmt: skip
