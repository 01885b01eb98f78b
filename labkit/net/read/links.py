"""Links, and bridge ports among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.net.machine import Readable
from labkit.net.read.command import read_json


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface.

    `kind` is empty for what is not made by `ip link add` (lo). `lower` is the link that it lies on, or a
    veth's peer in the same machine; a peer elsewhere is known by `peer_index` and `netns_id`, the number of
    its namespace here. `options` are the kind's own, as `ip -j -d` names them.
    """

    name: str
    index: int
    kind: str
    mac: str
    mtu: int
    up: bool
    carrier: bool
    state: str
    master: str | None = None
    lower: str | None = None
    peer_index: int | None = None
    netns_id: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BridgePort:
    """A link as a port of a bridge; `state` is forwarding, blocking, disabled …."""

    link: str
    bridge: str
    state: str
    cost: int
    priority: int
    hairpin: bool
    learning: bool
    flood: bool
    isolated: bool
    guard: bool
    neigh_suppress: bool


def read_links(machine: Readable) -> list[Link]:
    """Every link, from `ip -j -d link`."""
    return [parse_link(entry) for entry in read_json(machine, ["ip", "-j", "-d", "link"])]


def read_bridge_ports(machine: Readable) -> list[BridgePort]:
    """Every bridge port, from `bridge -j -d link`."""
    return parse_bridge_ports(read_json(machine, ["bridge", "-j", "-d", "link"]))


def parse_bridge_ports(entries: Iterable[Mapping[str, Any]]) -> list[BridgePort]:
    """Read all objects of `bridge -j -d link`; it lists links that are in no bridge, too."""
    return [parse_bridge_port(entry) for entry in entries if "master" in entry]


def parse_link(entry: Mapping[str, Any]) -> Link:
    """Read one object of `ip -j -d link`."""
    info = entry.get("linkinfo", {})
    flags = entry.get("flags", [])
    return Link(
        name=entry["ifname"],
        index=entry["ifindex"],
        kind=info.get("info_kind", ""),
        mac=entry.get("address", ""),
        mtu=entry["mtu"],
        up="UP" in flags,
        carrier="LOWER_UP" in flags,
        state=entry.get("operstate", "UNKNOWN"),
        master=entry.get("master"),
        lower=entry.get("link"),
        peer_index=entry.get("link_index"),
        netns_id=entry.get("link_netnsid"),
        options=info.get("info_data", {}),
    )


def parse_bridge_port(entry: Mapping[str, Any]) -> BridgePort:
    """Read one object of `bridge -j -d link`."""
    return BridgePort(
        link=entry["ifname"],
        bridge=entry["master"],
        state=entry.get("state", ""),
        cost=entry.get("cost", 0),
        priority=entry.get("priority", 0),
        hairpin=entry.get("hairpin", False),
        learning=entry.get("learning", True),
        flood=entry.get("flood", True),
        isolated=entry.get("isolated", False),
        guard=entry.get("guard", False),
        neigh_suppress=entry.get("neigh_suppress", False),
    )
