"""The network as text and as data for JSON; a mark stands where something came since the lab's start."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from labkit.net.read.agents import Agent
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
from labkit.show.text import render_table
from labkit.world.places import FABRIC

ADDED = "+ added"


def render_network(network: Network, start: Collection[str] = ()) -> str:
    """Machines, their links and routes; `+ added` marks what is not among the objects of the start state."""
    start = frozenset(start)
    cables = dict(network.cables) | {b: a for a, b in network.cables}
    parts = [_render_machine(machine, cables, start) for machine in network.machines if machine.kind != "fabric"]
    return "\n\n".join(parts)


def _render_machine(machine: MachineNetwork, cables: dict[End, End], start: frozenset[str]) -> str:
    place = f"{machine.kind} on {machine.node}" if machine.node else machine.kind
    head = f"{machine.name} ({place})  {_mark(name_machine(machine), start)}".rstrip()
    rows = [_plan_link_row(machine, link, cables, start) for link in machine.links]
    routes = [(_render_route(route), _mark(name_route(machine, route), start)) for route in machine.routes]
    agents = [(f"agent {agent.name}", _render_agent(agent)) for agent in machine.agents]
    tables = [render_table(table) for table in (rows, agents, routes) if table]
    return "\n".join([head, *("  " + line for table in tables for line in table.splitlines())])


def _render_agent(agent: Agent) -> str:
    takes = f"takes the frames of {', '.join(agent.links)}, " if agent.links else ""
    return f"{takes}sends and gets wrapped packets by UDP port {agent.port}"


def _mark(name: str, start: frozenset[str]) -> str:
    return ADDED if start and name not in start else ""


def _plan_link_row(
    machine: MachineNetwork, link: Link, cables: dict[End, End], start: frozenset[str]
) -> tuple[str, ...]:
    mine = [address for address in machine.addresses if address.link == link.name]
    marks = {
        _mark(name_link(machine, link), start),
        *(_mark(name_address(machine, address), start) for address in mine),
    }
    addresses = ", ".join(address.prefix for address in mine) or "no address"
    return link.name, addresses, "up" if link.up else "down", ", ".join(_list_ties(machine, link, cables)), max(marks)


def _list_ties(machine: MachineNetwork, link: Link, cables: dict[End, End]) -> Iterator[str]:
    peer = cables.get((machine.name, link.name))
    if peer:
        yield f"cabled to {render_end(peer)}"
    if link.master:
        yield f"port of {link.master}"
    ports = [other.name for other in machine.links if other.master == link.name]
    if link.kind == "bridge":
        yield f"bridge of {', '.join(ports)}" if ports else "bridge without ports"
    elif link.kind not in ("veth", ""):
        yield link.kind


def render_end(end: End) -> str:
    """`web:eth0`, `switch s1`."""
    machine, link = end
    return f"switch {link.rpartition('-')[0]}" if machine == FABRIC else f"{machine}:{link}"


def _render_route(route: Route) -> str:
    """As `ip route` prints it, the parts that decide."""
    hops = [f"via {hop.via} dev {hop.dev}" for hop in route.nexthops]
    words = [
        route.kind if route.kind != "unicast" else "",
        route.destination,
        f"encap {route.encap}" if route.encap else "",
        f"via {route.via}" if route.via else "",
        f"dev {route.dev}" if route.dev else "",
        " or ".join(hops),
        f"proto {route.proto}",
        f"metric {route.metric}" if route.metric else "",
        *sorted(route.flags),
    ]
    return " ".join(word for word in words if word)


def plan_network(network: Network, start: Collection[str] = ()) -> dict[str, Any]:
    """For JSON: machines with links and routes, and the cables."""
    start = frozenset(start)
    machines = [_plan_machine(machine, start) for machine in network.machines if machine.kind != "fabric"]
    cables = [[render_end(a), render_end(b)] for a, b in network.cables]
    return {"machines": machines, "cables": cables}


def _plan_machine(machine: MachineNetwork, start: frozenset[str]) -> dict[str, Any]:
    links = [
        {
            "name": link.name, "kind": link.kind, "mac": link.mac, "mtu": link.mtu, "up": link.up, "master": link.master,
            "addresses": [address.prefix for address in machine.addresses if address.link == link.name],
            "added": bool(_mark(name_link(machine, link), start)),
        }
        for link in machine.links
    ]  # fmt: skip
    routes = [
        {
            "to": route.destination, "via": route.via, "dev": route.dev, "proto": route.proto,
            "added": bool(_mark(name_route(machine, route), start)),
        }
        for route in machine.routes
    ]  # fmt: skip
    agents = [{"name": each.name, "port": each.port, "links": list(each.links)} for each in machine.agents]
    return {
        "name": machine.name, "kind": machine.kind, "node": machine.node,
        "added": bool(_mark(name_machine(machine), start)), "links": links, "routes": routes, "agents": agents,
    }  # fmt: skip
