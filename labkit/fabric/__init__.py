"""The physical network: a topology as data, and two builders that make the same machines and cables of it."""

from __future__ import annotations

from labkit.fabric.mininet import build_mininet, start_cli
from labkit.fabric.netlink import build_netlink
from labkit.fabric.topology import FABRIC, Link, Machine, Port, Route, Switch, Topology, plan_mac

__all__ = [
    "FABRIC",
    "Link",
    "Machine",
    "Port",
    "Route",
    "Switch",
    "Topology",
    "build_mininet",
    "build_netlink",
    "plan_mac",
    "start_cli",
]
