"""Which datastore calicoctl and the agents ask: the Kubernetes API by a kubeconfig, in a pod by its service account; in labs without an API server a folder of files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from labkit.agents.calico.files import BEGIN, FileStore
from labkit.agents.calico.objects import POOL
from labkit.agents.calico.store import Store
from labkit.errors import UsageError
from labkit.kube import Api, open_api
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


def read_version(store: Store) -> str:
    """Another one after every change of Calico's objects: cheap enough to be asked every half second. Raises KubeError.

    Of an API server it is that of everything in it, so it tells of more changes than there are.
    """
    if isinstance(store, FileStore):
        return str(store.read_version())
    assert isinstance(store, Api)
    return store.list_versioned(POOL)[1]
