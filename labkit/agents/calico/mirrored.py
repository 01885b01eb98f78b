"""The Kubernetes API as a Store whose lists come out of memory, kept up by watches: what Calico's syncers do (libcalico-go lib/backend/watchersyncer)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from labkit.agents.calico.store import Object, Store
from labkit.errors import LabkitError
from labkit.kube import Api, Kind, Mirror

_FIRST: Final = 5.0  # seconds in which every kind is listed once, or whoever asks is told that it was not


class Bell:
    """A descriptor that can be read when something has changed since `quiet`."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def ring(self) -> None:
        """By any thread."""
        with contextlib.suppress(BlockingIOError):  # it rings already
            os.write(self._writer, b"+")

    def quiet(self) -> bool:
        """Whether it rang; what rings from now on is new."""
        try:
            return bool(os.read(self.reader, 1 << 16))  # as much as a pipe holds
        except BlockingIOError:
            return False


class MirroredStore:
    """A Store (store.py); what is written goes to the API server, and is known here at once."""

    def __init__(self, api: Api, kinds: Iterable[Kind], say: Callable[[str], Any]) -> None:
        self.api = api
        self._kinds = frozenset(kinds)
        self.bell = Bell()
        self.mirror = Mirror(api, tell=self.bell.ring, say=say)
        self.mirror.start(self._kinds)

    def get(self, kind: Kind, name: str, namespace: str = "") -> Object:
        return self.api.get(kind, name, namespace)

    def list(self, kind: Kind) -> Iterable[Object]:
        """By namespace and name. Raises LabkitError while some kind was never listed."""
        if kind not in self._kinds:
            return self.api.list(kind)
        if missing := self.mirror.wait(_FIRST):
            raise LabkitError(
                f"the API server has not listed {', '.join(missing)} yet",
                hint="does it run? may this user list them?",
            )
        return [value for _, value in sorted(self.mirror.read(kind).items())]

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
