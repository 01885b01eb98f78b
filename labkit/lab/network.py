"""A lab's network as it is now, and as it was at the start or before it was broken: values to be drawn or compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from labkit.lab.definition import Definition
from labkit.lab.meta import read_meta, write_meta
from labkit.net.read.network import Network, read_network
from labkit.probe import Matrix, read_matrix
from labkit.probe.matrix import Pair
from labkit.world import World
from labkit.world.places import FABRIC

LARGE: Final = 40  # machines


@dataclass(frozen=True)
class LiveNetwork:
    """`start`: names of the objects of the start state (net.read.network); empty when they are not known."""

    lab: str
    network: Network
    start: frozenset[str] = frozenset()


def read_live_network(lab: str, world: World) -> LiveNetwork:
    """Machines, links, routes and cables from the kernel, the switches of the fabric included."""
    network = read_network([*world.machines(), world.machine(FABRIC)])
    return LiveNetwork(lab, network, read_meta(world).start)


def read_lab_matrix(definition: Definition, world: World) -> Matrix:
    """Who reaches whom now, with what is no fault: pairs that lab.toml says need not talk, and those red before the break."""
    matrix = read_matrix(world)
    kinds = {machine.name: machine.kind for machine in world.machines()}
    apart = frozenset(pair for pair in matrix.cells if any(_fits(pair, rule, kinds) for rule in definition.apart))
    return dataclasses.replace(matrix, apart=apart, before=read_meta(world).unreached)


def _fits(pair: Pair, rule: Pair, kinds: Mapping[str, str]) -> bool:
    """A rule's words are machines' names, kinds, or * for any."""
    return all(word in ("*", name, kinds.get(name)) for name, word in zip(pair, rule, strict=True))


def note_unreached(world: World) -> None:
    """Keep who does not reach whom now, before something is broken; not of a large network, where that would be long."""
    matrix = read_matrix(world)
    if len(matrix.machines) <= LARGE:
        write_meta(world, dataclasses.replace(read_meta(world), unreached=matrix.list_unreached()))
