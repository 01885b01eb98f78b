"""The Kubernetes API as labkit uses it, against answers that are made up here."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from labkit.errors import UsageError
from labkit.kube import Api, ConflictError, KubeError, MissingError, Recorder, follow, open_api

KUBECONFIG = """apiVersion: v1
kind: Config
clusters: [{name: a, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: a, user: {token: t}}]
contexts: [{name: a, context: {cluster: a, user: a}}]
current-context: a
"""
Handler = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture
def connect(tmp_path: Path) -> Callable[[Handler], Api]:
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG)
    return lambda handler: open_api(str(path), transport=httpx2.MockTransport(handler))


def refuse(code: int, reason: str, message: str) -> httpx2.Response:
    status = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
    return httpx2.Response(code, json=status)


def test_a_kind_that_the_server_does_not_know_is_missing(connect: Callable[[Handler], Api]) -> None:
    """Its answer is no Status: a CustomResourceDefinition would have made the path."""
    api = connect(lambda _: httpx2.Response(404, text="404 page not found\n"))
    with pytest.raises(MissingError, match=r"list gateways.*: 404 page not found$"):
        api.list("Gateway")


def test_objects_are_dicts_and_requests_go_where_the_kind_lives(connect: Callable[[Handler], Api]) -> None:
    seen: list[tuple[str, str, Any]] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append((request.method, str(request.url.raw_path, "ascii"), request.headers.get("content-type")))
        if request.method == "GET" and request.url.path.endswith("pods"):
            return httpx2.Response(
                200, json={"items": [{"metadata": {"name": "web"}}], "metadata": {"resourceVersion": "7"}}
            )
        return httpx2.Response(200, json={"metadata": {"name": "web"}, "spec": {"a": 1}})

    api = connect(handle)
    assert api.get("Pod", "web", "shop")["spec"] == {"a": 1}
    assert api.list_versioned("Pod", fields="spec.nodeName=w1") == (({"metadata": {"name": "web"}},), "7")
    api.patch("Pod", "web", {"status": {}}, "shop", action="status")
    api.apply("Deployment", {"metadata": {"name": "web", "namespace": "shop"}}, "test")
    api.create_below("ServiceAccount", "default", "token", {"spec": {}}, "shop")
    api.delete("Node", "w1", grace=0)
    assert seen == [
        ("GET", "/api/v1/namespaces/shop/pods/web", None),
        ("GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Dw1", None),
        ("PATCH", "/api/v1/namespaces/shop/pods/web/status", "application/merge-patch+json"),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/shop/deployments/web?force=true&fieldManager=test",
            "application/apply-patch+yaml",
        ),
        ("POST", "/api/v1/namespaces/shop/serviceaccounts/default/token", "application/json"),
        ("DELETE", "/api/v1/nodes/w1?gracePeriodSeconds=0", None),
    ]


@pytest.mark.parametrize(
    ("code", "kind", "hint"),
    [
        (404, MissingError, "not there"),
        (409, ConflictError, "somebody else"),
        (403, KubeError, "auth can-i"),
        (422, KubeError, "field"),
    ],
)
def test_a_refusal_says_what_was_tried_and_what_came_back(
    connect: Callable[[Handler], Api], code: int, kind: type[KubeError], hint: str
) -> None:
    api = connect(lambda _: refuse(code, "Reason", "the server's words"))
    with pytest.raises(kind, match="get pods shop/web: the server's words") as caught:
        api.get("Pod", "web", "shop")
    assert (caught.value.code, caught.value.reason) == (code, "Reason")
    assert hint in caught.value.hint


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "conf").write_text(KUBECONFIG)
    with pytest.raises(KubeError, match="list nodes: the API server can't be reached"):
        open_api(str(tmp_path / "conf")).list("Node")
    with pytest.raises(UsageError, match="can't be read"):
        open_api(str(tmp_path / "none"))


class Script:
    """An API whose watches say, one after the other, what is written here; then the following is stopped."""

    def __init__(self, *watches: list[tuple[str, str] | KubeError]) -> None:
        self.stop = threading.Event()
        self.asked: list[str] = []
        self._watches = list(watches)
        self._listed = 0

    def list_versioned(self, *_: object, **__: object) -> tuple[tuple[dict[str, Any], ...], str]:
        self._listed += 1
        self.asked.append("list")
        return ({"metadata": {"name": "a"}},), str(100 * self._listed)

    def watch(self, _: object, since: str, **__: object) -> Iterator[tuple[str, dict[str, Any]]]:
        self.asked.append(since)
        if not self._watches:
            self.stop.set()
            return
        for each in self._watches.pop(0):
            if isinstance(each, KubeError):
                raise each
            yield each[0], {"metadata": {"name": "a", "resourceVersion": each[1]}}


def test_following_goes_on_where_it_broke_off_and_lists_again_when_that_is_too_long_ago() -> None:
    api = Script(
        [("MODIFIED", "101"), KubeError("broken off")],
        [("DELETED", "103")],
        [KubeError("too old resource version", code=410)],
    )
    said: list[str] = []
    events = [change.event for change in follow(api, "Pod", stop=api.stop, say=said.append)]  # type: ignore[arg-type]
    assert events == ["LISTED", "MODIFIED", "DELETED", "LISTED"]
    assert api.asked == ["list", "100", "101", "103", "list", "200"]
    assert said == ["broken off", "too old resource version"]


def test_the_same_event_again_is_counted(connect: Callable[[Handler], Api]) -> None:
    written: list[tuple[str, dict[str, Any]]] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        written.append((request.method, body))
        return httpx2.Response(200, json={"metadata": {"name": "web.1"}, **body})

    recorder = Recorder(connect(handle), "kubelet", "worker1")
    about = {"kind": "Pod", "name": "web", "namespace": "shop", "uid": "u", "fieldPath": "spec.containers{web}"}
    for reason in ("Started", "BackOff", "BackOff"):
        recorder.record(about, reason, f"{reason}!", kind="Warning" if reason == "BackOff" else "Normal")
    assert [(method, body.get("count")) for method, body in written] == [("POST", 1), ("POST", 1), ("PATCH", 2)]
    assert written[0][1]["involvedObject"]["fieldPath"] == "spec.containers{web}"
    assert written[0][1]["source"] == {"component": "kubelet", "host": "worker1"}


def test_an_event_that_can_not_be_written_is_lost_quietly(connect: Callable[[Handler], Api]) -> None:
    recorder = Recorder(connect(lambda _: refuse(403, "Forbidden", "no")), "kubelet")
    recorder.record({"kind": "Pod", "name": "web", "uid": "u"}, "Started", "x")
