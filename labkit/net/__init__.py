"""The kernel's network as values: written in batches, read as evidence, captured from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.faces import lazy

if TYPE_CHECKING or lazy(__name__, __file__):
    from labkit.net.capture.capture import Capture as Capture
    from labkit.net.capture.decode import Layer as Layer
    from labkit.net.capture.decode import decode as decode
    from labkit.net.capture.decode import write_pcap as write_pcap
    from labkit.net.capture.frame import Frame as Frame
    from labkit.net.errors import NetError as NetError
    from labkit.net.machine import Ran as Ran
    from labkit.net.netfilter.conntrack import Connection as Connection
    from labkit.net.netfilter.conntrack import Flow as Flow
    from labkit.net.netfilter.conntrack import read_connections as read_connections
    from labkit.net.netfilter.rule import FilterChain as FilterChain
    from labkit.net.netfilter.rule import FilterRule as FilterRule
    from labkit.net.netfilter.rule import Ruleset as Ruleset
    from labkit.net.netfilter.ruleset import read_netfilter as read_netfilter
    from labkit.net.netfilter.ruleset import read_ruleset as read_ruleset
    from labkit.net.read.addresses import Address as Address
    from labkit.net.read.addresses import read_addresses as read_addresses
    from labkit.net.read.links import BridgePort as BridgePort
    from labkit.net.read.links import Link as Link
    from labkit.net.read.links import read_bridge_ports as read_bridge_ports
    from labkit.net.read.links import read_links as read_links
    from labkit.net.read.neighbors import FdbEntry as FdbEntry
    from labkit.net.read.neighbors import Neighbor as Neighbor
    from labkit.net.read.neighbors import read_fdb as read_fdb
    from labkit.net.read.neighbors import read_neighbors as read_neighbors
    from labkit.net.read.neighbors import read_proxies as read_proxies
    from labkit.net.read.routes import NextHop as NextHop
    from labkit.net.read.routes import Route as Route
    from labkit.net.read.routes import read_route_to as read_route_to
    from labkit.net.read.routes import read_routes as read_routes
    from labkit.net.read.rules import RoutingRule as RoutingRule
    from labkit.net.read.rules import read_rules as read_rules
    from labkit.net.read.sysctls import read_sysctl as read_sysctl
    from labkit.net.read.sysctls import read_sysctls as read_sysctls
    from labkit.net.snapshot.diff import Snapshot as Snapshot
    from labkit.net.snapshot.diff import diff_losses as diff_losses
    from labkit.net.snapshot.diff import diff_snapshots as diff_snapshots
    from labkit.net.snapshot.diff import read_snapshot as read_snapshot
    from labkit.net.snapshot.item import Change as Change
    from labkit.net.write.batch import Batch as Batch
    from labkit.net.write.batch import commit_all as commit_all
    from labkit.net.write.forget import forget_neighbours as forget_neighbours
