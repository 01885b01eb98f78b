"""The default builder: a topology made by rtnetlink batches, one socket and few system calls for each machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from labkit.fabric.forwarding import wait_forwarding
from labkit.fabric.machines import add_machines
from labkit.fabric.shaping import ensure_shaping
from labkit.fabric.topology import Link, Port, Topology, plan_mac
from labkit.fabric.underlay import plan_neighbors, render_notes
from labkit.net import Batch, commit_all
from labkit.net.write.kinds import LinkOptions
from labkit.net.write.route import RouteOptions
from labkit.world import Machine, World
from labkit.world.places import FABRIC

# Unlike its peer's, which counts from 2: of two ends with the same index the kernel takes the peer for no other device
# and may report the carrier a second late (net/core/link_watch.c, linkwatch_urgent_event).
FIRST_PORT_INDEX: Final = 1001
SHORTEST_LAN: Final = 31


def build_netlink(world: World, topology: Topology) -> tuple[str, ...]:
    """Make the topology's machines and cables, and wait until its switches forward.

    Gives back what the learner should be told (permanent neighbours), mostly nothing.
    Raises NetError as the kernel refuses, WorldError when it can't do a link's rate, delay or loss.
    """
    machines = add_machines(world, topology)
    commit_all(plan_batches(topology, machines))
    ensure_shaping(topology, machines)
    wait_forwarding(topology, machines[FABRIC])
    return render_notes(topology)


def plan_batches(topology: Topology, machines: Mapping[str, Machine]) -> list[Batch]:
    """One batch for each machine, to be committed in this order: the machines as listed, then `fabric`.

    A cable is made by its end that comes first, so that both ends are there when the later one sets up its own.
    """
    batches = {name: Batch(machines[name]) for name in (*(each.name for each in topology.machines), FABRIC)}
    place = {name: number for number, name in enumerate(batches)}
    for batch in batches.values():
        batch.set_link("lo", up=True)
    for switch in topology.switches:
        batches[FABRIC].add_link(switch.name, kind="bridge", mac=plan_mac(FABRIC, switch.name), up=True)
    for number, link in enumerate(topology.links, FIRST_PORT_INDEX):
        first, second = sorted(link.ports, key=lambda port: place.get(port.machine, len(place)))
        other = machines.get(second.machine, machines[FABRIC])
        _add_cable(batches.get(first.machine, batches[FABRIC]), link, (first, second), other, number)
    for port in topology.ports:
        _set_port(batches, port)
    add_routes(batches, topology)
    return list(batches.values())


def _add_cable(batch: Batch, link: Link, ports: tuple[Port, Port], other: Machine, number: int) -> None:
    first, second = ports
    options = LinkOptions(
        mac=plan_mac(first.machine, first.name), mtu=link.mtu,
        peer=second.name, peer_mac=plan_mac(second.machine, second.name), queues=1,
    )  # fmt: skip
    if other.name != batch.machine.name:
        options["peer_machine"] = other
        if other.name == FABRIC:
            options["peer_index"] = number
    batch.add_link(first.name, kind="veth", **options)


def _set_port(batches: Mapping[str, Batch], port: Port) -> None:
    if port.machine not in batches:
        batches[FABRIC].set_link(port.name, master=port.machine, up=port.up)
        return
    batch = batches[port.machine]
    for address in port.addresses:
        add_address(batch, address, port.name)
    batch.set_link(port.name, up=port.up)


def add_address(batch: Batch, address: str, port: str) -> None:
    """Add it with its network's broadcast address, as ifconfig and DHCP clients do."""
    if has_broadcast(address):
        batch.add_address(address, port, broadcast="+")
    else:
        batch.add_address(address, port)


def has_broadcast(address: str) -> bool:
    """Whether its network has a broadcast address: not a /31 (RFC 3021) or a single address."""
    return int(address.partition("/")[2] or 32) < SHORTEST_LAN


def add_routes(batches: Mapping[str, Batch], topology: Topology) -> None:
    """Add routes, and the neighbours of a large underlay, to the batches of their machines."""
    for machine in topology.machines:
        for route in machine.routes:
            options = RouteOptions()
            if route.via:
                options["via"] = route.via
            if route.dev:
                options["dev"] = route.dev
            batches[machine.name].add_route(route.to, **options)
    for neighbor in plan_neighbors(topology):
        batches[neighbor.machine].add_neighbor(neighbor.address, neighbor.port, mac=neighbor.mac)
