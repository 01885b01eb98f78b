"""What the API server has of some kinds, kept up by a watch each: what client-go calls informers. Whoever asks, asks memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from labkit.kube.api import Api, Object
from labkit.kube.kinds import Kind, find_kind
from labkit.kube.reflector import Change, follow

Key = tuple[str, str]  # namespace, name


class Mirror:
    """`tell` is called after each change, in the thread that met it; `say` is told what goes wrong. A kind that the server does not know has no objects."""

    def __init__(
        self, api: Api, *, tell: Callable[[], None] = lambda: None, say: Callable[[str], Any] = lambda _: None
    ) -> None:
        self._api = api
        self._tell = tell
        self._say = say
        self._lock = threading.Lock()
        self._objects: dict[Kind, dict[Key, Object]] = {}
        self._listed: dict[Kind, threading.Event] = {}
        self._version = 0

    @property
    def version(self) -> int:
        """The newest that was heard of."""
        return self._version

    def start(self, kinds: Iterable[str | Kind]) -> None:
        """Follow these from now on, as long as the process lives."""
        for kind in map(find_kind, kinds):
            self._objects[kind], self._listed[kind] = {}, threading.Event()
            threading.Thread(target=self._run, args=(kind,), daemon=True).start()

    def wait(self, seconds: float) -> list[str]:
        """Until each kind was listed once, so long at most; those that were not, in the plural."""
        until = time.monotonic() + seconds
        missing = [
            kind for kind, event in list(self._listed.items()) if not event.wait(max(0, until - time.monotonic()))
        ]
        return sorted(kind.plural for kind in missing)

    def read(self, kind: str | Kind) -> dict[Key, Object]:
        """A copy; the objects themselves are never changed."""
        with self._lock:
            return dict(self._objects.get(find_kind(kind), {}))

    def note(self, kind: Kind, value: Mapping[str, Any]) -> None:
        """Something that was written by ourselves, before the watch tells it."""
        if kind in self._objects:
            self._take(kind, Change("MODIFIED", dict(value)))

    def forget(self, kind: Kind, name: str, namespace: str) -> None:
        """Something that was deleted by ourselves."""
        with self._lock:
            self._objects.get(kind, {}).pop((namespace, name), None)

    def _run(self, kind: Kind) -> None:
        for change in follow(self._api, kind, say=self._say):
            self._take(kind, change)
            self._listed[kind].set()

    def _take(self, kind: Kind, change: Change) -> None:
        with self._lock:
            known = self._objects[kind]
            if change.event == "LISTED":
                self._objects[kind] = {_find_key(each): each for each in change.objects}
            elif change.event == "DELETED":
                known.pop(_find_key(change.object), None)
            elif _read_version(known.get(_find_key(change.object))) <= _read_version(change.object):
                known[_find_key(change.object)] = change.object
            self._version = max(self._version, _read_version(change.object), _to_number(change.version))
        self._tell()


def _find_key(value: Object) -> Key:
    return value["metadata"].get("namespace", ""), value["metadata"]["name"]


def _read_version(value: Mapping[str, Any] | None) -> int:
    """0 for none; versions can be compared since Kubernetes 1.35 (KEP-5504)."""
    return _to_number(str(((value or {}).get("metadata") or {}).get("resourceVersion", "")))


def _to_number(version: str) -> int:
    return int(version) if version.isdecimal() else 0
