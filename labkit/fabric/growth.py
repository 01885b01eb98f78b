"""How many routes a pod network needs as nodes come: counted in networks that are really built, and gone afterwards."""

from __future__ import annotations

import os
from typing import Final

from labkit.errors import UsageError
from labkit.fabric.netlink import build_netlink
from labkit.fabric.topology import Link, Machine, Port, Route, Switch, Topology
from labkit.net import read_routes
from labkit.world import World

DESIGNS: Final = ("mesh", "router")
MOST: Final = 200  # nodes: their addresses and prefixes are one byte


def plan_growth(nodes: int, design: str) -> Topology:
    """`nodes` nodes on one switch, each with a prefix of pods: routes on every node ("mesh"), or one router that knows them all."""
    if design not in DESIGNS or not 1 <= nodes <= MOST:
        raise UsageError(f"{nodes} nodes, design {design!r}", hint=f"1 to {MOST} nodes, design {' or '.join(DESIGNS)}")
    numbers = range(1, nodes + 1)
    machines = [Machine(f"node{each}", "node", routes=_plan_routes(each, numbers, design)) for each in numbers]
    links = [
        Link(Port(f"node{each}", "eth0", (f"192.168.0.{each}/24",)), Port("s1", f"s1-eth{each}")) for each in numbers
    ]
    if design == "router":
        everywhere = tuple(Route(f"10.244.{each}.0/24", via=f"192.168.0.{each}") for each in numbers)
        machines.append(Machine("router1", "router", routes=everywhere))
        links.append(Link(Port("router1", "eth0", ("192.168.0.254/24",)), Port("s1", f"s1-eth{nodes + 1}")))
    return Topology(tuple(machines), (Switch("s1"),), tuple(links))


def _plan_routes(own: int, numbers: range, design: str) -> tuple[Route, ...]:
    if design == "router":
        return (Route("10.244.0.0/16", via="192.168.0.254"),)
    return tuple(Route(f"10.244.{each}.0/24", via=f"192.168.0.{each}") for each in numbers if each != own)


def count_routes(nodes: int, *, design: str) -> int:
    """Build the network, read every machine's routes from the kernel, and count those that lead to pods."""
    topology = plan_growth(nodes, design)
    with World.start(f"growth-{os.getpid()}", hidden=True) as world:
        build_netlink(world, topology)
        counted = sum(len([route for route in read_routes(machine) if route.via]) for machine in world.machines())
        world.end()  # and is gone: the next one has its name
        return counted
