"""A mirror of the API server's objects: listed, kept up, listed again; who waits is rung."""

from __future__ import annotations

import queue
import select
from collections.abc import Iterator
from typing import Any, cast

import pytest

from labkit.kube import Api, Kind, KubeError, Mirror, MissingError, find_kind
from tests.waiting import wait_until

POD, NODE = find_kind("Pod"), find_kind("Node")
OWN = Kind("example.org", "v1", "Thing", "things")
Object = dict[str, Any]


def render(name: str, version: int, namespace: str = "default") -> Object:
    return {"metadata": {"name": name, "namespace": namespace, "resourceVersion": str(version)}}


class FakeApi:
    """What a mirror needs of one: `objects` are listed; a watch tells what is put into `events`, and fails at an exception."""

    def __init__(self) -> None:
        self.objects: dict[Kind, list[Object]] = {POD: [render("web", 3)], NODE: []}
        self.events: dict[Kind, queue.Queue[Any]] = {POD: queue.Queue(), NODE: queue.Queue()}
        self.version = 5

    def list_versioned(self, kind: Kind, **_: str) -> tuple[tuple[Object, ...], str]:
        if kind not in self.objects:
            raise MissingError("no such kind", code=404)
        return tuple(self.objects[kind]), str(self.version)

    def watch(self, kind: Kind, _: str, **__: str) -> Iterator[tuple[str, Object]]:
        while True:
            said = self.events[kind].get()
            if isinstance(said, Exception):
                raise said
            yield said


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def mirror(api: FakeApi) -> Mirror:
    return Mirror(cast("Api", api), (POD, NODE, OWN), lambda _: None)


def list_names(mirror: Mirror) -> list[str]:
    return [each["metadata"]["name"] for each in mirror.list(POD)]


def test_it_has_what_was_listed_and_what_came_since(api: FakeApi, mirror: Mirror) -> None:
    assert (list_names(mirror), mirror.list(NODE), mirror.list(OWN), mirror.version) == (["web"], [], [], 5)
    api.events[POD].put(("ADDED", render("api", 7)))
    wait_until(lambda: list_names(mirror) == ["api", "web"])
    api.events[POD].put(("DELETED", render("web", 9)))
    wait_until(lambda: list_names(mirror) == ["api"])
    assert mirror.version == 9


def test_it_rings_for_what_is_new(api: FakeApi, mirror: Mirror) -> None:
    assert list_names(mirror) == ["web"]
    mirror.quiet()
    assert not select.select([mirror.bell], [], [], 0)[0]
    api.events[POD].put(("MODIFIED", render("web", 8)))
    assert select.select([mirror.bell], [], [], 20)[0]


def test_what_was_written_is_known_at_once_and_not_undone_by_what_is_older(api: FakeApi, mirror: Mirror) -> None:
    assert list_names(mirror) == ["web"]
    mirror.note(POD, {**render("web", 12), "spec": "mine"})
    api.events[POD].put(("MODIFIED", {**render("web", 11), "spec": "older"}))
    api.events[POD].put(("ADDED", render("last", 13)))
    wait_until(lambda: "last" in list_names(mirror))
    assert [each.get("spec") for each in mirror.list(POD)] == [None, "mine"]
    mirror.forget(POD, "web", "default")
    assert list_names(mirror) == ["last"]


def test_what_went_while_nobody_watched_is_gone(api: FakeApi, mirror: Mirror) -> None:
    assert list_names(mirror) == ["web"]
    api.objects[POD], api.version = [render("db", 20)], 21
    api.events[POD].put(KubeError("too old", code=410))
    wait_until(lambda: list_names(mirror) == ["db"])
    assert mirror.version == 21
