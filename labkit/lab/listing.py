"""Which labs run, and what each is: quick to import, a terminal asks it often."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from labkit.errors import UsageError, WorldError
from labkit.lab.folders import find_lab
from labkit.lab.meta import read_meta
from labkit.world import World, list_worlds


def find_running(lab: str | None, having: Sequence[str] = ()) -> str:
    """The name of the lab meant (its number will do), or of the only one that runs. UsageError when it does not run.

    `having`: where several run, the one that alone has a machine called like the first of these, then the second.
    """
    running = list_worlds()
    if lab is not None:
        name = lab if lab in running else find_lab(lab).name
        if name not in running:
            raise UsageError(f"lab {name} is not running", hint=f"labkit start {name}")
        return name
    if len(running) == 1:
        return running[0]
    if not running:
        raise UsageError("no lab is running", hint="labkit start LAB; `labkit list` shows the labs")
    left = running
    for machine in having:
        left = [name for name in left if _has(name, machine)] or left
        if len(left) == 1:
            return left[0]
    there = f", of which {', '.join(left)} have it" if left != running else ""
    raise UsageError(f"{len(running)} labs are running: {', '.join(running)}{there}", hint="say which: --lab LAB")


def _has(lab: str, machine: str) -> bool:
    with contextlib.suppress(WorldError), World.attach(lab) as world:  # it may end meanwhile
        return machine in {each.name for each in world.machines()}
    return False


def list_running() -> list[dict[str, Any]]:
    """The running labs, each as `labkit ps --json` shows it."""
    running = []
    for name in list_worlds():
        with contextlib.suppress(WorldError), World.attach(name) as world:  # it may end meanwhile
            running.append(describe_world(world))
    return running


def describe_world(world: World) -> dict[str, Any]:
    """One element of `labkit ps --json`."""
    meta = read_meta(world)
    return {
        "lab": meta.lab,
        "student": meta.student,
        "fabric": meta.fabric,
        "pid": world.pid,
        "since": meta.since,
        "machines": [{"name": each.name, "kind": each.kind, "node": each.node} for each in world.machines()],
        "version": 1,
    }
