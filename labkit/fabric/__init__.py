"""The physical network: a topology as data, and two builders that make the same machines and cables of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.faces import lazy

if TYPE_CHECKING or lazy(__name__, __file__):
    from labkit.fabric.mininet import build_mininet as build_mininet
    from labkit.fabric.mininet import start_cli as start_cli
    from labkit.fabric.netlink import build_netlink as build_netlink
    from labkit.fabric.topology import Link as Link
    from labkit.fabric.topology import Machine as Machine
    from labkit.fabric.topology import Port as Port
    from labkit.fabric.topology import Route as Route
    from labkit.fabric.topology import Switch as Switch
    from labkit.fabric.topology import Topology as Topology
    from labkit.fabric.topology import plan_mac as plan_mac
