"""Making a lab's world: machines and cables by one of the two builders, then the start commands."""

from __future__ import annotations

import datetime as dt
import os
import shlex
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.cluster import outfit_topology, start_cluster
from labkit.cluster.values import find_address
from labkit.errors import LabkitError, UsageError
from labkit.fabric import Topology, build_mininet, build_netlink
from labkit.lab.definition import Definition
from labkit.lab.entries import Entry
from labkit.lab.journal import ensure_journal
from labkit.lab.meta import Meta, write_meta
from labkit.lab.outfit import find_outfit
from labkit.lab.surroundings import find_owner, find_work
from labkit.net.read.network import list_objects, read_network
from labkit.programs import ensure_programs
from labkit.world import Machine, World
from labkit.world.values import Command

DRAWN = 100  # machines; of a larger network no drawing is to be expected
_AT_ONCE = 16  # machines whose start commands run at the same time
FABRICS = ("netlink", "mininet")
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What a world is made from. `hidden`: for the proof; it is in no list and ends with its maker. `tell`: what takes a while."""

    definition: Definition
    fabric: str
    journal: Path
    hidden: bool = False
    name: str = ""
    tell: Tell = lambda _: None

    def __post_init__(self) -> None:
        if self.fabric not in FABRICS:
            raise UsageError(f"there is no fabric {self.fabric!r}", hint=f"one of {', '.join(FABRICS)}")


def build_world(plan: Plan, beginning: Entry) -> World:
    """Start the world and build the lab in it; the journal gets `beginning`. Nothing remains when that fails."""
    ensure_journal(plan.journal)
    meta = _plan_meta(plan)
    cluster = plan.definition.cluster
    binaries = ensure_programs(plan.tell) if cluster else None
    world = World.start(
        plan.name or plan.definition.name,
        owner=meta.owner,
        journal=plan.journal,
        work=find_work(),
        meta=meta.to_data(),
        outfit=find_outfit(binaries=binaries, open_switches=plan.fabric == "mininet"),
        hidden=plan.hidden,
    )
    try:
        topology = plan.definition.topology
        notes = _build(world, plan.fabric, outfit_topology(cluster, topology) if cluster else topology)
        _begin(world, plan)
        world.write_journal(beginning.to_data())
        write_meta(world, replace(meta, ready=True, notes=tuple(notes), start=_list_start(world, plan)))
        if not plan.hidden:
            world.keep()
    except BaseException:
        world.end()
        raise
    return world


def _list_start(world: World, plan: Plan) -> frozenset[str]:
    """The objects of the start state, so that a drawing can mark what came later; not for the proof, which draws nothing."""
    machines = world.machines()
    return frozenset() if plan.hidden or len(machines) > DRAWN else frozenset(list_objects(read_network(machines)))


def _build(world: World, fabric: str, topology: Topology) -> list[str]:
    """What the learner should be told about the network that was made, mostly nothing."""
    return list((build_mininet if fabric == "mininet" else build_netlink)(world, topology))


def _plan_meta(plan: Plan) -> Meta:
    since = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    owner = None if plan.hidden else find_owner()
    return Meta(plan.definition.name, plan.definition.variant.student, plan.fabric, plan.journal, since, owner=owner)


def _begin(world: World, plan: Plan) -> None:
    """Daemons and the cluster at the same time; the start commands when the former run and the latter takes objects."""
    definition, cluster = plan.definition, plan.definition.cluster
    daemons = [(each.machine, ["daemon", "start", *each.wish.render_words()]) for each in definition.daemons]
    with ThreadPoolExecutor(1) as pool:
        started = pool.submit(_run_all, world, definition, daemons)

        def go_on() -> None:
            started.result()
            _run_all(world, definition, [(each.machine, each.run) for each in definition.start])

        if cluster:
            start_cluster(world, cluster, find_address(definition.topology, cluster.control), plan.tell, go_on)
        else:
            go_on()


def _run_all(world: World, definition: Definition, wanted: Sequence[tuple[str, Command]]) -> None:
    """(machine, command): those of one machine in their order, the machines at the same time."""
    commands: dict[str, list[Command]] = {}
    for name, command in wanted:
        commands.setdefault(name, []).append(command)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda name: _run_those_of(world.machine(name), commands[name], definition.name), commands))


def _run_those_of(machine: Machine, commands: Sequence[Command], lab: str) -> None:
    patience = {key: os.environ[key] for key in ("LABKIT_TIMEOUT_SCALE",) if key in os.environ}
    for command in commands:
        result = machine.run(command, env=patience)
        if result.status:
            typed = command if isinstance(command, str) else shlex.join(command)
            raise LabkitError(
                f"start command on {machine.name}: {typed}: status {result.status}: {result.stderr.strip()}",
                hint=f"the lab's own file is wrong: labs/{lab}/lab.toml",
            )
