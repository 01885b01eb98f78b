"""The node controller of calico-kube-controllers: what IPAM has of a node that is gone comes free, and nothing of one that is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labkit.agents.calico.affinity import release_affinity
from labkit.agents.calico.controllers.health import main, read_trouble, write_status
from labkit.agents.calico.controllers.nodes import free_gone_nodes
from labkit.agents.calico.ipam import Request, assign_address, release_addresses
from labkit.agents.calico.objects import AFFINITY, BLOCK, CONFIG, HANDLE, NODE, POD, POOL
from labkit.errors import LabkitError
from tests.agents.calico.memory import MemoryStore

NODES = ("worker1", "worker2")


@pytest.fixture
def store() -> MemoryStore:
    """Two nodes, each with a tunnel's address and a pod's."""
    store = MemoryStore()
    store.create(POOL, {"metadata": {"name": "pool"}, "spec": {"cidr": "10.233.64.0/18", "blockSize": 30}})
    for node in NODES:
        store.create(NODE, {"metadata": {"name": node}})
        assign_address(store, node, Request(f"vxlan-tunnel-addr-{node}", {"node": node, "type": "vxlanTunnelAddress"}))
        add_pod(store, f"web-{node}", node)
    return store


def add_pod(store: MemoryStore, name: str, node: str) -> str:
    attributes = {"namespace": "default", "node": node, "pod": name}
    address = assign_address(store, node, Request(f"cni0.{name}", attributes))
    pod = {"metadata": {"name": name, "namespace": "default"}, "spec": {"nodeName": node}, "status": {"podIP": address}}
    store.create(POD, pod)
    return address


def list_nodes_of(store: MemoryStore) -> set[str]:
    """Of which nodes blocks and affinities tell."""
    owners = {str(each["spec"].get("affinity", "host:")).removeprefix("host:") for each in store.list(BLOCK)}
    return owners | {each["spec"]["node"] for each in store.list(AFFINITY)}


def list_handles(store: MemoryStore) -> list[str]:
    return sorted(each["metadata"]["name"] for each in store.list(HANDLE))


def test_nothing_is_touched_while_all_nodes_are_there(store: MemoryStore) -> None:
    assert free_gone_nodes(store) == []
    assert list_nodes_of(store) == set(NODES)


def test_a_gone_nodes_blocks_addresses_and_handles_go(store: MemoryStore) -> None:
    store.delete(NODE, "worker2")
    store.delete(POD, "web-worker2")
    [told] = free_gone_nodes(store)
    assert told.startswith("Cleaned up IPAM resources for deleted node worker2: 10.233.")
    assert list_nodes_of(store) == {"worker1"}
    assert list_handles(store) == ["cni0.web-worker1", "vxlan-tunnel-addr-worker1"]
    assert free_gone_nodes(store) == []


def test_as_long_as_a_pod_is_there_its_node_is_not_believed_to_be_gone(store: MemoryStore) -> None:
    store.delete(NODE, "worker2")
    assert free_gone_nodes(store) == [
        "Can't cleanup node worker2 yet - IPs still in use on this node: default/web-worker2"
    ]
    assert list_nodes_of(store) == set(NODES)


def test_a_pod_of_that_name_on_another_node_keeps_nothing(store: MemoryStore) -> None:
    store.delete(NODE, "worker2")
    store.delete(POD, "web-worker2")
    add_pod(store, "web-worker2", "worker1")
    free_gone_nodes(store)
    assert list_nodes_of(store) == {"worker1"}
    assert "cni0.web-worker2" not in list_handles(store)  # one handle a container: the old pod's was the same here


def test_a_block_of_which_another_node_has_borrowed_stays_without_an_owner(store: MemoryStore) -> None:
    store.create(CONFIG, {"metadata": {"name": "default"}, "spec": {"maxBlocksPerHost": 1}})
    for number in range(3):
        add_pod(store, f"more-{number}", "worker1")
    store.delete(NODE, "worker2")
    store.delete(POD, "web-worker2")
    free_gone_nodes(store)
    assert list_nodes_of(store) == {"worker1", ""}
    [left] = [each["spec"] for each in store.list(BLOCK) if "affinity" not in each["spec"]]
    assert [entry["secondary"]["node"] for entry in left["attributes"]] == ["worker1"]


def test_what_was_broken_off_is_gone_on_with(store: MemoryStore) -> None:
    """The controller is killed after its first request, after its second, and so on."""
    store.delete(NODE, "worker2")
    store.delete(POD, "web-worker2")
    for most in range(40):
        left = [most]

        def count(left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise LabkitError("killed")

        store.before = count
        try:
            free_gone_nodes(store)
        except LabkitError:
            continue
        break
    store.before = lambda: None
    assert list_nodes_of(store) == {"worker1"}
    assert {"cni0.web-worker1", "vxlan-tunnel-addr-worker1"} <= set(
        list_handles(store)
    )  # one may say too much, none too little


def test_a_block_that_is_given_up_gives_no_address_any_more(store: MemoryStore) -> None:
    [cidr] = [each["spec"]["cidr"] for each in store.list(AFFINITY) if each["spec"]["node"] == "worker2"]
    for handle in ("cni0.web-worker2", "vxlan-tunnel-addr-worker2"):
        release_addresses(store, handle)
    release_affinity(store, "worker2", cidr)
    release_affinity(store, "worker2", cidr)
    assert cidr not in {each["spec"]["cidr"] for each in store.list(BLOCK)}


def test_check_status_says_why_they_are_not_ready(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "status/status.json"
    monkeypatch.setattr("sys.argv", ["check-status", "-r", "-f", str(path)])
    assert main() == 1
    write_status("", path)
    assert main() == 0
    write_status("Error verifying datastore: it does not answer", path)
    assert main() == 1
    told = capsys.readouterr().out.splitlines()
    assert told == [
        f"Failed to read status file {path}: open {path}: no such file or directory", "Ready",
        "Error verifying datastore: it does not answer",
    ]  # fmt: skip
    path.write_text(json.dumps({}), encoding="utf-8")
    assert "Failed to read status file" in read_trouble(path)
