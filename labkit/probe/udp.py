"""A UDP datagram sent to a socket of ours on the machine that must get it, and its answer; with the source address that was seen there."""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Iterator
from typing import Final

from labkit.errors import CannotTell, UsageError
from labkit.probe.answer import Answer
from labkit.probe.sockets import parse_address, start_socket
from labkit.probe.witness import wait_for
from labkit.probe.words import describe_errno
from labkit.timing import scale
from labkit.world import Machine

TIMEOUT: Final = 1.0  # seconds
_SENDINGS: Final = 3  # one lost datagram says nothing
_TOKEN_BYTES: Final = 16
_HIGHEST_PORT: Final = 65535


def ask_udp(src: Machine, address: str, port: int, *, at: Machine, timeout: float = TIMEOUT) -> Answer:
    """Ask a socket that is opened on `at` for the purpose, which answers; `seen_source` is whom it saw ask.

    Raises CannotTell when a socket is refused, as where a program of that machine has the port.
    """
    wanted = parse_address(address)
    if not 1 <= port <= _HIGHEST_PORT:
        raise UsageError(f"UDP port {port}", hint=f"1 to {_HIGHEST_PORT}")
    began = time.monotonic()
    with (
        start_socket(at, socket.AF_INET, socket.SOCK_DGRAM) as server,
        start_socket(src, socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        try:
            server.bind(("0.0.0.0", port))  # noqa: S104 - all addresses of a machine inside the world
        except OSError as error:
            raise CannotTell(f"no UDP socket on port {port} of {at.name}: {error.strerror}") from error
        reached, seen, detail = _ask(client, server, (wanted, port), scale(timeout))
    argv = ("nc", "-u", "-z", "-v", "-w", "2", wanted, str(port))
    return Answer(reached, seen, detail.format(at=at.name), round(time.monotonic() - began, 6), argv)


def _ask(
    client: socket.socket, server: socket.socket, target: tuple[str, int], timeout: float
) -> tuple[bool, str | None, str]:
    token, seen = os.urandom(_TOKEN_BYTES), None
    try:
        client.connect(target)
        for until in _list_deadlines(timeout):
            client.send(token)
            seen = _serve(server, token, until) or seen
            if seen and wait_for(client, until, select.POLLIN) and client.recv(_TOKEN_BYTES) == token:
                return True, seen, f"answered from {target[0]}:{target[1]}; {{at}} saw it come from {seen}"
    except OSError as error:
        return False, seen, describe_errno(error.errno or 0)
    return False, seen, f"{{at}} got it from {seen}, its answer did not come" if seen else "no answer (time-out)"


def _list_deadlines(timeout: float) -> Iterator[float]:
    began = time.monotonic()
    yield from (began + timeout * (number + 1) / _SENDINGS for number in range(_SENDINGS))


def _serve(server: socket.socket, token: bytes, until: float) -> str | None:
    """Give the token back to who brings it; whom it came from."""
    while wait_for(server, until, select.POLLIN):
        data, source = server.recvfrom(_TOKEN_BYTES)
        if data == token:
            server.sendto(data, source)
            return str(source[0])
    return None
