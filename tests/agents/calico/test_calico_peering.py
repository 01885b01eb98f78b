"""Whom a node's BIRD talks to: the mesh, peers by address, peers by label, route reflectors."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from labkit.agents.calico.confd import render_files
from labkit.agents.calico.facts import Facts, NodeFacts
from labkit.agents.calico.peering import plan_node
from labkit.agents.calico.selector import parse_selector
from labkit.errors import UsageError

REFLECTOR = NodeFacts("node1", "10.0.0.1/24", cluster_id="244.0.0.1", labels={"route-reflector": "true"})
NODES = (REFLECTOR, NodeFacts("node2", "10.0.0.2/24"), NodeFacts("node3", "10.0.0.3/24", as_number=64513))
FACTS = Facts(nodes=(*NODES, NodeFacts("node4")))  # the last one's address is not known yet


def plan(node: int, *peers: dict[str, Any], **bgp: object) -> Any:
    objects = [{"metadata": {"name": str(number)}, "spec": spec} for number, spec in enumerate(peers)]
    return plan_node(dataclasses.replace(FACTS, peers=objects, bgp=bgp), NODES[node])


def test_a_mesh_of_those_whose_address_is_known_each_with_its_number() -> None:
    told = plan(1, asNumber=64600)
    assert (told.as_number, [(peer.address, peer.as_number) for peer in told.mesh]) == (
        64600,
        [("10.0.0.1", 64600), ("10.0.0.3", 64513)],
    )
    assert plan(1, nodeToNodeMeshEnabled=False).mesh is None


def test_a_peer_is_everybodys_or_one_nodes_and_nobodys_own() -> None:
    everywhere = plan(1, {"peerIP": "10.0.0.9:1790", "asNumber": 65000, "keepOriginalNextHop": True})
    [peer] = everywhere.global_peers
    assert (peer.label, peer.as_number, peer.keep_next_hop, everywhere.node_peers) == (
        "10_0_0_9_port_1790",
        65000,
        True,
        [],
    )
    assert plan(0, {"peerIP": "10.0.0.9", "node": "node2"}).node_peers == []
    assert [peer.as_number for peer in plan(1, {"peerIP": "10.0.0.9", "node": "node2"}).node_peers] == [64512]
    assert plan(1, {"peerIP": "10.0.0.2"}).global_peers == []


def test_reflectors_by_label_have_their_clients_without_a_peer_of_their_own() -> None:
    peer = {"nodeSelector": "! has(route-reflector)", "peerSelector": "route-reflector == 'true'"}
    assert [(each.address, each.client) for each in plan(1, peer).node_peers] == [("10.0.0.1", False)]
    reflector = plan(0, peer, nodeToNodeMeshEnabled=False)
    assert [(each.address, each.client) for each in reflector.node_peers] == [("10.0.0.2", True), ("10.0.0.3", False)]
    assert "rr cluster id 244.0.0.1;" in render_files(reflector)["bird.cfg"]


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True), ("all()", True), ("has(rack)", True), ("!has(rack)", False), ("rack == 'a'", True), ('rack != "a"', False),
        ("rack in { 'a', 'b' }", True), ("rack not in {'a'}", False), ("has(x) || rack == 'a' && !has(y)", True),
        ("(has(x) || has(rack)) && has(y)", False),
    ],
)  # fmt: skip
def test_selectors(text: str, fits: bool) -> None:  # noqa: FBT001 - a case
    assert parse_selector(text)({"rack": "a"}) is fits


@pytest.mark.parametrize("text", ["rack", "rack = 'a'", "has(rack", "rack in {'a'", "all() all()", "&&"])
def test_a_selector_that_can_not_be_read_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="can't be read at"):
        parse_selector(text)
