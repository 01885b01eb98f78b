"""Finding the lab a command is about, among those that run."""

from __future__ import annotations

from labkit.errors import UsageError
from labkit.lab.course import find_lab
from labkit.world import World, list_worlds


def find_running(name: str | None) -> str:
    """The lab named (its number will do), or the only one that runs. Raises UsageError when it does not run."""
    running = list_worlds()
    if name is None:
        return _find_only(running)
    full = name if name in running else find_lab(name).name
    if full not in running:
        raise UsageError(f"lab {full} is not running", hint=f"labkit start {full}")
    return full


def find_world(name: str | None) -> World:
    """The same, attached to."""
    return World.attach(find_running(name))


def _find_only(running: list[str]) -> str:
    match running:
        case [only]:
            return only
        case []:
            raise UsageError("no lab is running", hint="labkit start LAB; `labkit list` shows the labs")
    raise UsageError(f"{len(running)} labs are running: {', '.join(running)}", hint="say which: --lab LAB")
