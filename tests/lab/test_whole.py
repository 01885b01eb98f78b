"""What in a cluster somebody made: objects and their undoing, and daemons before all else."""

from __future__ import annotations

from typing import Any, cast

from labkit.kube import Api
from labkit.kube.kinds import Kind
from labkit.lab.objects import list_object_items
from labkit.lab.whole import is_same, list_changes
from labkit.net import Snapshot
from labkit.net.snapshot.item import Item, line

OWNER = [{"kind": "ReplicaSet", "name": "db-1", "controller": True}]


class FakeApi:
    def list(self, kind: str | Kind) -> tuple[dict[str, Any], ...]:
        return OBJECTS.get(kind if isinstance(kind, str) else kind.name, ())


def plan(name: str, namespace: str = "default", **meta: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace, "uid": "u", "resourceVersion": "7", **meta}}


OBJECTS: dict[str, tuple[dict[str, Any], ...]] = {
    "Pod": (
        {**plan("web", annotations={"a": "b"}), "spec": {"nodeName": "worker1"}, "status": {"phase": "Running"}},
        plan("db-1-x", ownerReferences=OWNER),
        plan("old", deletionTimestamp="now"),
    ),
    "ConfigMap": (plan("kube-root-ca.crt", "apps"),),
    "ServiceAccount": (plan("default", "apps"), plan("node-controller", "kube-system"), plan("bridge", "kube-system")),
    "ClusterRole": ({"metadata": {"name": "system:node", "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}},),
    "Node": (
        {
            "metadata": {"name": "worker1", "labels": {"a": "b"}},
            "spec": {"taints": [{"key": "node.kubernetes.io/not-ready"}, {"key": "mine", "effect": "NoSchedule"}]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        },
    ),
}


def read_items(*busy: str) -> dict[str, Item]:
    return {item.slot: item for item in list_object_items(cast("Api", FakeApi()), busy)}


def test_what_has_an_owner_or_comes_by_itself_nobody_made() -> None:
    assert list(read_items()) == ["Pod default/web", "ServiceAccount kube-system/bridge", "Node worker1"]
    assert read_items("worker1")["Ready of Node worker1"].value == "True"


def test_an_object_is_kept_as_somebody_would_write_it_and_taken_away_by_kubectl() -> None:
    item = read_items()["Pod default/web"]
    assert item.value == (
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"annotations": {"a": "b"}, "name": "web", "namespace": "default"}, '
        '"spec": {"nodeName": "worker1"}}'
    )
    assert item.add[0][2].endswith("| kubectl create -f -")
    assert item.remove[0][2].startswith("kubectl delete pods web -n default --now")
    account = read_items()["ServiceAccount kube-system/bridge"]
    assert account.remove == (("kubectl", "delete", "serviceaccounts", "bridge", "-n", "kube-system"),)


def test_of_a_node_only_what_somebody_may_change_counts() -> None:
    node = read_items()["Node worker1"]
    assert "not-ready" not in node.value
    assert '{"effect": "NoSchedule", "key": "mine"}' in node.value
    assert (node.add[0][:4], node.remove) == (("kubectl", "patch", "node", "worker1"), ())


def test_as_long_as_a_daemon_is_missing_nothing_else_is_put_back() -> None:
    kubelet = Item(
        "daemon kubelet", "runs", "daemon kubelet", line("daemon start kubelet"), line("daemon stop kubelet")
    )
    link = Item("link cni0", "bridge 3", "link cni0", (), line("ip link del cni0"))
    before = Snapshot({"worker1": {kubelet.slot: kubelet}})
    without = Snapshot({"worker1": {link.slot: link}})
    assert [change.undo for change in list_changes(before, without)] == [[["daemon", "start", "kubelet"]]]
    both = Snapshot({"worker1": {kubelet.slot: kubelet, link.slot: link}})
    assert [change.undo for change in list_changes(before, both)] == [[["ip", "link", "del", "cni0"]]]
    assert (is_same(before, before), is_same(before, both)) == (True, False)
