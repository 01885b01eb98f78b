"""An API server for IPAM's tests: in memory, with the real one's conflicts, that fails, or lets others go first, when it is told to."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from labkit.kube import ConflictError, Kind, MissingError

Object = dict[str, Any]


class MemoryStore:
    """`before`: called ahead of every request, whatever it does: it may raise, or use the store itself."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self.before = before
        self._objects: dict[tuple[str, str], Object] = {}
        self._version = 0

    def get(self, kind: Kind, name: str, _: str = "") -> Object:
        self.before()
        return copy.deepcopy(self._find(kind, name))

    def list(self, kind: Kind) -> list[Object]:
        self.before()
        return [copy.deepcopy(value) for (name, _), value in self._objects.items() if name == kind.name]

    def create(self, kind: Kind, value: Mapping[str, Any], _: str = "") -> Object:
        self.before()
        name = value["metadata"]["name"]
        if (kind.name, name) in self._objects:
            raise ConflictError(f"{name} is there", code=409)
        return self._put(kind, name, value)

    def replace(self, kind: Kind, value: Mapping[str, Any], _: str = "") -> Object:
        self.before()
        name = value["metadata"]["name"]
        if self._find(kind, name)["metadata"]["resourceVersion"] != value["metadata"]["resourceVersion"]:
            raise ConflictError(f"{name} was changed", code=409)
        return self._put(kind, name, value)

    def delete(self, kind: Kind, name: str, _: str = "") -> None:
        self.before()
        self._find(kind, name)
        del self._objects[kind.name, name]

    def _find(self, kind: Kind, name: str) -> Object:
        if (kind.name, name) not in self._objects:
            raise MissingError(f"no {name}", code=404)
        return self._objects[kind.name, name]

    def _put(self, kind: Kind, name: str, value: Mapping[str, Any]) -> Object:
        self._version += 1
        new = copy.deepcopy(dict(value))
        new["metadata"] = {**new["metadata"], "resourceVersion": str(self._version)}
        self._objects[kind.name, name] = new
        return copy.deepcopy(new)
