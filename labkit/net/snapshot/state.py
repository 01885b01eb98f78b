"""Everything about one machine that a solution may have made, read at one time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from labkit.net.machine import Readable
from labkit.net.netfilter.rule import Ruleset
from labkit.net.netfilter.ruleset import read_ruleset
from labkit.net.read.addresses import Address, parse_addresses
from labkit.net.read.command import read_lists
from labkit.net.read.links import BridgePort, Link, parse_bridge_ports, parse_link
from labkit.net.read.neighbors import FdbEntry, Neighbor, parse_fdb, parse_neighbor
from labkit.net.read.routes import Route, parse_route
from labkit.net.read.rules import RoutingRule, parse_rule
from labkit.net.read.sysctls import read_sysctls

_OF_IP: Final = ("link", "addr", "route show table all", "neigh", "neigh show proxy", "rule")
_OF_BRIDGE: Final = ("link", "fdb")
SYSCTLS = ("net.ipv4.ip_forward", "net.ipv4.conf", "net.bridge")


@dataclass(frozen=True, slots=True)
class MachineState:
    """The kernel's tables of one machine."""

    links: tuple[Link, ...]
    ports: tuple[BridgePort, ...]
    addresses: tuple[Address, ...]
    routes: tuple[Route, ...]
    neighbors: tuple[Neighbor, ...]
    fdb: tuple[FdbEntry, ...]
    rules: tuple[RoutingRule, ...]
    sysctls: dict[str, str]
    netfilter: Ruleset


def read_state(machine: Readable) -> MachineState:
    """Read all of it, one command of the judge for all tables of a program."""
    links, addresses, routes, neighbors, proxies, rules = read_lists(machine, ("ip", "-j", "-d", "-4"), _OF_IP)
    ports, fdb = read_lists(machine, ("bridge", "-j", "-d"), _OF_BRIDGE)
    return MachineState(
        links=tuple(map(parse_link, links)),
        ports=tuple(parse_bridge_ports(ports)),
        addresses=tuple(parse_addresses(addresses)),
        routes=tuple(parse_route(entry, "all") for entry in routes),
        neighbors=tuple(map(parse_neighbor, (*neighbors, *proxies))),
        fdb=tuple(map(parse_fdb, fdb)),
        rules=tuple(map(parse_rule, rules)),
        sysctls=read_sysctls(machine, SYSCTLS),
        netfilter=read_ruleset(machine),
    )
