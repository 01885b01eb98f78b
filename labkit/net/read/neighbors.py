"""IPv4 neighbours, and the forwarding database of bridges and VXLANs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labkit.net.machine import Readable
from labkit.net.read.command import read_json


@dataclass(frozen=True, slots=True)
class Neighbor:
    """Who has an address on a link: `mac` is None while it is asked for, or when nobody answered.

    `state` is PERMANENT, REACHABLE, STALE, INCOMPLETE, FAILED …; PROXY for an address answered for.
    """

    address: str
    link: str
    mac: str | None
    state: str


@dataclass(frozen=True, slots=True)
class FdbEntry:
    """Where frames for a MAC leave.

    `bridge` holds the entry, or it is the link's own (None): for a VXLAN `dst` is then the remote node.
    `state` is permanent, static, or empty for a learnt one.
    """

    mac: str
    link: str
    bridge: str | None = None
    dst: str | None = None
    state: str = ""
    flags: frozenset[str] = frozenset()
    vlan: int | None = None


def read_neighbors(machine: Readable) -> list[Neighbor]:
    """Every IPv4 neighbour, from `ip -j -d -4 neigh`."""
    return [parse_neighbor(entry) for entry in read_json(machine, ["ip", "-j", "-d", "-4", "neigh"])]


def read_proxies(machine: Readable) -> list[Neighbor]:
    """Every address that ARP is answered for, from `ip -j -4 neigh show proxy`."""
    return [parse_neighbor(entry) for entry in read_json(machine, ["ip", "-j", "-4", "neigh", "show", "proxy"])]


def read_fdb(machine: Readable) -> list[FdbEntry]:
    """Every forwarding entry, from `bridge -j -d fdb`."""
    return [parse_fdb(entry) for entry in read_json(machine, ["bridge", "-j", "-d", "fdb"])]


def parse_neighbor(entry: Mapping[str, Any]) -> Neighbor:
    """Read one object of `ip -j neigh`."""
    state = "PROXY" if "proxy" in entry else (entry.get("state") or ["NONE"])[0]
    return Neighbor(entry["dst"], entry.get("dev", ""), entry.get("lladdr"), state)


def parse_fdb(entry: Mapping[str, Any]) -> FdbEntry:
    """Read one object of `bridge -j fdb`."""
    return FdbEntry(
        mac=entry["mac"],
        link=entry["ifname"],
        bridge=entry.get("master"),
        dst=entry.get("dst"),
        state=entry.get("state", ""),
        flags=frozenset(entry.get("flags", [])),
        vlan=entry.get("vlan"),
    )
