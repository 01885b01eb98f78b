"""Addresses for a node's tunnels, out of its own blocks, and its name for VXLAN (node pkg/allocateip, release-v3.20).

In Calico this is a process of its own, `calico-node -allocate-tunnel-addrs`; here Felix's process does it before it looks at the kernel.
"""

from __future__ import annotations

from typing import Final

from labkit.agents.calico.annotating import annotate_node
from labkit.agents.calico.facts import NEVER, Facts
from labkit.agents.calico.ipam import Request, assign_address, release_addresses
from labkit.agents.calico.names import name_tunnel_handle, name_vtep_mac
from labkit.agents.calico.store import Store

_ANNOTATIONS: Final = {"ipip": "IPv4IPIPTunnelAddr", "vxlan": "IPv4VXLANTunnelAddr"}
_MAC: Final = "VXLANTunnelMACAddr"


def ensure_tunnel_addresses(store: Store, facts: Facts, name: str) -> bool:
    """One address for each way of wrapping that some pool uses, none for the others; whether anything was changed. Raises KubeError."""
    own = facts.find_node(name)
    if own is None:
        return False
    changes: dict[str, str | None] = {}
    for kind, has in (("ipip", own.ipip), ("vxlan", own.vxlan)):
        pools = tuple(pool.cidr for pool in facts.pools if getattr(pool, kind) != NEVER and not pool.disabled)
        if pools and not has:
            changes[_ANNOTATIONS[kind]] = _assign(store, kind, name, pools)
        elif has and not pools:
            release_addresses(store, name_tunnel_handle(kind, name))
            changes[_ANNOTATIONS[kind]] = None
    if _ANNOTATIONS["vxlan"] in changes:
        changes[_MAC] = name_vtep_mac(name) if changes[_ANNOTATIONS["vxlan"]] else None
    if changes:
        annotate_node(store, name, changes)
    return bool(changes)


def _assign(store: Store, kind: str, name: str, pools: tuple[str, ...]) -> str:
    handle = name_tunnel_handle(kind, name)
    release_addresses(store, handle)  # of a run that was broken off before it was written down
    return assign_address(store, name, Request(handle, {"node": name, "type": f"{kind}TunnelAddress"}, pools))
