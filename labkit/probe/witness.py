"""Who tells, at the other end of a TCP connection, from where it came: a listener of ours, or a look at the wire."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from labkit.errors import CannotTell
from labkit.probe.sequence import SequenceMark, set_first_sequence
from labkit.probe.sockets import ETH_P_IP, start_sniffer, start_socket
from labkit.world import Machine

_TOKEN_BYTES: Final = 16
_PACKET: Final = 64 * 1024


@dataclass(frozen=True)
class Listener:
    """A listener opened for the purpose: accept() tells the source."""

    sock: socket.socket
    port: int

    def prepare(self, client: socket.socket) -> None:
        """Nothing to be done before connecting."""

    def find_source(self, client: socket.socket, deadline: float) -> str | None:
        """The source of the connection by which our token comes; None when none brings it."""
        token = os.urandom(_TOKEN_BYTES)
        client.send(token)
        while wait_for(self.sock, deadline, select.POLLIN):
            accepted, source = self.sock.accept()
            with accepted, contextlib.suppress(ConnectionResetError):  # another probe's, which is over already
                if wait_for(accepted, deadline, select.POLLIN) and accepted.recv(_TOKEN_BYTES) == token:
                    return str(source[0])
        return None


@dataclass(frozen=True)
class Watcher:
    """Where a program of the machine's own listens: the first segment, known by its number, tells the source."""

    sock: socket.socket
    port: int
    mark: SequenceMark

    def prepare(self, client: socket.socket) -> None:
        """Give the connection its number."""
        set_first_sequence(client, self.mark)

    def find_source(self, _: socket.socket, __: float) -> str | None:
        """The source of that segment as the machine got it; None when it did not. It came before the answer: no waiting."""
        found = None
        with contextlib.suppress(BlockingIOError):
            while True:
                packet, sender = self.sock.recvfrom(_PACKET)
                if sender[2] == socket.PACKET_HOST and self.mark.find_leg(packet) == "request":
                    found = socket.inet_ntoa(packet[12:16])
        return found


Witness = Listener | Watcher


@contextlib.contextmanager
def start_witness(at: Machine, port: int) -> Iterator[Witness]:
    """A listener on `port` (0: any free one), or a watcher where that is taken. Raises CannotTell when neither can be."""
    with start_socket(at, socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("0.0.0.0", port))  # noqa: S104 - all addresses of a machine inside the world
            listener.listen()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CannotTell(f"no listener on port {port} of {at.name}: {error.strerror}") from error
        else:
            yield Listener(listener, listener.getsockname()[1])
            return
    with start_sniffer(at, ETH_P_IP) as sniffer:
        yield Watcher(sniffer, port, SequenceMark())


def wait_for(sock: socket.socket, deadline: float, event: int) -> bool:
    """Wait for a poll event until the deadline (time.monotonic)."""
    poll = select.poll()
    poll.register(sock, event)
    return bool(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
