"""IPv4 routes of one table, or of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labkit.errors import CannotTell
from labkit.net.machine import Readable
from labkit.net.read.command import read_json


@dataclass(frozen=True, slots=True)
class NextHop:
    """One of the ways of a route that has several."""

    via: str | None
    dev: str | None
    weight: int


@dataclass(frozen=True, slots=True)
class Route:
    """A route; `destination` as ip prints it: `default`, `10.244.2.0/24`, `10.0.0.1` for one address.

    `kind` is unicast, blackhole, unreachable …; `flags` are onlink, linkdown, dead …; `encap` names a light-weight
    tunnel that the route itself wraps packets in (`ip`, `mpls`, `seg6` …).
    """

    destination: str
    kind: str = "unicast"
    via: str | None = None
    dev: str | None = None
    src: str | None = None
    metric: int = 0
    proto: str = "boot"
    scope: str = "global"
    table: str = "main"
    flags: frozenset[str] = frozenset()
    mtu: int | None = None
    nexthops: tuple[NextHop, ...] = ()
    encap: str = ""


def read_routes(machine: Readable, table: str | int = "main") -> list[Route]:
    """Every IPv4 route of a table (`all`: of all), from `ip -j -d -4 route show table …`.

    A table that nobody has made is empty, not an error.
    """
    argv = ["ip", "-j", "-d", "-4", "route", "show", "table", str(table)]
    try:
        entries = read_json(machine, argv)
    except CannotTell as error:
        if "FIB table does not exist" not in error.message:
            raise
        return []
    return [parse_route(entry, str(table)) for entry in entries]


def parse_route(entry: Mapping[str, Any], table: str) -> Route:
    """Read one object of `ip -j -d route`; `table` is the one asked for."""
    metrics = {name: value for metric in entry.get("metrics", []) for name, value in metric.items()}
    return Route(
        destination=entry["dst"],
        kind=entry.get("type", "unicast"),
        via=_parse_gateway(entry),
        dev=entry.get("dev"),
        src=entry.get("prefsrc"),
        metric=entry.get("metric", 0),
        proto=entry.get("protocol", "boot"),
        scope=entry.get("scope", "global"),
        table=entry.get("table", table),
        flags=frozenset(entry.get("flags", [])),
        mtu=metrics.get("mtu"),
        nexthops=tuple(_parse_nexthop(hop) for hop in entry.get("nexthops", [])),
        encap=entry.get("encap", ""),
    )


def read_route_to(machine: Readable, address: str, *options: str) -> Route | None:
    """The way the kernel would take, from `ip -j -d route get ADDRESS [from … iif …]`; None when there is none."""
    try:
        entries = read_json(machine, ["ip", "-j", "-d", "route", "get", address, *options])
    except CannotTell as error:
        # The kernel's own answer (unreachable, blackhole, prohibited), not a probe that failed.
        if "RTNETLINK answers" not in error.message:
            raise
        return None
    return parse_route(entries[0], "main")


def _parse_gateway(entry: Mapping[str, Any]) -> str | None:
    # A gateway of another family stands under `via`: {"family": "inet6", "host": …}.
    other = entry.get("via")
    return other["host"] if other else entry.get("gateway")


def _parse_nexthop(hop: Mapping[str, Any]) -> NextHop:
    return NextHop(_parse_gateway(hop), hop.get("dev"), hop.get("weight", 1))
