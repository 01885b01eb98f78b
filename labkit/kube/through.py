"""The API server by sockets that somebody else opens: from a machine's network, into which this process doesn't go."""

from __future__ import annotations

import functools
import http.client
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final, cast

from labkit.kube.api import Api

Connect = Callable[[str, int], socket.socket]  # to an address and port, within a time of its own
_HTTPS: Final = 443


def open_api_through(kubeconfig: str, connect: Connect) -> Api:
    """As who and to where a kubeconfig's text says. What `connect` raises comes out of the Api's calls as it is, but for OSError."""
    import httpx2
    from lightkube import Client

    config = _read(kubeconfig)

    class Through(httpx2.BaseTransport):
        """One connection a request: there are few, and nothing then has to be closed."""

        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            try:
                return cast("httpx2.Response", _ask(request, connect, _read_trust(kubeconfig)))
            except (OSError, http.client.HTTPException) as error:
                raise httpx2.ConnectError(str(error), request=request) from error

    return Api(Client(config, trust_env=False, transport=Through()))


def _ask(request: Any, connect: Connect, trust: ssl.SSLContext) -> Any:
    import httpx2

    host, port = request.url.host, request.url.port or _HTTPS
    with connect(host, port) as plain, trust.wrap_socket(plain, server_hostname=host) as sock:
        asking = http.client.HTTPConnection(host, port)
        asking.sock = sock
        asking.request(request.method, request.url.raw_path.decode(), request.read(), dict(request.headers))
        answer = asking.getresponse()
        return httpx2.Response(answer.status, headers=answer.getheaders(), content=answer.read(), request=request)


@functools.lru_cache(maxsize=16)
def _read(kubeconfig: str) -> Any:
    import yaml
    from lightkube.config.kubeconfig import KubeConfig

    return KubeConfig.from_dict(yaml.safe_load(kubeconfig)).get()


@functools.lru_cache(maxsize=16)
def _read_trust(kubeconfig: str) -> ssl.SSLContext:
    from lightkube.config.client_adapter import verify_cluster

    config = _read(kubeconfig)
    trust: ssl.SSLContext = verify_cluster(config.cluster, config.user, config.abs_file, trust_env=False)
    return trust
