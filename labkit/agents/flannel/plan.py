"""What flanneld makes of a node: the lines for `ip` and `bridge` that a person would type. Nothing here touches the kernel."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labkit.agents.flannel.conf import Backend, NetConf, SubnetEnv
from labkit.agents.flannel.lease import Lease

TUNNEL = "flannel0"  # of the backend udp; its other end is read by the encapsulator
TUNNEL_END = "flannel0-udp"


@dataclass(frozen=True)
class Uplink:
    """The link with the node's own address, by which other nodes are reached; `mtu` in bytes."""

    name: str
    address: ipaddress.IPv4Interface
    mtu: int


@dataclass(frozen=True)
class Site:
    """One node as flanneld sees it."""

    conf: NetConf
    own: Lease
    uplink: Uplink

    @property
    def backend(self) -> Backend:
        """How packets get to other nodes."""
        return self.conf.backend

    @property
    def mtu(self) -> int:
        """The largest packet of a pod that fits, wrapped, into one of the node's."""
        return (self.backend.mtu or self.uplink.mtu) - self.backend.overhead

    @property
    def device(self) -> str:
        """The link that wraps; the uplink itself where nothing is wrapped."""
        names = {"vxlan": f"flannel.{self.backend.vni}", "udp": TUNNEL}
        return names.get(self.backend.kind, self.uplink.name)

    def plan_env(self, *, ip_masq: bool) -> SubnetEnv:
        """subnet.env: the first address of the node's part is its bridge's."""
        bridge = ipaddress.IPv4Interface(f"{self.own.subnet[1]}/{self.own.subnet.prefixlen}")
        return SubnetEnv(self.conf.network, bridge, self.mtu, ip_masq)


def plan_device(site: Site, existing: Mapping[str, Any] | None) -> list[str]:
    """Make the link that wraps, or make the `existing` one right (an object of `ip -j -d link`). One of another form is replaced."""
    if site.backend.kind == "udp":
        return _plan_tunnel(site, there=existing is not None)
    if site.backend.kind != "vxlan":
        return []
    name, backend = site.device, site.backend
    wanted = {"id": backend.vni, "port": backend.port, "local": str(site.uplink.address.ip), "link": site.uplink.name}
    data = (existing or {}).get("linkinfo", {}).get("info_data", {})
    fits = all(data.get(key) == value for key, value in wanted.items()) and not data.get("learning", True)
    add = (
        f"link add {name} type vxlan id {backend.vni} dev {site.uplink.name} local {wanted['local']}"
        f" dstport {backend.port} nolearning"
    )
    return [
        *([f"link del {name}"] if existing and not fits else []),
        *([] if fits else [add]),
        f"link set {name} address {site.own.mac} mtu {site.mtu} up",
        f"addr replace {site.own.subnet[0]}/32 dev {name}",
    ]


def _plan_tunnel(site: Site, *, there: bool) -> list[str]:
    """A cable whose other end the encapsulator reads, in place of flannel's TUN device, which ordinary users may not open."""
    return [
        *([] if there else [f"link add {TUNNEL} type veth peer name {TUNNEL_END}"]),
        f"link set {TUNNEL_END} up",
        f"link set {TUNNEL} mtu {site.mtu} arp off up",
        f"addr replace {site.own.subnet[0]}/32 dev {TUNNEL}",
        f"route replace {site.conf.network} dev {TUNNEL} src {site.own.subnet[0]}",
    ]


def plan_lease(site: Site, lease: Lease, *, gone: bool = False) -> list[str]:
    """The entries for another node's part: with vxlan exactly a route, a neighbour and a forwarding entry. `gone`: away again."""
    do = "del" if gone else "replace"
    if site.backend.kind == "udp":
        return []  # one route for all; the encapsulator has the table
    direct = site.backend.direct and lease.address in site.uplink.address.network
    if site.backend.kind == "host-gw" or direct:
        return [f"route {do} {lease.subnet} via {lease.address} dev {site.uplink.name}"]
    gateway, device = lease.subnet[0], site.device
    return [
        f"neigh {do} {gateway} lladdr {lease.mac} dev {device}{'' if gone else ' nud permanent'}",
        f"fdb {do} {lease.mac} dev {device} dst {lease.address}",
        f"route {do} {lease.subnet} via {gateway} dev {device} onlink",
    ]


def plan_changes(site: Site, before: frozenset[Lease], after: frozenset[Lease]) -> list[str]:
    """What has to be done when nodes come, go or change; those that are gone first."""
    by_subnet = sorted(before - after, key=lambda lease: lease.subnet)
    lines = [line for lease in by_subnet for line in plan_lease(site, lease, gone=True)]
    # a part whose node changed keeps its route: it is replaced below
    kept = {lease.subnet for lease in after}
    lines = [line for line in lines if not (line.startswith("route") and _find_subnet(line) in kept)]
    added = sorted(after - before, key=lambda lease: lease.subnet)
    return lines + [line for lease in added for line in plan_lease(site, lease)]


def _find_subnet(line: str) -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network(line.split()[2])
