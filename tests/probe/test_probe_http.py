"""Pages asked for by name, path and TLS: what is sent, what is typed, what came."""

from __future__ import annotations

import socket

import pytest

from labkit.errors import UsageError
from labkit.probe import Page, Tls
from labkit.probe.call import Call

PLAIN = Page("10.0.0.1", 80)
NAMED = Page("10.0.0.1", 30391, "shop.example", "/api", Tls("PEM", "/root/ca.crt"))


def test_a_page_without_a_name_is_the_addresss_own() -> None:
    assert PLAIN.render_request("t0").startswith(b"GET / HTTP/1.0\r\nHost: 10.0.0.1:80\r\nX-Padding: t0-xxx")
    assert PLAIN.plan_command(1)[2].endswith(" http://10.0.0.1:80/")


def test_what_is_typed_says_name_path_and_whom_to_trust() -> None:
    assert NAMED.render_request("t0").startswith(b"GET /api HTTP/1.0\r\nHost: shop.example:30391\r\n")
    typed = NAMED.plan_command(1)[2]
    assert "--cacert /root/ca.crt" in typed
    assert typed.endswith(" --resolve shop.example:30391:10.0.0.1 https://shop.example:30391/api")
    assert " -k " in NAMED._replace(tls=Tls()).plan_command(1)[2]


def test_what_is_no_certificate_is_said() -> None:
    with pytest.raises(UsageError, match=r"/root/ca\.crt holds no certificate"):
        NAMED.tls.make_context() if NAMED.tls else None


@pytest.mark.parametrize(
    ("said", "code", "location", "detail"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", 200, "", ""),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", 404, "", "it said 'HTTP/1.1 404 Not Found'"),
        (b"HTTP/1.1 308 \r\nlocation: https://a/b\r\n\r\n", 308, "https://a/b", "it said 'HTTP/1.1 308 '"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", 200, "", "the answer broke off"),
        (b"SSH-2.0-OpenSSH\r\n", 0, "", "it said 'SSH-2.0-OpenSSH'"),
        (b"", 0, "", "no answer (time-out)"),
    ],
)
def test_an_answer_is_read(said: bytes, code: int, location: str, detail: str) -> None:
    with socket.socket() as client:
        call = Call(client, PLAIN, said=bytearray(said))
        assert (call.code, call.location, call.explain()) == (code, location, detail)
