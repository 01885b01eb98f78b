"""Kubernetes' objects in checks: what is read, what is written down of it, and what a silent API server means."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from labkit.check import find_condition, find_owner, is_leaving, is_ready
from labkit.check import objects as objects_module
from labkit.check.verdict import Failed
from labkit.check.view import Place, View
from labkit.kube import Api, KubeError, MissingError
from labkit.lab.journal import State
from labkit.lab.lab import Lab

POD = {
    "metadata": {"name": "web", "namespace": "default", "managedFields": ["long"]},
    "spec": {"nodeName": "worker1"},
    "status": {"phase": "Running", "podIP": "10.244.1.2", "conditions": [{"type": "Ready", "status": "True"}]},
}
LEAVING = {"metadata": {"name": "old", "namespace": "default", "deletionTimestamp": "now"}, "spec": {}}


class FakeApi:
    """One pod that runs, one that is being deleted; or an error for everything."""

    def __init__(self, error: KubeError | None = None) -> None:
        self.error = error

    def list(self, *_: Any, **__: Any) -> tuple[dict[str, Any], ...]:
        if self.error:
            raise self.error
        return POD, LEAVING

    def get(self, kind: str, name: str, _: str) -> dict[str, Any]:
        if name != "web":
            raise MissingError(f"get {kind}: not found", code=404)
        return {**POD, "metadata": dict(POD["metadata"])}


def make_view(monkeypatch: pytest.MonkeyPatch, api: FakeApi) -> View:
    monkeypatch.setattr(objects_module, "require_control", lambda _: SimpleNamespace(name="control"))
    monkeypatch.setattr(objects_module, "open_lab_api", lambda *_: cast("Api", api))
    return View(cast("Lab", SimpleNamespace(world=None, values={})), State(), time.monotonic() + 3)


def test_what_is_read_is_written_down_as_the_kubectl_that_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    view = make_view(monkeypatch, FakeApi())
    assert [pod["metadata"]["name"] for pod in view.pods(labels="app=db")] == ["web"]
    assert "managedFields" not in view.object("Pod", "web")["metadata"]
    assert view.find_object("Deployment", "db", "apps") is None
    assert [(each.argv[1:], each.status) for each in view.evidence] == [
        (("get", "pods", "--selector=app=db"), 0),
        (("get", "pod", "web", "-o", "json"), 0),
        (("get", "deployment", "db", "-n", "apps", "-o", "json"), 1),
    ]
    assert view.evidence[0].stdout == "default/web Running 10.244.1.2 worker1\ndefault/old Terminating"


def test_an_object_that_is_not_there_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failed, match="a Deployment db; observed there is none"):
        make_view(monkeypatch, FakeApi()).object("Deployment", "db")


def test_where_nobody_listens_the_check_is_red_and_for_anything_else_it_can_not_be_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = KubeError("list pods: refused")
    refused.__cause__ = ConnectionRefusedError()
    with pytest.raises(Failed, match="an API server that answers"):
        make_view(monkeypatch, FakeApi(refused)).pods()
    with pytest.raises(KubeError, match="too many"):
        make_view(monkeypatch, FakeApi(KubeError("list pods: too many requests", code=429))).pods()


def test_a_pod_is_a_machine_at_the_address_of_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    view = make_view(monkeypatch, FakeApi())
    assert view.pod_place(POD) == Place("web", "10.244.1.2")
    apart = {**POD, "metadata": {"name": "web", "namespace": "apps"}}
    assert view.pod_place(apart).name == "web.apps"
    assert view.pod_place({**POD, "spec": {"nodeName": "worker1", "hostNetwork": True}}).name == "worker1"
    with pytest.raises(Failed, match="phase Pending, no address"):
        view.pod_place(LEAVING)


def test_conditions_owners_and_goodbyes() -> None:
    assert (is_ready(POD), is_ready(LEAVING), is_leaving(POD), is_leaving(LEAVING)) == (True, False, False, True)
    assert find_condition({"metadata": {}}, "Ready") == ""
    owners = [{"kind": "Node", "name": "x"}, {"kind": "ReplicaSet", "name": "db-1", "controller": True}]
    assert find_owner({"metadata": {"ownerReferences": owners}}) == "ReplicaSet/db-1"
