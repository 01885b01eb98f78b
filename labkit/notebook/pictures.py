"""`%topology`, `%matrix`, `%journey`: the live network, asked and shown."""

from __future__ import annotations

from labkit.check import LiveLab
from labkit.net.read.network import read_network
from labkit.probe import Matrix
from labkit.probe import read_matrix as read_reachability
from labkit.show.live import LiveNetwork


def read_topology(lab: LiveLab) -> LiveNetwork:
    """Machines, links and routes as the kernel has them now."""
    world = lab.world
    network = read_network([*world.machines(), world.machine("fabric")])
    return LiveNetwork(lab.name, network, frozenset(world.read_meta().get("start", ())))


def read_matrix(lab: LiveLab) -> Matrix:
    """Every machine against every machine."""
    return read_reachability(lab.world)
