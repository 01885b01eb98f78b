"""port-forward: connections from kubectl to a port of a pod, SPDY in a WebSocket (KEP-4006; k8s.io/kubelet, cri/streaming/portforward)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from labkit.agents.containers.client import ContainerError
from labkit.agents.kubelet.asking import explain
from labkit.agents.kubelet.sandbox import Sandbox
from labkit.agents.kubelet.spdy import (
    DATA,
    FIN,
    PING,
    RST_STREAM,
    SYN_STREAM,
    Frame,
    Parser,
    Renderer,
    render_control,
    render_data,
)

if TYPE_CHECKING:  # the agent starts the server
    from labkit.agents.kubelet.agent import Kubelet

PROTOCOL: Final = "SPDY/3.1+portforward.k8s.io"
_CHUNK: Final = 1 << 15
_WAITING: Final = 8  # messages for a connection that is not made yet, or reads slowly
Make = Callable[[], Awaitable[socket.socket]]  # one that is not connected, in the pod's network
Send = Callable[[bytes], Awaitable[None]]


class Forward(WebSocketHandler):
    """One kubectl: all connections of its port-forward."""

    def initialize(self, kubelet: Kubelet) -> None:
        self._kubelet = kubelet

    def check_origin(self, origin: str) -> bool:  # noqa: ARG002 - tornado names it
        return True

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return PROTOCOL if PROTOCOL in subprotocols else None

    def prepare(self) -> None:
        """Before the upgrade: what isn't there is a plain 404."""
        namespace, pod = self.path_args
        worker = self._kubelet.find_worker(namespace, pod)
        if worker is None:
            raise HTTPError(404, reason=f'pod "{pod}" does not exist')
        self._sandbox = worker.kept.sandbox

    def open(self, *_: str) -> None:
        where = self._sandbox or Sandbox("host", "", ())
        self._tunnel = Tunnel(where, self._make_socket, self._send)

    async def on_message(self, message: str | bytes) -> None:
        try:
            await self._tunnel.take(message.encode() if isinstance(message, str) else message)
        except ValueError as error:
            self.close(1002, str(error))

    def on_close(self) -> None:
        self._tunnel.close()

    async def _make_socket(self) -> socket.socket:
        if not self._sandbox:
            return socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        ground = self._kubelet.ground
        return await ground.do(ground.containers.open_socket, self._sandbox.path)

    async def _send(self, data: bytes) -> None:
        with contextlib.suppress(WebSocketClosedError):
            await self.write_message(data, binary=True)


class Tunnel:
    """The streams of one kubectl: for each connection one for errors, which comes first, and one for data."""

    def __init__(self, where: Sandbox, make: Make, send: Send) -> None:
        self._where = where
        self._make = make
        self._send = send
        self._parser = Parser()
        self._renderer = Renderer()
        self._errors: dict[str, int] = {}  # request -> its stream for errors
        self._inputs: dict[int, asyncio.Queue[bytes]] = {}  # stream for data -> what shall be written, b"" at the end
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def take(self, data: bytes) -> None:
        """What kubectl sent. Raises ValueError."""
        for frame in self._parser.feed(data):
            if frame.kind == SYN_STREAM:
                await self._open(frame)
            elif frame.kind == DATA and frame.stream in self._inputs:
                await self._put(frame)
            elif frame.kind == RST_STREAM and frame.stream in self._tasks:
                self._tasks[frame.stream].cancel()
            elif frame.kind == PING:
                await self._send(render_control(PING, frame.body))

    def close(self) -> None:
        """All connections end."""
        for each in self._tasks.values():
            each.cancel()

    async def _open(self, frame: Frame) -> None:
        request, port = frame.headers.get("requestid", ""), int(frame.headers.get("port", ""))
        if frame.headers.get("streamtype") == "error":
            self._errors[request] = frame.stream
            await self._send(self._renderer.render_reply(frame.stream))
            return
        self._inputs[frame.stream] = asyncio.Queue(_WAITING)
        work = self._forward(frame.stream, self._errors.pop(request, 0), port)
        self._tasks[frame.stream] = asyncio.create_task(work)

    async def _put(self, frame: Frame) -> None:
        """In its order; who does not read holds the others up."""
        queue = self._inputs[frame.stream]
        if frame.body:
            await queue.put(frame.body)
        if frame.flags & FIN:
            await queue.put(b"")

    async def _forward(self, stream: int, errors: int, port: int) -> None:
        said = ""
        try:
            await self._send(
                self._renderer.render_reply(stream)
            )  # not before: kubectl may then break off what has begun
            with await self._make() as sock:
                sock.setblocking(False)
                await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
                await self._carry(stream, sock)
        except OSError as error:
            said = self._explain(port, explain(error))
        except ContainerError as error:
            said = self._explain(port, error.message)
        finally:  # kubectl waits for both ends, also when it broke the connection off
            self._forget(stream)
            await self._send(render_data(errors, said.encode(), last=True))
            await self._send(render_data(stream, b"", last=True))

    def _forget(self, stream: int) -> None:
        """Whoever waits to put something is let go."""
        del self._tasks[stream]
        queue = self._inputs.pop(stream)
        while not queue.empty():
            queue.get_nowait()

    async def _carry(self, stream: int, sock: socket.socket) -> None:
        """Until the pod's side has said all."""
        loop, up = asyncio.get_running_loop(), asyncio.create_task(self._feed(stream, sock))
        try:
            while data := await loop.sock_recv(sock, _CHUNK):
                await self._send(render_data(stream, data))
        except ConnectionError:
            return  # as if it had ended: what is lost, is lost
        finally:
            up.cancel()

    async def _feed(self, stream: int, sock: socket.socket) -> None:
        queue, reads = self._inputs[stream], True
        while data := await queue.get():
            try:
                await asyncio.get_running_loop().sock_sendall(sock, data if reads else b"")
            except OSError:
                reads = False  # and what comes for it is thrown away
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_WR)

    def _explain(self, port: int, why: str) -> str:
        """In containerd's words (sandbox_portforward_linux.go), and kubelet's before them."""
        tried = f"dial tcp4 127.0.0.1:{port}: connect: {why}"
        return (
            f"error forwarding port {port} to pod {self._where.id}, uid : failed to execute portforward in network namespace "
            f'"{self._where.path}": failed to connect to localhost:{port} inside namespace "{self._where.id}", IPv4: {tried} '
            "IPv6 dial tcp6: address localhost: no suitable address found "
        )
