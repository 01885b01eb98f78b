"""Finding the world a command is about, among those that run: quick to import."""

from __future__ import annotations

from labkit.lab.listing import find_running
from labkit.world import World


def find_world(name: str | None, *machines: str) -> World:
    """Of the lab named, of the only one that runs, or the only one that has these machines; attached to."""
    return World.attach(find_running(name, machines))
