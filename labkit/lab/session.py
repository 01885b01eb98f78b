"""Starting a lab or attaching to the running one; resuming from the journal."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from labkit.errors import UsageError, WorldError
from labkit.lab import build
from labkit.lab.definition import read_definition
from labkit.lab.entries import Entry, Start
from labkit.lab.folders import find_lab
from labkit.lab.journal import count_deeds, find_last_work, is_worked_in, plan_path, read_journal
from labkit.lab.lab import Lab
from labkit.lab.listing import find_running
from labkit.lab.meta import Meta, read_meta, write_meta
from labkit.lab.replay import Tell, replay
from labkit.timing import scale
from labkit.world import World, list_worlds


@dataclass(frozen=True)
class Begun:
    """What a start did: `built` anew, `attached` to the running lab, or `resumed`.

    `again`: entries done again; `refused`: --resume was asked for, and this network has work of its own. `left`: work of
    an earlier network that is not in this one.
    """

    lab: Lab
    how: Literal["built", "attached", "resumed"]
    again: int = 0
    refused: bool = False
    left: Sequence[Entry] = ()


BUILDING = 30.0  # seconds that another process may take to build the lab we attach to


def start_lab(
    lab: str,
    *,
    student: str | None = None,
    fabric: str | None = None,
    resume: bool = False,
    tell: Tell = lambda _: None,
) -> Lab:
    """The running lab, or a new one: begin_lab's."""
    return begin_lab(lab, student=student, fabric=fabric, resume=resume, tell=tell).lab


def begin_lab(
    lab: str,
    *,
    student: str | None = None,
    fabric: str | None = None,
    resume: bool = False,
    tell: Tell = lambda _: None,
) -> Begun:
    """The running lab, or a new one, and which it is. UsageError when it runs for another student or on another fabric.

    `resume` replays what was done last into a new world, or into one in which nothing was done; `tell` gets each deed before it is done, and what is waited for.
    """
    folder = find_lab(lab)
    if folder.name in list_worlds():
        return _go_on(attach_lab(folder.name, student=student, fabric=fabric), tell, resume=resume)
    definition = read_definition(folder, student)
    journal = plan_path(definition.name, student)
    left = find_last_work(read_journal(journal))
    plan = build.Plan(definition, fabric or "netlink", journal, tell=tell)
    try:
        world = build.build_world(plan, Start())
    except UsageError:
        if folder.name not in list_worlds():
            raise
        return Begun(attach_lab(folder.name, student=student, fabric=fabric), "attached")  # somebody was faster
    started = Lab(definition, world)
    return _do_again(started, left, tell) if resume and left else Begun(started, "built", left=left)


def _go_on(running: Lab, tell: Tell, *, resume: bool) -> Begun:
    """The lab that runs; where nothing was done in it, an earlier one's work can be done there."""
    entries = running.read_entries()
    left = find_last_work(entries)
    if is_worked_in(entries):
        return Begun(running, "attached", refused=resume)
    if resume and left:
        running.reset()  # what was looked at only may have left something all the same
        return _do_again(running, left, tell)
    return Begun(running, "attached", left=left)


def _do_again(lab: Lab, work: Sequence[Entry], tell: Tell) -> Begun:
    if notes := replay(lab, work, lambda deed: tell(f"again: {deed}")):
        meta = read_meta(lab.world)
        write_meta(lab.world, dataclasses.replace(meta, notes=(*meta.notes, *notes)))
    return Begun(lab, "resumed", again=count_deeds(work))


def attach_lab(
    lab: str | None = None, *, student: str | None = None, fabric: str | None = None, having: Sequence[str] = ()
) -> Lab:
    """A running lab; without a name the only one, or the only one `having` these machines.

    UsageError when it runs for another student or on another fabric.
    """
    name = find_running(lab, having)
    world = World.attach(name)
    with contextlib.ExitStack() as stack:
        stack.callback(world.close)
        meta = _wait_until_built(world, name)
        for what, asked, there in (("student", student, meta.student), ("fabric", fabric, meta.fabric)):
            if asked is not None and asked != there:
                raise UsageError(
                    f"lab {name} is running with {what} {there or '(none)'}, not {asked}",
                    hint=f"labkit down {name} ends it",
                )
        attached = Lab(read_definition(find_lab(name), meta.student), world)
        stack.pop_all()
        return attached


@contextlib.contextmanager
def start_hidden_lab(lab: str, name: str, journal: Path, *, student: str | None = None) -> Iterator[Lab]:
    """A lab in a world of its own that is in no list, for the proof; it ends with the block."""
    definition = read_definition(find_lab(lab), student)
    plan = build.Plan(definition, "netlink", journal, hidden=True, name=name)
    world = build.build_world(plan, Start())
    try:
        yield Lab(definition, world, hidden=True)
    finally:
        world.end()


def _wait_until_built(world: World, name: str) -> Meta:
    if not world.wait_for_meta("ready", scale(BUILDING)):
        raise WorldError(f"lab {name} is still being built", hint=f"labkit down {name}, then labkit start {name}")
    return read_meta(world)
