"""The default builder: a topology made by rtnetlink batches, one socket and few system calls for each machine."""

from __future__ import annotations

from collections.abc import Mapping

from labkit.fabric.forwarding import wait_forwarding
from labkit.fabric.machines import add_machines
from labkit.fabric.shaping import ensure_shaping
from labkit.fabric.topology import FABRIC, Link, Port, Topology, plan_mac
from labkit.fabric.underlay import plan_neighbors, render_notes
from labkit.net import Batch, commit_all
from labkit.world import Machine, World


def build_netlink(world: World, topology: Topology) -> tuple[str, ...]:
    """Make the topology's machines and cables, and wait until its switches forward.

    Gives back what the learner should be told (permanent neighbours), mostly nothing.
    Raises NetError as the kernel refuses, WorldError when it can't do a link's rate or delay.
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
    switches = {switch.name for switch in topology.switches}
    place = {name: number for number, name in enumerate(batches)}

    def home(port: Port) -> str:
        return FABRIC if port.machine in switches else port.machine

    for switch in topology.switches:
        batches[FABRIC].add_link(switch.name, kind="bridge", mac=plan_mac(FABRIC, switch.name), up=True)
    for link in topology.links:
        first, second = sorted(link.ports, key=lambda port: place[home(port)])
        _add_cable(batches[home(first)], link, (first, second), machines[home(second)])
    for port in topology.ports:
        _set_port(batches[home(port)], port, port.machine if port.machine in switches else None)
    _add_routes(batches, topology)
    return list(batches.values())


def _add_cable(batch: Batch, link: Link, ports: tuple[Port, Port], other: Machine) -> None:
    first, second = ports
    macs = plan_mac(first.machine, first.name), plan_mac(second.machine, second.name)
    if other.name == batch.machine.name:
        batch.add_link(first.name, kind="veth", mac=macs[0], mtu=link.mtu, peer=second.name, peer_mac=macs[1])
    else:
        batch.add_link(
            first.name, kind="veth", mac=macs[0], mtu=link.mtu, peer=second.name, peer_mac=macs[1], peer_machine=other
        )


def _set_port(batch: Batch, port: Port, switch: str | None) -> None:
    for address in port.addresses:
        batch.add_address(address, port.name, broadcast="+")
    if switch:
        batch.set_link(port.name, master=switch, up=port.up)
    else:
        batch.set_link(port.name, up=port.up)


def _add_routes(batches: Mapping[str, Batch], topology: Topology) -> None:
    for batch in batches.values():
        batch.set_link("lo", up=True)
    for machine in topology.machines:
        for route in machine.routes:
            if route.via and route.dev:
                batches[machine.name].add_route(route.to, via=route.via, dev=route.dev)
            elif route.via:
                batches[machine.name].add_route(route.to, via=route.via)
            elif route.dev:
                batches[machine.name].add_route(route.to, dev=route.dev)
    for neighbor in plan_neighbors(topology):
        batches[neighbor.machine].add_neighbor(neighbor.address, neighbor.port, mac=neighbor.mac)
