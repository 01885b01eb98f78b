"""The Kubernetes API as a Store whose lists come out of memory, kept up by watches: what Calico's syncers do (libcalico-go lib/backend/watchersyncer)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from labkit.agents.calico.store import Object, Store
from labkit.kube import Api, Kind, Mirror


class MirroredStore:
    """A Store (store.py); what is written goes to the API server, and is known here at once."""

    def __init__(self, api: Api, kinds: Iterable[Kind], say: Callable[[str], Any]) -> None:
        self.api = api
        self._kinds = frozenset(kinds)
        self.mirror = Mirror(api, self._kinds, say)

    def get(self, kind: Kind, name: str, namespace: str = "") -> Object:
        return self.api.get(kind, name, namespace)

    def list(self, kind: Kind) -> Iterable[Object]:
        return self.mirror.list(kind) if kind in self._kinds else self.api.list(kind)

    def create(self, kind: Kind, value: Mapping[str, Any], namespace: str = "") -> Object:
        return self._note(kind, self.api.create(kind, value, namespace))

    def replace(self, kind: Kind, value: Mapping[str, Any], namespace: str = "") -> Object:
        return self._note(kind, self.api.replace(kind, value, namespace))

    def delete(self, kind: Kind, name: str, namespace: str = "") -> None:
        self.api.delete(kind, name, namespace)
        self.mirror.forget(kind, name, namespace)

    def _note(self, kind: Kind, value: Object) -> Object:
        self.mirror.note(kind, value)
        return value


def find_live(store: Store) -> Store:
    """The API server itself, where something may not be a moment old."""
    return store.api if isinstance(store, MirroredStore) else store
