"""What a node's first start puts into the datastore: the pool, what kind of cluster this is, the node's address; and the program that follows."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

import pytest

from labkit.agents.calico.annotating import annotate_node
from labkit.agents.calico.facts import parse_nodes
from labkit.agents.calico.objects import CLUSTER, NODE, POOL
from labkit.agents.calico.services import plan_services
from labkit.agents.calico.startup import ensure_information, ensure_pool, plan_address
from labkit.errors import LabkitError
from labkit.kube import ConflictError
from tests.agents.calico.memory import MemoryStore

VXLAN = {"CALICO_IPV4POOL_CIDR": "10.50.0.0/16", "CALICO_IPV4POOL_VXLAN": "Always", "CALICO_IPV4POOL_IPIP": "Off"}


def test_the_first_pool_is_made_once_and_never_beside_another() -> None:
    store = MemoryStore()
    ensure_pool(store, VXLAN)
    ensure_pool(store, {"CALICO_IPV4POOL_CIDR": "10.60.0.0/16"})
    [pool] = store.list(POOL)
    assert pool["metadata"]["name"] == "default-ipv4-ippool"
    assert pool["spec"] == {
        "cidr": "10.50.0.0/16", "blockSize": 26, "ipipMode": "Never", "vxlanMode": "Always", "natOutgoing": True, "nodeSelector": "all()",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"CALICO_IPV4POOL_IPIP": "Sometimes"}, "Unrecognized mode specified in CALICO_IPV4POOL_IPIP 'Sometimes'"),
        ({"CALICO_IPV4POOL_BLOCK_SIZE": "small"}, "CALICO_IPV4POOL_BLOCK_SIZE is 'small'"),
        ({"CALICO_IPV4POOL_BLOCK_SIZE": "33"}, r"IPpool.BlockSize = '33'"),
        ({"CALICO_IPV4POOL_CIDR": "10.0.0.0/99"}, r"IPpool.CIDR = '10.0.0.0/99'"),
        ({"CALICO_IPV4POOL_IPIP": "always", "CALICO_IPV4POOL_VXLAN": "CrossSubnet"}, "cannot both be enabled"),
    ],
)
def test_a_pool_that_can_not_be_is_not_made(environment: Mapping[str, str], told: str) -> None:
    store = MemoryStore()
    with pytest.raises(LabkitError, match=told):
        ensure_pool(store, environment)
    assert store.list(POOL) == []


def test_no_pool_is_made_where_none_is_wanted() -> None:
    store = MemoryStore()
    ensure_pool(store, {**VXLAN, "NO_DEFAULT_POOLS": "true"})
    assert store.list(POOL) == []


def test_several_programs_add_to_what_kind_of_cluster_this_is() -> None:
    store = MemoryStore()
    for kinds in (["kubespray", "bgp", "kdd"], ["k8s"], ["kdd", "k8s", ""]):
        ensure_information(store, kinds)
    spec = store.get(CLUSTER, "default")["spec"]
    assert (spec["clusterType"], spec["calicoVersion"], spec["datastoreReady"]) == (
        "kubespray,bgp,kdd,k8s", "v3.20.3", True,
    )  # fmt: skip


def test_an_address_that_is_said_needs_no_looking() -> None:
    assert plan_address({"IP": "10.0.0.5/24"}, "") == "10.0.0.5/24"
    assert plan_address({"IP": "none"}, "10.0.0.6/24") == "10.0.0.6/24"
    assert plan_address({}, "10.0.0.7/24") == "10.0.0.7/24"


def test_an_annotation_is_written_also_when_kubelet_was_quicker_once() -> None:
    store, asked = MemoryStore(), count()
    store.create(NODE, {"metadata": {"name": "worker1"}})

    def be_late() -> None:
        if next(asked) == 1:  # the first is a question
            raise ConflictError("worker1 was changed", code=409)

    store.before = be_late
    annotate_node(store, "worker1", {"IPv4Address": "10.0.0.21/16"})
    assert next(asked) > 3
    assert parse_nodes(store.list(NODE))[0].interface == "10.0.0.21/16"


@pytest.mark.parametrize(
    ("backend", "programs"), [("vxlan", ["calico-node"]), ("none", ["calico-node"]), ("bird", ["calico-node", "calico-node", "bird"])]
)  # fmt: skip
def test_the_backend_says_which_programs_a_node_runs(backend: str, programs: list[str]) -> None:
    assert [each.argv[0] for each in plan_services(backend)] == programs
