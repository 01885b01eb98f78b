"""What Calico notes at Kubernetes' own objects: a node's addresses, a pod's (libcalico-go lib/backend/k8s, release-v3.20)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from labkit.agents.calico.facts import CNI_PREFIX, PREFIX
from labkit.agents.calico.objects import NODE, POD
from labkit.agents.calico.store import Store
from labkit.errors import LabkitError
from labkit.kube import Api, ConflictError, MissingError

_TRIES: Final = 10


def annotate_node(store: Store, name: str, changes: Mapping[str, str | None]) -> None:
    """projectcalico.org/KEY: value, None takes away. Somebody else may write the same Node meanwhile, kubelet for one: then it is read again."""
    for _ in range(_TRIES):
        node = store.get(NODE, name)
        told = {
            **(node["metadata"].get("annotations") or {}),
            **{PREFIX + key: value for key, value in changes.items()},
        }
        told = {key: value for key, value in told.items() if value is not None}
        with suppress(ConflictError):
            store.replace(NODE, {**node, "metadata": {**node["metadata"], "annotations": told}})
            return
    raise LabkitError(f"node {name}: somebody else was quicker {_TRIES} times", hint="it is tried again")


def annotate_pod(store: Store, namespace: str, name: str, changes: Mapping[str, str | None]) -> None:
    """cni.projectcalico.org/KEY: value. A pod that the API does not know, plugged in by hand, is left alone."""
    if isinstance(store, Api):
        told = {CNI_PREFIX + key: value for key, value in changes.items()}
        with suppress(MissingError):
            store.patch(POD, name, {"metadata": {"annotations": told}}, namespace, action="status")
