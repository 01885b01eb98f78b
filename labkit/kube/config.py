"""Which API server, and as whom: a kubeconfig file, or what a pod finds below /var/run/secrets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from labkit.errors import UsageError
from labkit.kube.api import Api
from labkit.kube.errors import explain

_SECONDS: Final = 20.0
ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount"


def open_api(kubeconfig: str = "", *, transport: Any = None) -> Api:
    """By a kubeconfig file; without one as a pod does, by its service account. Raises UsageError, KubeError.

    `transport`: lightkube's (httpx2), for whoever reaches the API server by other means than this process's network.
    """
    import httpx2
    from lightkube import Client
    from lightkube.config.kubeconfig import KubeConfig

    if kubeconfig and not os.access(kubeconfig, os.R_OK):
        raise UsageError(f"{kubeconfig} can't be read", hint="a kubeconfig: server, its certificate, a token")
    if not kubeconfig and not Path(ACCOUNT, "token").exists():
        raise UsageError(f"there is neither a kubeconfig nor {ACCOUNT}/token", hint="KUBECONFIG=FILE names one")
    with explain(kubeconfig or ACCOUNT):
        config = KubeConfig.from_file(kubeconfig) if kubeconfig else KubeConfig.from_service_account(ACCOUNT)
        return Api(Client(config.get(), timeout=httpx2.Timeout(_SECONDS), trust_env=False, transport=transport))
