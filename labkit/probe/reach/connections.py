"""TCP connections to listeners of ours: opened, filled with data both ways, and opened again."""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from labkit.probe.reach.datagrams import bind_somewhere, open_each
from labkit.probe.reach.value import Pair
from labkit.probe.words import describe_errno

FILL: Final = bytes(6000)  # several full segments each way
TOKEN_BYTES: Final = 8
_RESET_ON_CLOSE: Final = struct.pack("=ii", 1, 0)  # SO_LINGER: leaves no TIME_WAIT behind


@dataclass
class Connection:
    """One connection of a pair. `source`: what the listener saw; `done`: data came and went."""

    pair: Pair
    client: socket.socket
    port: int
    begun: bool = False
    sent: bool = False
    received: int = 0
    token: bytes = field(default_factory=lambda: os.urandom(TOKEN_BYTES))
    source: str | None = None
    done: bool = False
    error: str = ""

    def begin(self) -> None:
        """Send the first SYN."""
        self.begun = True
        number = self.client.connect_ex((self.pair.address, self.port))
        if number not in (0, errno.EINPROGRESS):
            self.error = describe_errno(number)

    def go_on(self) -> None:
        """It is open, has data, or failed."""
        number = self.client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            self.error = describe_errno(number)
        elif not self.sent:
            self.sent = True
            self.client.send(self.token + FILL)
        else:
            self._receive()

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError):
            data = self.client.recv(1 << 16)
            self.received += len(data)
            self.done = self.received >= len(FILL)
            if not data and not self.done:
                self.error = f"closed, and it was not {self.pair.dst.name} that had answered"

    def explain(self) -> str:
        """How it failed; nothing when it did not."""
        if self.error:
            return f"TCP to port {self.port}: {self.error}"
        if self.done:
            return ""
        if self.source:
            return (
                f"TCP to port {self.port}: {self.pair.dst.name} accepted a call from {self.source}, but data got lost"
            )
        if self.sent:
            return f"TCP to port {self.port}: somebody answered, but {self.pair.dst.name} did not get the data"
        return f"TCP to port {self.port}: no answer"


@dataclass
class Listeners:
    """The far ends: they know each connection by the token that it brings."""

    by_token: Mapping[bytes, Connection]
    stack: contextlib.ExitStack
    selector: selectors.BaseSelector

    def watch(self, listener: socket.socket) -> None:
        """Accept what comes."""
        self.selector.register(listener, selectors.EVENT_READ, lambda: self._accept(listener))

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            accepted, source = listener.accept()
            self.stack.enter_context(accepted).setblocking(False)
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            read = bytearray()
            self.selector.register(accepted, selectors.EVENT_READ, lambda: self._read(accepted, source[0], read))

    def _read(self, accepted: socket.socket, source: str, read: bytearray) -> None:
        try:
            data = accepted.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        read += data
        connection = self.by_token.get(bytes(read[:TOKEN_BYTES]))
        if connection:
            connection.source = source
        if connection and len(read) >= TOKEN_BYTES + len(FILL):
            with contextlib.suppress(OSError):
                accepted.send(FILL)
        if not data or len(read) >= TOKEN_BYTES + len(FILL):
            self.selector.unregister(accepted)


def start_connections(
    stack: contextlib.ExitStack, selector: selectors.BaseSelector, pairs: Iterable[Pair], times: int
) -> list[Connection]:
    """`times` connections of each pair, not begun yet; the far ends listen."""
    listed = list(pairs)
    far = {(pair.dst.name, pair.address): pair.dst for pair in listed}
    listeners = dict(zip(far, open_each(stack, far.values(), socket.SOCK_STREAM), strict=True))
    wanted = [pair for pair in listed for _ in range(times)]
    clients = open_each(stack, [pair.src for pair in wanted], socket.SOCK_STREAM)
    for (_, address), listener in listeners.items():
        bind_somewhere(listener, address)
        listener.listen(len(wanted))
    connections = [
        Connection(pair, client, listeners[pair.dst.name, pair.address].getsockname()[1])
        for pair, client in zip(wanted, clients, strict=True)
    ]
    ends = Listeners({each.token: each for each in connections}, stack, selector)
    for listener in listeners.values():
        ends.watch(listener)
    for each in connections:
        each.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    return connections
