"""port-forward: SPDY's frames, and a tunnel between a kubectl that is played here and a port of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import socketserver
import struct
import threading
import zlib
from collections.abc import Awaitable, Callable

import pytest

from labkit.agents.kubelet.forward import Tunnel
from labkit.agents.kubelet.sandbox import Sandbox
from labkit.agents.kubelet.spdy import (
    DATA,
    DICTIONARY,
    FIN,
    PING,
    RST_STREAM,
    SYN_REPLY,
    SYN_STREAM,
    Frame,
    Parser,
    render_control,
    render_data,
    render_text,
)

SECONDS = 10
WHERE = Sandbox("c0ffee", "web", ("10.244.1.2",))


class Client:
    """What kubectl sends; `frames`: what came back."""

    def __init__(self) -> None:
        self._headers = zlib.compressobj(zdict=DICTIONARY)
        self._parser = Parser()
        self.frames: list[Frame] = []
        self._news = asyncio.Condition()

    def open(self, stream: int, **headers: str) -> bytes:
        words = [word for pair in headers.items() for word in pair]
        plain = struct.pack("!I", len(headers)) + b"".join(render_text(word) for word in words)
        packed = self._headers.compress(plain) + self._headers.flush(zlib.Z_SYNC_FLUSH)
        return render_control(SYN_STREAM, struct.pack("!IIH", stream, 0, 0) + packed)

    def open_pair(self, first: int, port: int) -> bytes:
        words = {"port": str(port), "requestid": str(first)}
        streams = [self.open(first + 2 * at, streamtype=kind, **words) for at, kind in enumerate(("error", "data"))]
        return streams[0] + render_data(first, b"", last=True) + streams[1]

    async def take(self, data: bytes) -> None:
        self.frames += self._parser.feed(data)
        async with self._news:
            self._news.notify_all()

    async def wait_for(self, condition: Callable[[Frame], object]) -> None:
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(lambda: any(condition(each) for each in self.frames))

    async def wait(self, stream: int) -> bytes:
        """All that a stream brings, to its end."""
        await self.wait_for(lambda each: each.stream == stream and each.flags & FIN)
        return b"".join(each.body for each in self.frames if each.kind == DATA and each.stream == stream)


def test_the_dictionary_is_the_specifications() -> None:
    assert zlib.adler32(DICTIONARY) == 0xE3C6A7C2  # every SPDY/3 header block begins with it


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_frames_are_read_wherever_they_are_cut(size: int) -> None:
    client, parser = Client(), Parser()
    sent = client.open_pair(1, 80) + render_data(3, b"x" * 70_000) + client.open(5, port="81")
    pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
    frames = [frame for piece in pieces for frame in parser.feed(piece)]
    assert [(each.kind, each.stream, each.flags) for each in frames] == [
        (SYN_STREAM, 1, 0), (DATA, 1, FIN), (SYN_STREAM, 3, 0), (DATA, 3, 0), (SYN_STREAM, 5, 0),
    ]  # fmt: skip
    assert frames[2].headers == {"streamtype": "data", "port": "80", "requestid": "1"}
    assert len(frames[3].body) == 70_000
    assert frames[4].headers == {"port": "81"}


@pytest.mark.parametrize("garbage", [b"\x80\x02\x00\x01" + bytes(4), b"\x80\x03\x00\x01\x00\x00\x00\x0c" + b"x" * 12])
def test_what_is_no_spdy_is_refused(garbage: bytes) -> None:
    with pytest.raises(ValueError, match=r"version 2|can't be read"):
        list(Parser().feed(garbage))


Talk = Callable[[Client, Tunnel, int], Awaitable[None]]


class Backwards(socketserver.StreamRequestHandler):
    """Says what it was told, backwards, when it was told all."""

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            self.wfile.write(self.rfile.read()[::-1])


def run(talk: Talk) -> None:
    """Beside a server of this machine."""

    async def make() -> socket.socket:
        return socket.socket()

    async def main(port: int) -> None:
        client = Client()
        tunnel = Tunnel(WHERE, make, client.take)
        await talk(client, tunnel, port)
        tunnel.close()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Backwards) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.02,))
        serving.start()
        asyncio.run(main(server.server_address[1]))
        server.shutdown()
        serving.join()


def test_connections_are_carried_beside_each_other() -> None:
    async def talk(client: Client, tunnel: Tunnel, port: int) -> None:
        large = bytes(range(256)) * 1000
        await tunnel.take(client.open_pair(1, port) + client.open_pair(5, port))
        await tunnel.take(render_data(7, large, last=True) + render_data(3, b"ab") + render_data(3, b"c", last=True))
        assert (await client.wait(3), await client.wait(7)) == (b"cba", large[::-1])
        assert (await client.wait(1), await client.wait(5)) == (b"", b"")
        assert sum(each.kind == SYN_REPLY for each in client.frames) == 4

    run(talk)


def test_a_port_on_which_nobody_listens_is_told_in_containerds_words() -> None:
    async def talk(client: Client, tunnel: Tunnel, _: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
            await tunnel.take(client.open_pair(1, port))
            said = (await client.wait(1)).decode()
        assert said.startswith(f"error forwarding port {port} to pod c0ffee, uid : failed to execute portforward in")
        assert "connect: connection refused" in said

    run(talk)


def test_a_connection_that_kubectl_breaks_off_ends_on_both_sides() -> None:
    async def talk(client: Client, tunnel: Tunnel, port: int) -> None:
        await tunnel.take(client.open_pair(1, port) + render_data(3, b"never all"))
        await client.wait_for(lambda each: (each.kind, each.stream) == (SYN_REPLY, 3))
        await tunnel.take(render_control(RST_STREAM, struct.pack("!II", 3, 5)))
        assert (await client.wait(3), await client.wait(1)) == (b"", b"")
        await tunnel.take(render_control(PING, struct.pack("!I", 9)))
        assert client.frames[-1].kind == PING

    run(talk)
