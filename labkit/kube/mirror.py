"""All objects of some kinds, kept up by watches: what client-go calls informers. Whoever asks, asks memory."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from labkit.errors import LabkitError
from labkit.kube.api import Api, Object
from labkit.kube.kinds import Kind
from labkit.kube.reflector import Change, follow

_FIRST: Final = 5.0  # seconds in which every kind is listed once, or whoever asks is told that it was not
Key = tuple[str, str]


class Mirror:
    """What the API server has of `kinds`. Other threads write it; a kind that the server does not know has no objects."""

    def __init__(self, api: Api, kinds: Iterable[Kind], say: Callable[[str], Any]) -> None:
        self._lock = threading.Lock()
        self._objects: dict[Kind, dict[Key, Object]] = {kind: {} for kind in kinds}
        self._waiting = set(self._objects)
        self._listed = threading.Event()
        self._version = 0
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        for kind in self._objects:
            threading.Thread(target=self._follow, args=(api, kind, say), daemon=True).start()

    @property
    def bell(self) -> int:
        """A descriptor that can be read when something has changed since `quiet`."""
        return self._reader

    @property
    def version(self) -> int:
        """The newest that was heard of."""
        return self._version

    def quiet(self) -> bool:
        """Whether it rang; what rings from now on is new."""
        try:
            return bool(os.read(self._reader, 1 << 16))  # as much as a pipe holds
        except BlockingIOError:
            return False

    def list(self, kind: Kind) -> list[Object]:
        """All of one of the kinds, by namespace and name; not to be changed. Raises LabkitError while some kind was never listed."""
        if not self._listed.wait(_FIRST):
            missing = ", ".join(sorted(each.plural for each in self._waiting))
            raise LabkitError(
                f"the API server has not listed {missing} yet", hint="does it run? may this user list them?"
            )
        with self._lock:
            return [value for _, value in sorted(self._objects[kind].items())]

    def note(self, kind: Kind, value: Mapping[str, Any]) -> None:
        """Something that was written by ourselves, before the watch tells it."""
        if kind in self._objects:
            self._take(kind, Change("MODIFIED", dict(value)))

    def forget(self, kind: Kind, name: str, namespace: str) -> None:
        """Something that was deleted by ourselves."""
        if kind in self._objects:
            with self._lock:
                self._objects[kind].pop((namespace, name), None)

    def _follow(self, api: Api, kind: Kind, say: Callable[[str], Any]) -> None:
        for change in follow(api, kind, say=say):
            self._take(kind, change)

    def _take(self, kind: Kind, change: Change) -> None:
        with self._lock:
            known = self._objects[kind]
            if change.event == "LISTED":
                known.clear()
                known.update({_find_key(each): each for each in change.objects})
                self._waiting.discard(kind)
                if not self._waiting:
                    self._listed.set()
            elif change.event == "DELETED":
                known.pop(_find_key(change.object), None)
            elif _read_version(known.get(_find_key(change.object))) <= _read_version(change.object):
                known[_find_key(change.object)] = change.object
            self._version = max(self._version, _read_version(change.object), _to_number(change.version))
        self._ring()

    def _ring(self) -> None:
        try:
            os.write(self._writer, b"+")
        except BlockingIOError:
            return  # it rings already


def _find_key(value: Object) -> Key:
    return value["metadata"].get("namespace", ""), value["metadata"]["name"]


def _read_version(value: Mapping[str, Any] | None) -> int:
    """0 for none; versions can be compared since Kubernetes 1.35 (KEP-5504)."""
    return _to_number(str(((value or {}).get("metadata") or {}).get("resourceVersion", "")))


def _to_number(version: str) -> int:
    return int(version) if version.isdecimal() else 0
