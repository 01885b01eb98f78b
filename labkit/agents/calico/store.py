"""Where Calico keeps its objects: the Kubernetes API. Nobody locks anything: who writes says which version he has read, and is refused when it is old."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from labkit.errors import LabkitError, UsageError
from labkit.kube import ConflictError, Kind, MissingError, open_api

Object = dict[str, Any]
_TRIES: Final = 100  # as libcalico-go's datastoreRetries


class Store(Protocol):
    """What Calico needs of an API. All raise KubeError; `create` and `replace` ConflictError, `get`, `replace` and `delete` MissingError.

    `namespace`: of a kind that lives in some; default when it is left out.
    """

    def get(self, kind: Kind, name: str, namespace: str = "") -> Object:
        """One object."""

    def list(self, kind: Kind) -> Iterable[Object]:
        """All of a kind, in all namespaces."""

    def create(self, kind: Kind, value: Mapping[str, Any], namespace: str = "") -> Object:
        """One that was not there."""

    def replace(self, kind: Kind, value: Mapping[str, Any], namespace: str = "") -> Object:
        """One that is still what `metadata.resourceVersion` says."""

    def delete(self, kind: Kind, name: str, namespace: str = "") -> None:
        """Whatever its version: who wants to be sure marks it first (`deleted`), as libcalico-go does."""


def open_store(conf: Mapping[str, Any]) -> Store:
    """The one that a plugin's conf names. Raises UsageError, KubeError."""
    kind = conf.get("datastore_type", "kubernetes")
    if kind != "kubernetes":
        raise UsageError(f"datastore_type {kind!r} is not modelled", hint="kubernetes is")
    return open_api(str((conf.get("kubernetes") or {}).get("kubeconfig") or ""))


def find(store: Store, kind: Kind, name: str, namespace: str = "") -> Object | None:
    """None when it is not there."""
    try:
        return store.get(kind, name, namespace)
    except MissingError:
        return None


def change(store: Store, kind: Kind, name: str, update: Callable[[Object], Object | None]) -> Object | None:
    """Read, work out the new spec, write; again from the beginning when somebody else wrote meanwhile.

    `update` gets the spec and gives the new one, or None when there is nothing to do, which is what this gives then.
    Raises MissingError.
    """
    for _ in range(_TRIES):
        current = store.get(kind, name)
        spec = update(current["spec"])
        if spec is None:
            return None
        try:
            return store.replace(kind, {**current, "spec": spec})
        except ConflictError:
            continue
    raise LabkitError(f"{kind.name} {name}: somebody else was quicker {_TRIES} times", hint="try again")
