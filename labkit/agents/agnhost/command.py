"""The command: `agnhost netexec --http-port=8080 --udp-port=8081`, `agnhost serve-hostname --port=9376`, `agnhost pause`."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import signal
import socket
import sys
from typing import Any, Final

_START: Final = dt.datetime.now(dt.UTC)


def main() -> int:
    """Until SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="agnhost", description="A server whose answers tell who was asked, and by whom."
    )
    modes = parser.add_subparsers(dest="mode", required=True)
    netexec = modes.add_parser("netexec", help="HTTP and UDP: hostname, clientip, echo")
    netexec.add_argument("--http-port", type=int, default=8080)
    netexec.add_argument("--udp-port", type=int, default=8081)
    serve = modes.add_parser("serve-hostname", help="HTTP: the host's name, whatever is asked")
    serve.add_argument("--port", type=int, default=9376)
    modes.add_parser("pause", help="do nothing")
    said = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    asyncio.run(_run(said))
    return 0


async def _run(said: argparse.Namespace) -> None:
    if said.mode == "netexec":
        _serve_http(said.http_port)
        await asyncio.get_running_loop().create_datagram_endpoint(_Datagrams, local_addr=("0.0.0.0", said.udp_port))  # noqa: S104 - all of the pod
    elif said.mode == "serve-hostname":
        _serve_http(said.port, only_hostname=True)
    await asyncio.Event().wait()


def answer(path: str, client: str, message: str = "") -> str | None:
    """What the original says to a question; None to one that it does not know."""
    known = {
        "/": f"NOW: {dt.datetime.now(dt.UTC)}", "/hostname": socket.gethostname(), "/hostName": socket.gethostname(),
        "/clientip": client, "/echo": message, "/healthz": "", "/readyz": "", "/started": str(_START),
    }  # fmt: skip
    return known.get(path)


def _serve_http(port: int, *, only_hostname: bool = False) -> None:
    from tornado.httputil import HTTPServerRequest
    from tornado.web import Application, RequestHandler

    class Handler(RequestHandler):
        def get(self) -> None:
            request: HTTPServerRequest = self.request
            client = f"{request.remote_ip}:{_find_port(request)}"
            said = answer("/hostname" if only_hostname else request.path, client, self.get_argument("msg", "") or "")
            if said is None:
                self.set_status(404)
                said = "404 page not found\n"
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(said)

        post = get

    Application([(r".*", Handler)], log_function=lambda _: None).listen(port)


def _find_port(request: Any) -> int:
    try:
        return int(request.connection.context.address[1])
    except (AttributeError, IndexError, TypeError):
        return 0


class _Datagrams(asyncio.DatagramProtocol):
    """`hostname`, `clientip`, `echo WORDS`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: tuple[str | Any, int]) -> None:
        word, _, rest = data.decode(errors="replace").strip().partition(" ")
        said = answer(f"/{word.lower()}", f"{address[0]}:{address[1]}", rest)
        if said is not None:
            self._transport.sendto(said.encode(), address)  # type: ignore[attr-defined]
