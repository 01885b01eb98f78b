"""Putting a fault into a network, and taking it back: the kernel by what it was before, the rest by what the fault says itself."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from labkit.errors import LabkitError
from labkit.lab.runner import Job, Outcome, ScriptError, run_script
from labkit.lab.script import Fault
from labkit.lab.whole import list_changes, read_whole
from labkit.net import Change, Snapshot, forget_neighbours
from labkit.world import World

ROUNDS = 5  # what hung on a link or an address comes back after it


@dataclass(frozen=True)
class Harm:
    """A fault that is in the network, and what takes it back: the network before it, and the fault's own commands in order."""

    fault: Fault
    before: Snapshot
    undo: tuple[str, ...]


def put_in(world: World, fault: Fault) -> Harm:
    """Run a fault's script. ScriptError when a command of it fails; what it had done by then is taken back."""
    before = read_whole(world)
    try:
        outcome = _run(world, fault.name, fault.text)
    except ScriptError as error:
        take_back(world, Harm(fault, before, error.undo))
        raise
    forget_neighbours(world.machines())  # a user complains of what broke long ago: it shows at the first try
    return Harm(fault, before, outcome.undo)


def take_back(world: World, harm: Harm) -> None:
    """Make the network what it was before. LabkitError names what could not be put back."""
    if harm.undo:
        _run(world, harm.fault.name, "\n".join(f"{line} || true" for line in reversed(harm.undo)))
    for _ in range(ROUNDS):
        left = list_differences(world, harm.before)
        if not left:
            return
        _put_back(world, left)
    raise LabkitError(
        f"what was broken could not be taken back: {', '.join(each.label for each in left)}",
        hint="labkit reset LAB begins afresh",
    )


def list_differences(world: World, before: Snapshot) -> list[Change]:
    """What is otherwise than before, and the commands that put it right."""
    return list_changes(before, read_whole(world))


def _run(world: World, name: str, text: str) -> Outcome:
    return run_script(world.machines()[0], Job(name, text, journal=False))


def _put_back(world: World, changes: Sequence[Change]) -> None:
    machines = {machine.name: machine for machine in world.machines()}
    for change in changes:
        for argv in change.undo:
            with contextlib.suppress(LabkitError):  # the next look says what is left
                machines[change.machine].run(argv)
