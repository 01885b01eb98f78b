"""A mirror of the API server's objects: listed, kept up, listed again; who waits is rung."""

from __future__ import annotations

import queue
import threading
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
def news() -> threading.Event:
    return threading.Event()


@pytest.fixture
def mirror(api: FakeApi, news: threading.Event) -> Mirror:
    made = Mirror(cast("Api", api), tell=news.set)
    made.start((POD, NODE, OWN))
    assert made.wait(20) == []
    return made


def list_names(mirror: Mirror) -> list[str]:
    return sorted(name for _, name in mirror.read("Pod"))


def test_it_has_what_was_listed_and_what_came_since(api: FakeApi, mirror: Mirror) -> None:
    assert (list_names(mirror), mirror.read(NODE), mirror.read(OWN), mirror.version) == (["web"], {}, {}, 5)
    api.events[POD].put(("ADDED", render("api", 7)))
    wait_until(lambda: list_names(mirror) == ["api", "web"])
    api.events[POD].put(("DELETED", render("web", 9)))
    wait_until(lambda: list_names(mirror) == ["api"])
    assert mirror.version == 9


def test_it_tells_of_what_is_new(api: FakeApi, mirror: Mirror, news: threading.Event) -> None:
    assert list_names(mirror) == ["web"]
    news.clear()
    api.events[POD].put(("MODIFIED", render("web", 8)))
    assert news.wait(20)


def test_what_was_never_listed_is_named(api: FakeApi) -> None:
    made, held = Mirror(cast("Api", api)), threading.Event()
    api.list_versioned = lambda *_, **__: held.wait() and ((), "1")  # type: ignore[method-assign, assignment]
    made.start(("Pod", "Node"))
    assert made.wait(0.01) == ["nodes", "pods"]
    held.set()
    assert made.wait(20) == []


def test_what_was_written_is_known_at_once_and_not_undone_by_what_is_older(api: FakeApi, mirror: Mirror) -> None:
    assert list_names(mirror) == ["web"]
    mirror.note(POD, {**render("web", 12), "spec": "mine"})
    api.events[POD].put(("MODIFIED", {**render("web", 11), "spec": "older"}))
    api.events[POD].put(("ADDED", render("last", 13)))
    wait_until(lambda: "last" in list_names(mirror))
    assert {name: each.get("spec") for (_, name), each in mirror.read(POD).items()} == {"last": None, "web": "mine"}
    mirror.forget(POD, "web", "default")
    assert list_names(mirror) == ["last"]


def test_what_went_while_nobody_watched_is_gone(api: FakeApi, mirror: Mirror) -> None:
    assert list_names(mirror) == ["web"]
    api.objects[POD], api.version = [render("db", 20)], 21
    api.events[POD].put(KubeError("too old", code=410))
    wait_until(lambda: list_names(mirror) == ["db"])
    assert mirror.version == 21
