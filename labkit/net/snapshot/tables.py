"""Addresses, routes, neighbours, forwarding entries and rules as objects; what the kernel makes itself is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from labkit.net.read.addresses import Address
from labkit.net.read.neighbors import FdbEntry, Neighbor
from labkit.net.read.routes import Route
from labkit.net.read.rules import RoutingRule
from labkit.net.snapshot.item import Item, line
from labkit.net.snapshot.state import MachineState

_DEFAULT_RULES: Final = {(0, "local"), (32766, "main"), (32767, "default")}
_KEPT: Final = frozenset({"kernel", "bird"})  # the kernel and BIRD put these back by themselves, and take them away
_GROUP_MACS: Final = ("33:33:", "01:00:5e:", "01:80:c2:")
_STATIC: Final = frozenset({"permanent", "static"})


def list_table_items(state: MachineState) -> Iterator[Item]:
    """Every object of these tables that was made, and stays, by somebody's hand."""
    own = {link.mac for link in state.links}
    yield from (_address_item(address) for address in state.addresses if not _is_loopback(address))
    yield from (_route_item(route) for route in state.routes if route.proto not in _KEPT)
    yield from (_neighbor_item(entry) for entry in state.neighbors if entry.state in {"PERMANENT", "PROXY"})
    yield from (_fdb_item(entry) for entry in state.fdb if _is_made(entry, own))
    yield from (_rule_item(rule) for rule in state.rules if (rule.priority, rule.table) not in _DEFAULT_RULES)


def _is_loopback(address: Address) -> bool:
    # The kernel adds it when lo comes up.
    return address.link == "lo" and address.prefix == "127.0.0.1/8"


def _address_item(address: Address) -> Item:
    peer = f" peer {address.peer}/{address.length}" if address.peer else ""
    what = f"{address.address if peer else address.prefix}{peer} dev {address.link}"
    flag = " noprefixroute" if address.noprefixroute else ""
    return Item(
        f"address {what}", flag, f"address {what}", line(f"ip addr add {what}{flag}"), line(f"ip addr del {what}")
    )


def _route_item(route: Route) -> Item:
    table = "" if route.table == "main" else f" table {route.table}"
    kind = "" if route.kind == "unicast" else f"{route.kind} "
    metric = f" metric {route.metric}" if route.metric else ""
    target = f"{kind}{route.destination}"
    via = f" via {route.via}" if route.via else ""
    dev = f" dev {route.dev}" if route.dev else ""
    hops = "".join(f" nexthop via {hop.via} dev {hop.dev} weight {hop.weight}" for hop in route.nexthops)
    label = f"route {target}{via or dev}{hops}{metric}{table}"
    # Deleting names what makes it this route and no other; adding it again needs the rest as well.
    key = f"{target} proto {route.proto}{metric}{table}{via}{dev}"
    rest = "".join(_list_route_options(route)) + hops
    return Item(label, rest, label, line(f"ip route add {key}{rest}"), line(f"ip route del {key}{hops}"))


def _list_route_options(route: Route) -> Iterator[str]:
    if route.src:
        yield f" src {route.src}"
    if route.kind == "unicast":
        yield f" scope {route.scope}"
    if route.mtu:
        yield f" mtu {route.mtu}"
    if "onlink" in route.flags:
        yield " onlink"


def _neighbor_item(entry: Neighbor) -> Item:
    what = f"{entry.address} dev {entry.link}"
    if entry.state == "PROXY":
        return _plain(f"proxy neighbour {what}", f"ip neigh add proxy {what}", f"ip neigh del proxy {what}")
    mac = entry.mac or ""
    add = line(f"ip neigh replace {what} lladdr {mac}")
    return Item(f"neighbour {what}", mac, f"neighbour {what}", add, line(f"ip neigh del {what}"))


def _is_made(entry: FdbEntry, own: set[str]) -> bool:
    if entry.mac.startswith(_GROUP_MACS) or entry.state not in _STATIC:
        return False
    # A bridge knows its ports' and its own MACs by itself; a link's own entry without a far end is a filter.
    return entry.dst is not None or (entry.bridge is not None and entry.mac not in own)


def _fdb_item(entry: FdbEntry) -> Item:
    where = f"dst {entry.dst} self" if entry.dst else "master"
    vlan = f" vlan {entry.vlan}" if entry.vlan else ""
    what = f"{entry.mac} dev {entry.link} {where}{vlan}"
    label = f"fdb {entry.mac} dev {entry.link}{f' dst {entry.dst}' if entry.dst else ''}{vlan}"
    return _plain(label, f"bridge fdb append {what} {entry.state}", f"bridge fdb del {what}")


def _rule_item(rule: RoutingRule) -> Item:
    words = ["not"] if rule.inverted else []
    words += [f"from {rule.source}"]
    words += [] if rule.destination == "all" else [f"to {rule.destination}"]
    words += [
        f"{name} {value}" for name, value in (("fwmark", rule.mark), ("iif", rule.iif), ("oif", rule.oif)) if value
    ]
    words += [f"lookup {rule.table}"] if rule.table else [rule.action]
    what = " ".join(words)
    command = f"{what} priority {rule.priority}"
    return _plain(f"rule {rule.priority} {what}", f"ip rule add {command}", f"ip rule del {command}")


def _plain(label: str, add: str, remove: str) -> Item:
    return Item(label, "", label, line(add), line(remove))
