"""What the API has of some kinds, kept up to date by a thread each: client-go's informers, without their handlers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from labkit.kube.api import Api, Object
from labkit.kube.reflector import Change, follow

Key = tuple[str, str]  # namespace, name


class Mirror:
    """`tell` is called after each change, in the thread that met it; `say` is told what goes wrong."""

    def __init__(self, api: Api, *, tell: Callable[[], None], say: Callable[[str], Any] = lambda _: None) -> None:
        self._api = api
        self._tell = tell
        self._say = say
        self._lock = threading.Lock()
        self._objects: dict[str, dict[Key, Object]] = {}
        self._listed: dict[str, threading.Event] = {}

    def start(self, kinds: Iterable[str]) -> None:
        """Follow these kinds from now on, as long as the process lives."""
        for kind in kinds:
            self._objects[kind], self._listed[kind] = {}, threading.Event()
            threading.Thread(target=self._run, args=(kind,), daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Until each kind was listed once; whether that came about."""
        return all(event.wait(seconds) for event in list(self._listed.values()))

    def read(self, kind: str) -> dict[Key, Object]:
        """A copy; the objects themselves are never changed."""
        with self._lock:
            return dict(self._objects.get(kind, {}))

    def _run(self, kind: str) -> None:
        for change in follow(self._api, kind, say=self._say):
            with self._lock:
                self._take(kind, change)
            self._listed[kind].set()
            self._tell()

    def _take(self, kind: str, change: Change) -> None:
        if change.event == "LISTED":
            self._objects[kind] = {_name(each): each for each in change.objects}
        elif change.event == "DELETED":
            self._objects[kind].pop(_name(change.object), None)
        else:
            self._objects[kind][_name(change.object)] = change.object


def _name(found: Object) -> Key:
    return found["metadata"].get("namespace", ""), found["metadata"]["name"]
