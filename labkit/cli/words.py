"""The words of a command line, taken apart: which command, which lab, and what belongs to another program."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Final

from labkit.cli.arguments import LAB_OPTION, Command, build_command_parser
from labkit.errors import UsageError, guess_meant
from labkit.lab.folders import list_labs

_LAB: Final = re.compile(r"[0-9][0-9](-.*)?")


def find_command(name: str, commands: Sequence[Command]) -> Command:
    """By its name. UsageError with the one that was perhaps meant."""
    for command in commands:
        if command.name == name:
            return command
    meant = guess_meant(name, [command.name for command in commands])
    raise UsageError(f"there is no command {name!r}", hint=f"{meant}`labkit help` lists the commands")


def parse_words(command: Command, words: Sequence[str]) -> argparse.Namespace:
    """Its options. `lab`: the word LAB or `--lab`, None where neither is said; `words`: the other program's, of a command that runs one."""
    ours, theirs = _split(words) if command.runs else (list(words), [])
    parser = build_command_parser(command)
    options = parser.parse_intermixed_args(ours)  # `answer how-many --lab 03 3` too
    options.words = theirs
    if hasattr(options, LAB_OPTION):
        _settle_lab(command, options, parser)
    return options


def is_lab(word: str) -> bool:
    """Whether it is meant as a lab's name or number: no machine, no question and no check is called like that."""
    return bool(_LAB.fullmatch(word)) or word in list_labs()


def _settle_lab(command: Command, options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """LAB may be left out: then the words behind it have moved one place to the left."""
    named = getattr(options, LAB_OPTION)
    places = [each.names[0] for each in command.words]
    if "lab" not in places:
        options.lab = named
        return
    said, behind = options.lab, places[places.index("lab") + 1 :]
    if said is not None and behind and not is_lab(said):
        _move(options, said, behind, parser)
        said = None
    if said is not None and named is not None and said != named:
        parser.error(f"two labs: {said} and --lab {named}")
    options.lab = named if said is None else said


def _move(options: argparse.Namespace, said: str, places: Sequence[str], parser: argparse.ArgumentParser) -> None:
    for place in places:
        value = getattr(options, place)
        if isinstance(value, list):
            setattr(options, place, [said, *value])
            return
        setattr(options, place, said)
        if value is None:
            return
        said = value
    parser.error(f"there is no lab {getattr(options, places[0])!r}; `labkit list` shows them")


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """[LAB] MACHINE and options before it or right behind it are ours; the command begins behind `--`, or with the next word."""
    ours: list[str] = []
    places = 1
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--" and places == 0:
            return ours, rest
        if word == "--lab" and rest:
            ours += [word, rest.pop(0)]
        elif word.startswith("-"):
            ours += [word] if word != "--" else []
        elif places == 0:
            return ours, [word, *rest]
        elif _is_lab_before_machine(word, rest):
            ours += ["--lab", word]
        else:
            ours.append(word)
            places -= 1
    return ours, []


def _is_lab_before_machine(word: str, rest: Sequence[str]) -> bool:
    return "-" in word and is_lab(word) and bool(rest) and not rest[0].startswith("-")
