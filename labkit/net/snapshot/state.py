"""Everything about one machine that a solution may have made, read at one time."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.net.machine import Readable
from labkit.net.netfilter.rule import Ruleset
from labkit.net.netfilter.ruleset import read_ruleset
from labkit.net.read.addresses import Address, read_addresses
from labkit.net.read.links import BridgePort, Link, read_bridge_ports, read_links
from labkit.net.read.neighbors import FdbEntry, Neighbor, read_fdb, read_neighbors, read_proxies
from labkit.net.read.routes import Route, read_routes
from labkit.net.read.rules import RoutingRule, read_rules
from labkit.net.read.sysctls import read_sysctls

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
    """Read all of it, one command of the judge for each table."""
    return MachineState(
        links=tuple(read_links(machine)),
        ports=tuple(read_bridge_ports(machine)),
        addresses=tuple(read_addresses(machine)),
        routes=tuple(read_routes(machine, "all")),
        neighbors=(*read_neighbors(machine), *read_proxies(machine)),
        fdb=tuple(read_fdb(machine)),
        rules=tuple(read_rules(machine)),
        sysctls=read_sysctls(machine, SYSCTLS),
        netfilter=read_ruleset(machine),
    )
