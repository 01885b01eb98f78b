"""The kernel's network as values: written in batches, read as evidence, captured from outside."""

from __future__ import annotations

from labkit.net.capture.capture import Capture
from labkit.net.capture.decode import Layer, decode, write_pcap
from labkit.net.capture.frame import Frame
from labkit.net.errors import NetError
from labkit.net.here import Here
from labkit.net.netfilter.conntrack import Connection, Flow, read_connections
from labkit.net.netfilter.rule import FilterChain, FilterRule, Ruleset
from labkit.net.netfilter.ruleset import read_netfilter, read_ruleset
from labkit.net.read.addresses import Address, read_addresses
from labkit.net.read.links import BridgePort, Link, read_bridge_ports, read_links
from labkit.net.read.neighbors import FdbEntry, Neighbor, read_fdb, read_neighbors, read_proxies
from labkit.net.read.routes import NextHop, Route, read_route_to, read_routes
from labkit.net.read.rules import RoutingRule, read_rules
from labkit.net.read.sysctls import read_sysctl, read_sysctls
from labkit.net.snapshot.diff import Snapshot, diff_snapshots, read_snapshot
from labkit.net.snapshot.item import Change
from labkit.net.write.batch import Batch, commit_all

__all__ = [
    "Address",
    "Batch",
    "BridgePort",
    "Capture",
    "Change",
    "Connection",
    "FdbEntry",
    "FilterChain",
    "FilterRule",
    "Flow",
    "Frame",
    "Here",
    "Layer",
    "Link",
    "Neighbor",
    "NetError",
    "NextHop",
    "Route",
    "RoutingRule",
    "Ruleset",
    "Snapshot",
    "commit_all",
    "decode",
    "diff_snapshots",
    "read_addresses",
    "read_bridge_ports",
    "read_connections",
    "read_fdb",
    "read_links",
    "read_neighbors",
    "read_netfilter",
    "read_proxies",
    "read_route_to",
    "read_routes",
    "read_rules",
    "read_ruleset",
    "read_snapshot",
    "read_sysctl",
    "read_sysctls",
    "write_pcap",
]
