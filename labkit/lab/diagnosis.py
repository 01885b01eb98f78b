"""What a broken network can be said to have: the causes of the whole course, the places of this world."""

from __future__ import annotations

import contextlib
import functools
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from labkit.errors import CannotTell, UsageError
from labkit.lab.folders import find_labs_folder, list_labs
from labkit.lab.script import list_scripts, parse_choices, parse_head
from labkit.net import read_links
from labkit.world import Machine

CAUSE = "fault.cause"
WHERE = "fault.where"
ENOUGH = 8  # causes to choose from, so that guessing doesn't pay


def list_causes(lab: str) -> list[str]:
    """The causes of all labs up to this one; where that is fewer than eight, of the next labs too."""
    return list(_list_causes(lab, find_labs_folder()))


@functools.cache
def _list_causes(lab: str, labs: Path) -> tuple[str, ...]:
    causes: set[str] = set()
    for name in list_labs():
        if name > lab and len(causes) >= ENOUGH:
            break
        for fault in list_scripts(labs / name, "faults"):
            head = parse_head((labs / name / "faults" / f"{fault}.sh").read_text(encoding="utf-8"))
            causes |= set(parse_choices(head.get("cause", "")))
    return tuple(sorted(causes))


@functools.cache
def read_meanings() -> Mapping[str, str]:
    """A line for each cause of the course, for people: labs/causes.toml; {} for labs that have none."""
    path = find_labs_folder() / "causes.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def list_places(machines: Iterable[Machine]) -> list[str]:
    """All machines, and all links on them as MACHINE:LINK, from the kernel."""
    places: list[str] = []
    for machine in machines:
        with contextlib.suppress(CannotTell):  # a pod that is gone meanwhile, such as a check's own
            links = [link.name for link in read_links(machine) if link.name != "lo"]
            places += [machine.name, *(f"{machine.name}:{link}" for link in links)]
    return places


def check_choice(what: str, value: str, choices: list[str]) -> str:
    """The choice as it is written, by itself or by a beginning that only one has; any other value is refused and is no try."""
    said = value.strip().casefold()
    exact = [choice for choice in choices if choice.casefold() == said]
    meant = exact or [choice for choice in choices if said and choice.casefold().startswith(said)]
    if len(meant) == 1:
        return meant[0]
    raise UsageError(f"{what}: {value!r} can't be said here", hint=f"choose from: {', '.join(choices)}")
