"""What a broken network can be said to have: the causes of the whole course, the places of this world."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable
from pathlib import Path

from labkit.errors import CannotTell, UsageError
from labkit.lab.course import find_labs_folder, list_labs
from labkit.lab.script import list_scripts, parse_head
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
        causes |= {
            parse_head((labs / name / "faults" / f"{fault}.sh").read_text(encoding="utf-8")).get("cause", "")
            for fault in list_scripts(labs / name, "faults")
        }
    return tuple(sorted(causes - {""}))


def list_places(machines: Iterable[Machine]) -> list[str]:
    """All machines, and all links on them as MACHINE:LINK, from the kernel."""
    places: list[str] = []
    for machine in machines:
        with contextlib.suppress(CannotTell):  # a pod that is gone meanwhile, such as a check's own
            links = [link.name for link in read_links(machine) if link.name != "lo"]
            places += [machine.name, *(f"{machine.name}:{link}" for link in links)]
    return places


def check_choice(what: str, value: str, choices: list[str]) -> str:
    """The choice as it is written; a value that is none of them is refused and is no try."""
    for choice in choices:
        if choice.casefold() == value.strip().casefold():
            return choice
    raise UsageError(f"{what}: {value!r} can't be said here", hint=f"choose from: {', '.join(choices)}")
