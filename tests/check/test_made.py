"""Pods that a check makes in the API: what is asked of kubectl, and what it means when one does not start."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from labkit.check import Place, View, run_pods
from labkit.check import made as made_module
from labkit.check.verdict import Failed
from labkit.errors import CannotTell

WANTED = {
    "metadata": {"name": "check-a", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {"nodeName": "worker1"},
}
READY = {"phase": "Running", "podIP": "10.244.1.9"}


class FakeView:
    """A cluster in which pods have this status at once; `typed`: what was asked of kubectl, with what it was given."""

    def __init__(self, status: dict[str, Any], *, old: bool = False) -> None:
        self.status, self.old = status, old
        self.typed: list[tuple[str, str]] = []
        self.events: list[dict[str, Any]] = []

    def machine(self, _: str) -> SimpleNamespace:
        return SimpleNamespace(run=self._run)

    def _run(self, words: list[str], *, stdin: str = "", timeout: float) -> SimpleNamespace:
        assert timeout > 0
        self.typed.append((" ".join(words[:3]), stdin))
        return SimpleNamespace(status=0, stdout="", stderr="")

    def objects(self, kind: str, namespace: str, *, labels: str = "") -> list[dict[str, Any]]:
        if kind == "Event":
            return self.events
        assert (kind, namespace, labels) == ("Pod", "shop", "labkit.check=yes")
        return [{}] if self.old else []

    def object(self, kind: str, name: str, namespace: str) -> dict[str, Any]:
        assert (kind, name, namespace) == ("Pod", "check-a", "shop")
        return {**WANTED, "status": self.status}

    def limit(self, seconds: float) -> float:
        return seconds


def test_pods_are_made_with_their_labels_and_taken_away() -> None:
    view = FakeView(READY)
    with run_pods(cast("View", view), WANTED) as places:
        assert places == [Place("check-a.shop", "10.244.1.9")]
    (create, given), (delete, again) = view.typed
    assert (create, delete, given) == ("kubectl create --validate=false", "kubectl delete -f", again)
    (pod,) = json.loads(given)["items"]
    assert pod["metadata"]["labels"] == {"app": "web", "labkit.check": "yes"}
    assert (pod["spec"]["nodeName"], len(pod["spec"]["containers"])) == ("worker1", 1)


def test_those_of_a_check_that_was_killed_go_first() -> None:
    view = FakeView(READY, old=True)
    with run_pods(cast("View", view), WANTED):
        assert [typed for typed, _ in view.typed] == ["kubectl -n shop", "kubectl create --validate=false"]


def test_one_that_does_not_start_is_red_with_the_kubelet_s_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_module, "STARTS", 0.0)
    view = FakeView({"phase": "Pending"})
    with pytest.raises(CannotTell, match="check-a did not start in time"), run_pods(cast("View", view), WANTED):
        pass
    view.events = [{"involvedObject": {"name": "check-a"}, "type": "Warning", "message": "no network"}]
    with pytest.raises(Failed, match="no network"), run_pods(cast("View", view), WANTED):
        pass
    assert view.typed[-1][0] == "kubectl delete -f"
