"""One node as Felix sees it: Calico's facts, and what only the node itself knows. Everything that shall be follows from this."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from labkit.agents.calico.facts import NEVER, Facts, NodeFacts
from labkit.agents.calico.felix.settings import USUAL, Settings
from labkit.agents.calico.names import PREFIX
from labkit.agents.calico.policy.policing import Policing
from labkit.agents.ipip.device import HEADER, TUNNEL, find_mtu, read_links
from labkit.agents.kit.kernel import run
from labkit.errors import UsageError

VXLAN: Final = "vxlan.calico"
VXLAN_HEADERS: Final = 50  # bytes: IP, UDP, VXLAN, Ethernet


@dataclass(frozen=True, eq=False)
class Site:
    """`uplink`: the link with the node's own address; `mtu`: its, in bytes; `links`: those pods' cables that are there.

    `policing`: who may talk to whom; None where nobody could say so. `settings`: FelixConfiguration's.
    """

    facts: Facts
    own: NodeFacts
    uplink: str
    mtu: int = 1500
    links: frozenset[str] = frozenset()
    policing: Policing | None = None
    settings: Settings = USUAL

    @property
    def ipip(self) -> bool:
        """Whether some pool is wrapped in IP."""
        return any(pool.ipip != NEVER for pool in self.facts.pools)

    @property
    def vxlan(self) -> bool:
        """Whether some pool is wrapped in VXLAN."""
        return any(pool.vxlan != NEVER for pool in self.facts.pools)

    @property
    def pod_mtu(self) -> int:
        """What fits for a pod, however it is wrapped."""
        wrapped = (*((self.ipip_mtu,) if self.ipip else ()), *((self.vxlan_mtu,) if self.vxlan else ()))
        return min(wrapped, default=self.mtu)

    @property
    def ipip_mtu(self) -> int:
        """What fits into tunl0, unless it is said otherwise."""
        return self.settings.ipip_mtu or self.mtu - HEADER

    @property
    def vxlan_mtu(self) -> int:
        """Likewise for vxlan.calico."""
        return self.settings.vxlan_mtu or self.mtu - VXLAN_HEADERS

    def list_vxlan(self) -> list[tuple[str, str, str]]:
        """What VXLAN carries: blocks, and addresses borrowed out of them; each with its node, and the pool's mode."""
        held = [(block.cidr, block.node) for block in self.facts.blocks] + self.facts.list_borrowed()
        found = [(what, node, self.facts.find_pool(what)) for what, node in held]
        return [(what, node, pool.vxlan) for what, node, pool in found if pool and pool.vxlan != NEVER]


def read_site(facts: Facts, name: str, policing: Policing | None = None, settings: Settings = USUAL) -> Site:
    """This node now. Raises UsageError: Calico does not know it, or no link has its address."""
    own = facts.find_node(name)
    if own is None:
        known = ", ".join(node.name for node in facts.nodes if node.interface)
        raise UsageError(
            f"Calico knows no address of node {name}",
            hint=f"it knows {known or 'no node'}: calicoctl get nodes -o wide",
        )
    links = read_links()
    pods = frozenset(link for link in links if link.startswith(PREFIX))
    return Site(facts, own, find_uplink(own.address), find_mtu(links) + HEADER, pods, policing, settings)


def find_uplink(address: str) -> str:
    """The link that has this address. Raises UsageError."""
    for link in json.loads(run(["ip", "-j", "-4", "addr"])):
        if any(each.get("local") == address for each in link.get("addr_info", ())):
            return str(link["ifname"])
    raise UsageError(f"no link has this node's address {address}", hint="ip -br addr; calicoctl get nodes -o wide")


def is_pods(link: Any) -> bool:
    """Whether a link is the node's end of a pod's cable."""
    return isinstance(link, str) and link.startswith(PREFIX)


def parse_listed(text: str) -> list[Mapping[str, Any]]:
    """What `ip -j` and `bridge -j` print; nothing at all where there is nothing."""
    return [each for each in json.loads(text or "[]") if each]


TUNNELS: Final = (TUNNEL, VXLAN)
