"""Which labs run, and what each is: quick to import, a terminal asks it often."""

from __future__ import annotations

import contextlib
from typing import Any

from labkit.errors import WorldError
from labkit.world import World, list_worlds


def list_running() -> list[dict[str, Any]]:
    """The running labs, each as `labkit ps --json` shows it."""
    running = []
    for name in list_worlds():
        with contextlib.suppress(WorldError), World.attach(name) as world:  # it may end meanwhile
            running.append(describe_world(world))
    return running


def describe_world(world: World) -> dict[str, Any]:
    """One element of `labkit ps --json`."""
    meta = world.read_meta()
    return {
        "lab": meta.get("lab", world.name),
        "student": meta.get("student"),
        "fabric": meta.get("fabric"),
        "pid": world.pid,
        "since": meta.get("since"),
        "machines": [{"name": each.name, "kind": each.kind, "node": each.node} for each in world.machines()],
    }
