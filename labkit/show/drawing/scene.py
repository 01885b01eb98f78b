"""The network as the drawing needs it: interfaces on machines, cables between them; no coordinates yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from labkit.net.read.links import Link
from labkit.net.read.network import (
    End,
    MachineNetwork,
    Network,
    name_address,
    name_link,
    name_machine,
    name_route,
)
from labkit.net.read.routes import Route
from labkit.show.drawing.parts import Shape
from labkit.world.places import FABRIC

FABRIC_KIND = "fabric"


@dataclass(frozen=True)
class Interface:
    """One dot to be. `labels`: name and addresses, as lines; `added` since the lab's start."""

    end: End
    labels: tuple[str, ...]
    kind: str
    up: bool
    master: str | None
    added: bool


@dataclass(frozen=True)
class Program:
    """An agent: `interfaces` whose frames it takes are its own; `port` is UDP's, by which it gets what others have wrapped."""

    name: str
    port: int
    interfaces: tuple[Interface, ...]


@dataclass(frozen=True)
class Place:
    """One box to be: a machine, or a switch of the fabric."""

    name: str
    shape: Shape
    node: str | None
    interfaces: tuple[Interface, ...]
    added: bool
    programs: tuple[Program, ...] = ()


@dataclass(frozen=True)
class Way:
    """A route to be: from an interface to the interface that owns the next hop's address."""

    start: End
    end: End
    title: str
    added: bool


@dataclass(frozen=True)
class Tunnel:
    """`ends` are (machine, interface), or (machine, agent)."""

    title: str
    ends: tuple[End, ...]


@dataclass(frozen=True)
class Scene:
    """`cables` by both ends; `tunnels`: groups of interfaces, or of agents, that wrap packets for each other."""

    places: tuple[Place, ...]
    cables: Mapping[End, End]
    ways: tuple[Way, ...]
    tunnels: tuple[Tunnel, ...]


def plan_scene(network: Network, start: Collection[str]) -> Scene:
    """`start`: the objects of the start state by name; without any, nothing is marked as added."""
    known = frozenset(start) or None
    places = [place for machine in network.machines for place in _list_places(machine, known)]
    cables = dict(network.cables) | {b: a for a, b in network.cables}
    return Scene(
        tuple(places),
        {place_end(a): place_end(b) for a, b in cables.items()},
        tuple(_list_ways(network, known)),
        tuple(_list_tunnels(network)),
    )


def place_end(end: End) -> End:
    """Where an interface is drawn. A switch's port is the switch's: s1-eth1 in the hidden machine is on s1."""
    machine, link = end
    return (link.rpartition("-")[0] or link, link) if machine == FABRIC else end


def _list_places(machine: MachineNetwork, known: frozenset[str] | None) -> Iterator[Place]:
    if machine.kind == FABRIC_KIND:
        for bridge in [link for link in machine.links if link.kind == "bridge"]:
            ports = [_plan_interface(machine, link, None) for link in machine.links if link.master == bridge.name]
            yield Place(bridge.name, "switch", None, tuple(ports), added=False)
        return
    shape: Shape = machine.kind  # type: ignore[assignment] # the world's kinds besides fabric are the shapes
    interfaces = tuple(_plan_interface(machine, link, known) for link in machine.links)
    programs = tuple(_list_programs(machine, interfaces))
    taken = {interface.end for program in programs for interface in program.interfaces}
    free = tuple(interface for interface in interfaces if interface.end not in taken)
    yield Place(machine.name, shape, machine.node, free, _is_new(name_machine(machine), known), programs)


def _list_programs(machine: MachineNetwork, interfaces: Sequence[Interface]) -> Iterator[Program]:
    """An only agent that takes no link's frames has the tunnel devices (tun), if there are any."""
    for agent in machine.agents:
        own = [each for each in interfaces if each.end[1] in agent.links]
        if not own and len(machine.agents) == 1:
            own = [each for each in interfaces if each.kind == "tun"]
        yield Program(agent.name, agent.port, tuple(own))


def _is_new(name: str, known: frozenset[str] | None) -> bool:
    return known is not None and name not in known


def _plan_interface(machine: MachineNetwork, link: Link, known: frozenset[str] | None) -> Interface:
    mine = [address for address in machine.addresses if address.link == link.name]
    new = [_is_new(name_address(machine, address), known) for address in mine]
    added = _is_new(name_link(machine, link), known)
    marked = [
        f"+{address.prefix}" if fresh and not added else address.prefix
        for address, fresh in zip(mine, new, strict=True)
    ]
    labels = (f"+{link.name}" if added else link.name, *marked, *(() if link.up else ("(down)",)))
    return Interface(place_end((machine.name, link.name)), labels, link.kind, link.up, link.master, added or any(new))


def _list_ways(network: Network, known: frozenset[str] | None) -> Iterator[Way]:
    owners = {
        address.address: (machine.name, address.link) for machine in network.machines for address in machine.addresses
    }
    for machine in network.machines:
        for route in machine.routes:
            for via, dev in _list_hops(route):
                owner = owners.get(via or "")
                if owner and dev and owner[0] != machine.name:
                    title = f"{machine.name}: {route.destination} via {via} dev {dev}"
                    yield Way((machine.name, dev), owner, title, _is_new(name_route(machine, route), known))


def _list_hops(route: Route) -> list[tuple[str | None, str | None]]:
    return [(hop.via, hop.dev) for hop in route.nexthops] or [(route.via, route.dev)]


def _list_tunnels(network: Network) -> Iterator[Tunnel]:
    """VXLAN links of one VNI and port belong together, and agents of one name and port."""
    groups: dict[str, list[End]] = {}
    for machine in network.machines:
        for link in machine.links:
            if link.kind == "vxlan":
                number, port = link.options.get("id", "by flow"), link.options.get("port", "")
                groups.setdefault(f"VXLAN {number} over UDP port {port}", []).append((machine.name, link.name))
        for agent in machine.agents:
            groups.setdefault(f"{agent.name} over UDP port {agent.port}", []).append((machine.name, agent.name))
    for said, ends in groups.items():
        if len(ends) > 1:
            names = " and ".join(f"{machine}:{name}" for machine, name in ends)
            yield Tunnel(f"{names} wrap packets for each other: {said}", tuple(ends))
