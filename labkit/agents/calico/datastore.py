"""Which datastore calicoctl and the agents ask: the Kubernetes API by a kubeconfig, in a pod by its service account; in labs without an API server a folder of files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from labkit.agents.calico.files import BEGIN, FileStore
from labkit.agents.calico.mirrored import MirroredStore
from labkit.agents.calico.store import Store
from labkit.errors import UsageError
from labkit.kube import Api, Kind, open_api
from labkit.kube.config import ACCOUNT

_NONE: Final = (
    "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable"
)


def open_datastore() -> Store:
    """DATASTORE_TYPE says which: kubernetes or files. Raises UsageError, KubeError."""
    wanted = os.environ.get("DATASTORE_TYPE") or ("files" if BEGIN.exists() else "kubernetes")
    if wanted == "files":
        return FileStore()
    if wanted != "kubernetes":
        raise UsageError(f"unknown datastore type: {wanted}", hint="DATASTORE_TYPE: kubernetes or files")
    path = os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())
    if not os.environ.get("KUBECONFIG") and Path(ACCOUNT, "token").exists():
        return open_api()
    if not Path(path).exists():
        raise UsageError(_NONE, hint="KUBECONFIG=FILE names a kubeconfig")
    return open_api(path)


def open_mirrored(kinds: Iterable[Kind], say: Callable[[str], Any]) -> Store:
    """The same for agents: of an API server these kinds are followed, so that a change is heard of at once. `say`: what goes wrong meanwhile."""
    store = open_datastore()
    return MirroredStore(store, kinds, say) if isinstance(store, Api) else store


def read_version(store: Store) -> int:
    """Another one after every change of what is followed: cheap enough to be asked every half second."""
    if isinstance(store, FileStore):
        return store.read_version()
    assert isinstance(store, MirroredStore)
    return store.mirror.version
