"""What the datastores of labs 10 and 11 begin with fits together, whatever a student's values are."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.agents.calico.choice import list_blocks
from labkit.agents.calico.facts import read_facts
from labkit.agents.calico.files import FileStore
from labkit.agents.calico.ipam import list_used, release_addresses
from labkit.agents.calico.show import render_address
from labkit.lab.definition import read_definition


@pytest.mark.parametrize("student", [None, "s7"])
@pytest.mark.parametrize("lab", ["10-calico-bgp", "11-calico-ipip"])
def test_every_pod_has_an_address_of_its_nodes_block_and_every_link_its_name(
    lab: str, student: str | None, tmp_path: Path, repository: Path
) -> None:
    topology = read_definition(repository / "labs" / lab, student).topology
    begin = tmp_path / "begin.yaml"
    begin.write_text(next(each.files["etc/calico/begin.yaml"] for each in topology.machines if each.kind == "node"))
    store = FileStore(tmp_path / "store", begin)
    facts = read_facts(store)
    assert [node.name for node in facts.nodes] == sorted(each.name for each in topology.machines if each.kind == "node")
    links = {(port.machine, port.name) for link in topology.links for port in (link.a, link.b)}
    assert len(facts.workloads) == 3
    for pod in facts.workloads:
        assert (pod.node, pod.link) in links
        assert f"pod: {pod.pod}" in render_address(pod.address, list(list_used(store)))
        assert release_addresses(store, f"cni0.{pod.pod}") == [pod.address]
    assert facts.list_borrowed() == []
    for block in facts.blocks:  # the source's very blocks come out of the nodes' names
        assert block.cidr == next(list_blocks(facts.pools[0].cidr, 24, block.node))
    for node in facts.nodes:
        assert bool(node.ipip) is (lab == "11-calico-ipip")
