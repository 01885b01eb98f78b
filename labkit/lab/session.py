"""Starting a lab or attaching to the running one; resuming from the journal; which labs run."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from labkit.errors import UsageError, WorldError
from labkit.lab import building
from labkit.lab.course import find_lab, list_labs
from labkit.lab.definition import read_definition
from labkit.lab.journal import Entry, find_last_work, plan_path, read_journal
from labkit.lab.lab import Lab
from labkit.lab.replay import replay
from labkit.lab.timing import scale
from labkit.world import World, list_worlds

L = TypeVar("L", bound=Lab)
BUILDING = 30.0  # seconds that another process may take to build the lab we attach to


def start_lab(make: Callable[..., L], lab: str, *, student: str | None, fabric: str | None, resume: bool) -> L:
    """The running lab, or a new one. UsageError when it runs for another student or on another fabric.

    `resume` replays into a new world what was done in the last one.
    """
    folder = find_lab(lab)
    if folder.name in list_worlds():
        return attach_lab(make, folder.name, student=student, fabric=fabric)
    definition = read_definition(folder, student)
    journal = plan_path(definition.name, student)
    work = find_last_work(read_journal(journal)) if resume else []
    plan = building.Plan(definition, fabric or "netlink", journal)
    try:
        world = building.build_world(plan, Entry(kind="start"))
    except UsageError:
        if folder.name not in list_worlds():
            raise
        return attach_lab(make, folder.name, student=student, fabric=fabric)  # somebody was faster
    started = make(definition, world)
    if notes := replay(started, work):
        world.write_meta(notes=started.read_notes() + notes)
    return started


def attach_lab(
    make: Callable[..., L], lab: str | None = None, *, student: str | None = None, fabric: str | None = None
) -> L:
    """A running lab; without a name the only one. UsageError when it runs for another student or on another fabric."""
    name = find_lab(lab).name if lab else _find_only()
    try:
        world = World.attach(name)
    except WorldError as error:
        raise UsageError(f"lab {name} is not running", hint=f"labkit start {name}") from error
    with contextlib.ExitStack() as stack:
        stack.callback(world.close)
        meta = _wait_until_built(world, name)
        for what, asked in (("student", student), ("fabric", fabric)):
            if asked is not None and asked != meta[what]:
                raise UsageError(
                    f"lab {name} is running with {what} {meta[what] or '(none)'}, not {asked}",
                    hint=f"labkit down {name} ends it",
                )
        attached = make(read_definition(find_lab(name), meta["student"]), world)
        stack.pop_all()
        return attached


@contextlib.contextmanager
def start_hidden_lab(
    make: Callable[..., L], lab: str, name: str, journal: Path, *, student: str | None = None
) -> Iterator[L]:
    """A lab in a world of its own that is in no list, for the proof; it ends with the block."""
    definition = read_definition(find_lab(lab), student)
    plan = building.Plan(definition, "netlink", journal, hidden=True, name=name)
    world = building.build_world(plan, Entry(kind="start"))
    try:
        yield make(definition, world, hidden=True)
    finally:
        world.end()


def _find_only() -> str:
    running = [name for name in list_worlds() if name in list_labs()]
    if len(running) != 1:
        raise UsageError(
            "no lab is running" if not running else f"{len(running)} labs are running",
            hint="labkit start LAB" if not running else f"say which: --lab {' or '.join(running)}",
        )
    return running[0]


def _wait_until_built(world: World, name: str) -> dict[str, Any]:
    until = time.monotonic() + scale(BUILDING)
    while not (meta := world.read_meta()).get("ready"):
        if time.monotonic() > until:
            raise WorldError(f"lab {name} is still being built", hint=f"labkit down {name}, then labkit start {name}")
        time.sleep(0.05)
    return meta
