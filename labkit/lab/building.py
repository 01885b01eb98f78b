"""Making a lab's world: machines and cables by one of the two builders, then the start commands."""

from __future__ import annotations

import datetime as dt
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import LabkitError, UsageError
from labkit.fabric import Topology, build_mininet, build_netlink
from labkit.lab.definition import Definition
from labkit.lab.journal import Entry, mend_journal
from labkit.net.read.network import list_objects, read_network
from labkit.world import World

DRAWN = 100  # machines; of a larger network no drawing is to be expected
_AT_ONCE = 16  # machines whose start commands run at the same time
FABRICS = ("netlink", "mininet")


@dataclass(frozen=True)
class Plan:
    """What a world is made from. `hidden`: for the proof; it is in no list and ends with its maker."""

    definition: Definition
    fabric: str
    journal: Path
    hidden: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        if self.fabric not in FABRICS:
            raise UsageError(f"there is no fabric {self.fabric!r}", hint=f"one of {', '.join(FABRICS)}")


def build_world(plan: Plan, beginning: Entry) -> World:
    """Start the world and build the lab in it; the journal gets `beginning`. Nothing remains when that fails."""
    mend_journal(plan.journal)
    work = os.environ.get("LABKIT_WORK")
    world = World.start(
        plan.name or plan.definition.name,
        owner=None if plan.hidden else find_owner(),
        journal=plan.journal,
        work=Path(work) if work else None,
        meta=_plan_meta(plan),
        hidden=plan.hidden,
    )
    try:
        notes = _build(world, plan.fabric, plan.definition.topology)
        _run_start_commands(world, plan.definition)
        world.write_journal(beginning.to_data())
        world.write_meta(ready=True, notes=notes, start=_list_start(world, plan))
        if not plan.hidden:
            world.keep()
    except BaseException:
        world.end()
        raise
    return world


def _list_start(world: World, plan: Plan) -> list[str]:
    """The objects of the start state, so that a drawing can mark what came later; not for the proof, which draws nothing."""
    machines = world.machines()
    return [] if plan.hidden or len(machines) > DRAWN else sorted(list_objects(read_network(machines)))


def find_owner() -> int | None:
    """The process with which a lab ends (`./lab up` says so in LABKIT_OWNER); None: it ends by itself when left alone."""
    text = os.environ.get("LABKIT_OWNER", "")
    if text and not text.isdecimal():
        raise UsageError(f"LABKIT_OWNER is {text!r}", hint="the number of a running process")
    return int(text) if text else None


def _build(world: World, fabric: str, topology: Topology) -> list[str]:
    """What the learner should be told about the network that was made, mostly nothing."""
    return list((build_mininet if fabric == "mininet" else build_netlink)(world, topology))


def _plan_meta(plan: Plan) -> dict[str, object]:
    return {
        "lab": plan.definition.name,
        "student": plan.definition.variant.student,
        "fabric": plan.fabric,
        "journal": str(plan.journal),
        "since": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "ready": False,
    }


def _run_start_commands(world: World, definition: Definition) -> None:
    """Those of one machine in their order, the machines at the same time."""
    names = dict.fromkeys(command.machine for command in definition.start)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda name: _run_those_of(world, name, definition), names))


def _run_those_of(world: World, machine: str, definition: Definition) -> None:
    held = world.machine(machine)
    for command in (each for each in definition.start if each.machine == machine):
        result = held.run(command.run)
        if result.status:
            raise LabkitError(
                f"start command on {machine}: {command.run}: status {result.status}: {result.stderr.strip()}",
                hint=f"the lab's own file is wrong: labs/{definition.name}/lab.toml",
            )
