"""A lab's network as it is now, and as it was at the start: one value to be drawn or compared."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.net.read.network import Network, read_network
from labkit.world import World


@dataclass(frozen=True)
class LiveNetwork:
    """`start`: names of the objects of the start state (net.read.network); empty when they are not known."""

    lab: str
    network: Network
    start: frozenset[str] = frozenset()


def read_live_network(lab: str, world: World) -> LiveNetwork:
    """Machines, links, routes and cables from the kernel, the switches of the fabric included."""
    network = read_network([*world.machines(), world.machine("fabric")])
    return LiveNetwork(lab, network, frozenset(world.read_meta().get("start", ())))
