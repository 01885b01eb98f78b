"""Probes over HTTP and TCP, against servers of this test."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from labkit.agents.kubelet.asking import ask


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        code = int(self.path.removeprefix("/") or 200)
        if self.headers["User-Agent"] != "kube-probe/1.35":
            code = 400
        self.send_response(code)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def closed() -> Iterator[int]:
    with socket.socket() as sock:  # bound, and nobody listens
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


def probe(action: dict[str, Any], seconds: float = 10.0) -> tuple[bool, str]:
    return asyncio.run(ask(None, action, {}, ("id", "127.0.0.1"), seconds))  # type: ignore[arg-type]


def test_an_answer_below_400_is_well(port: int) -> None:
    assert probe({"httpGet": {"port": port, "path": "/204"}}) == (True, "")
    assert probe({"httpGet": {"port": port, "path": "/302"}}) == (True, "")
    assert probe({"httpGet": {"port": port, "path": "/503"}}) == (False, "HTTP probe failed with statuscode: 503")
    assert probe({"tcpSocket": {"port": port}}) == (True, "")


def test_a_closed_port_is_told_in_kubelets_words(closed: int) -> None:
    where = f"dial tcp 127.0.0.1:{closed}: connect: connection refused"
    assert probe({"httpGet": {"port": closed}}) == (False, f'Get "http://127.0.0.1:{closed}/": {where}')
    assert probe({"tcpSocket": {"port": closed}}) == (False, where)


def test_a_server_that_says_nothing_is_too_late() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        good, said = probe({"httpGet": {"port": silent.getsockname()[1]}}, 0.1)
    assert (good, "context deadline exceeded" in said) == (False, True)


def test_a_port_that_has_no_such_name_is_said() -> None:
    assert probe({"tcpSocket": {"port": "web"}}) == (False, "couldn't find port: 'web'")
