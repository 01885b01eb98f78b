"""Whom a node's BIRD talks to, by nodes, BGPConfiguration and BGPPeers (projectcalico/confd release-v3.20, pkg/backends/calico/bgp_processor.go)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.agents.calico.confd import BlockConf, NodeConf, Peer, PoolConf
from labkit.agents.calico.facts import Facts, NodeFacts
from labkit.agents.calico.selector import parse_selector

Spec = Mapping[str, Any]


@dataclass(frozen=True)
class _Peering:
    """One BGPPeer. `everywhere`: it names no node, so every node has it."""

    spec: Spec

    @property
    def everywhere(self) -> bool:
        return not (self.spec.get("node") or self.spec.get("nodeSelector"))

    def is_local(self, node: NodeFacts) -> bool:
        """Whether a node shall have these peers."""
        if self.everywhere or self.spec.get("node") == node.name:
            return True
        chosen = str(self.spec.get("nodeSelector") or "")
        return bool(chosen) and parse_selector(chosen)(node.labels)

    def is_peer(self, node: NodeFacts) -> bool:
        """Whether a node is one of these peers."""
        chosen = str(self.spec.get("peerSelector") or "")
        return bool(chosen) and parse_selector(chosen)(node.labels)


def plan_node(facts: Facts, own: NodeFacts) -> NodeConf:
    """What this node's three files are made of. Raises UsageError: a selector that can't be read."""
    peerings = [_Peering(each["spec"]) for each in facts.peers]
    mesh = facts.bgp.get("nodeToNodeMeshEnabled", True)
    return NodeConf(
        own.name, own.interface, own.as_number or facts.as_number,
        pools=[PoolConf(pool.cidr, pool.ipip, pool.vxlan, pool.disable_export) for pool in facts.pools],
        blocks=[BlockConf(block.cidr, block.confirmed) for block in facts.blocks if block.node == own.name],
        mesh=[_plan_peer(facts, own, node) for node in _list_others(facts, own)] if mesh else None,
        global_peers=_list_peers(facts, own, [each for each in peerings if each.everywhere]),
        node_peers=_list_peers(facts, own, [each for each in peerings if not each.everywhere]),
        cluster_id=own.cluster_id,
    )  # fmt: skip


def _list_others(facts: Facts, own: NodeFacts) -> list[NodeFacts]:
    return [node for node in facts.nodes if node.interface and node.name != own.name]


def _list_peers(facts: Facts, own: NodeFacts, peerings: list[_Peering]) -> list[Peer]:
    """Each address once, in the order of the objects' names."""
    found: dict[str, Peer] = {}
    for peering in peerings:
        for peer in _list_wanted(facts, own, peering):
            found.setdefault(peer.label, peer)
    return list(found.values())


def _list_wanted(facts: Facts, own: NodeFacts, peering: _Peering) -> Iterator[Peer]:
    """Those that this node shall call, and of nodes chosen by peerSelector the way back."""
    spec, others = peering.spec, _list_others(facts, own)
    if peering.is_local(own):
        if spec.get("peerIP") and str(spec["peerIP"]).partition(":")[0] != own.address:
            yield _plan_outsider(facts, own, spec)
        yield from (_plan_peer(facts, own, node) for node in others if peering.is_peer(node))
    if peering.is_peer(own):
        yield from (_plan_peer(facts, own, node) for node in others if peering.is_local(node))


def _plan_peer(facts: Facts, own: NodeFacts, node: NodeFacts) -> Peer:
    """Another node. A reflector's clients are those of its own AS that are not of its cluster."""
    number = node.as_number or facts.as_number
    same = number == (own.as_number or facts.as_number)
    return Peer(node.address, number, client=bool(own.cluster_id) and same and node.cluster_id != own.cluster_id)


def _plan_outsider(facts: Facts, own: NodeFacts, spec: Spec) -> Peer:
    """`peerIP`: an address, with a port after a colon where it is not 179; it may be a node's."""
    address, _, port = str(spec["peerIP"]).partition(":")
    node = next((each for each in facts.nodes if each.address == address), None)
    number = int(spec.get("asNumber") or (node.as_number if node else 0) or facts.as_number)
    same, cluster = number == (own.as_number or facts.as_number), node.cluster_id if node else ""
    return Peer(
        address, number, int(port or 0), source=spec.get("sourceAddress", "UseNodeIP") != "None",
        client=bool(own.cluster_id) and same and cluster != own.cluster_id, keep_next_hop=bool(spec.get("keepOriginalNextHop")) and not same,
    )  # fmt: skip
