"""What a cluster's start waits for, by who plugs its pods in."""

from __future__ import annotations

from labkit.cluster.starting import plan_signs, plan_waits, plan_wrapping
from labkit.cluster.values import Cluster

NODES = ("worker1", "worker2")


def test_names_wait_for_whoever_writes_rules() -> None:
    assert plan_signs(Cluster("control", NODES, proxy="none")) == []
    [proxy] = plan_signs(Cluster("control", NODES))
    assert "/metrics" in proxy
    assert plan_signs(Cluster("control", NODES, addon="calico")) == ["[ -e /run/calico/felix.ready ]", proxy]


def test_only_ip_in_ip_needs_a_program_of_the_node() -> None:
    assert plan_wrapping(Cluster("control", NODES, addon="calico", backend="bird")) == NODES
    assert plan_wrapping(Cluster("control", NODES, addon="calico")) == ()
    assert plan_wrapping(Cluster("control", NODES, backend="bird")) == ()


def test_nodes_are_waited_for_where_an_addon_comes_with_the_cluster() -> None:
    assert plan_waits(Cluster("control", NODES, addon="none")) == []
    assert plan_waits(Cluster("control", NODES, addon="calico")) == plan_waits(Cluster("control", NODES))
