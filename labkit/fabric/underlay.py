"""Who shares a LAN. In large ones every node is told its neighbours: the host's neighbour table would run over.

The kernel counts the ARP entries of all namespaces against one limit, 1,024 by default, that no world can raise; permanent
entries are not counted (net/core/neighbour.c, gc_thresh3).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import comb
from typing import Final

from labkit.fabric.topology import Port, Topology, plan_mac

MOST_PAIRS: Final = 500  # each needs two entries
UNDERLAY: Final = ("node", "router")


@dataclass(frozen=True)
class Neighbor:
    """On `machine`, `address` is reached through `port` and has `mac`."""

    machine: str
    port: str
    address: str
    mac: str


def plan_lans(topology: Topology) -> list[list[Port]]:
    """The machines' ports grouped by the wire they share: one cable, or switches cabled together."""
    switches = {switch.name for switch in topology.switches}
    joined = {name: name for name in switches}

    def root(switch: str) -> str:
        return switch if joined[switch] == switch else root(joined[switch])

    for link in topology.links:
        if link.a.machine in switches and link.b.machine in switches:
            joined[root(link.a.machine)] = root(link.b.machine)
    lans: dict[str, list[Port]] = {}
    for link in topology.links:
        roots = [root(port.machine) for port in link.ports if port.machine in switches]
        wire = roots[0] if roots else str(link)
        lans.setdefault(wire, []).extend(port for port in link.ports if port.machine not in switches)
    return list(lans.values())


def plan_neighbors(topology: Topology) -> list[Neighbor]:
    """The neighbours of all nodes and routers when there are more than MOST_PAIRS pairs of them, else none."""
    kinds = {machine.name: machine.kind for machine in topology.machines}
    lans = [[port for port in lan if kinds[port.machine] in UNDERLAY] for lan in plan_lans(topology)]
    if sum(comb(len(lan), 2) for lan in lans) <= MOST_PAIRS:
        return []
    return [neighbor for lan in lans for neighbor in _introduce(lan)]


def _introduce(lan: Sequence[Port]) -> Iterator[Neighbor]:
    addresses = {port: [ipaddress.ip_interface(address) for address in port.addresses] for port in lan}
    macs = {port: plan_mac(port.machine, port.name) for port in lan}
    for here, there in permutations(lan, 2):
        for address in addresses[there]:
            if any(address.ip in own.network for own in addresses[here]):
                yield Neighbor(here.machine, here.name, str(address.ip), macs[there])


def render_notes(topology: Topology) -> tuple[str, ...]:
    """What to tell the learner about it."""
    count = len(plan_neighbors(topology))
    note = (
        f"The nodes of this fabric know each other's MAC addresses from the start ({count} permanent neighbours): learnt"
        " by ARP they would not fit into this computer's neighbour table, which all labs share (net.ipv4.neigh.default.gc_thresh3)."
    )
    return (note,) if count else ()
