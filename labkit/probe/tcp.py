"""A TCP connection tried, and where a listener of ours may stand at the other end, the source address it saw."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import struct
import time
from collections.abc import Iterator
from typing import Final, TypedDict, Unpack

from labkit.errors import CannotTell, UsageError
from labkit.probe.answer import Answer
from labkit.probe.limits import read_overflows, require_room
from labkit.probe.sockets import IP_RECVERR, parse_address, start_socket
from labkit.probe.words import describe_errno, describe_icmp
from labkit.world import Machine

TIMEOUT: Final = 1.5  # seconds: a lost SYN is sent again after 1 s (RFC 6298)
_SILENCE: Final = "no answer (time-out)"
_HIGHEST_PORT: Final = 65535
_TOKEN_BYTES: Final = 16
_RESET_ON_CLOSE: Final = struct.pack("=ii", 1, 0)  # SO_LINGER: leaves no TIME_WAIT behind
_EXTENDED_ERROR: Final = struct.Struct("=IBBBxII")  # linux/errqueue.h: errno, origin, type, code, info, data
_ORIGIN_ICMP: Final = 2


class TcpOptions(TypedDict, total=False):
    """`at_port`: where the listener stands when that is not `port` (a port forward); `timeout` in seconds (1.5)."""

    at_port: int
    timeout: float


def connect_tcp(
    src: Machine, address: str, port: int, *, at: Machine | None = None, **options: Unpack[TcpOptions]
) -> Answer:
    """Connect; with `at`, to a listener opened there for the purpose (port 0: any free one).

    `seen_source` is what accept() saw. Raises CannotTell when a socket is refused or the port is taken at `at`.
    """
    wanted = parse_address(address)
    if not 0 <= port <= _HIGHEST_PORT or (port == 0 and at is None):
        raise UsageError(f"TCP port {port}", hint="1 to 65535; 0 chooses one where a listener is opened with `at`")
    overflows = read_overflows()
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(_start_listener(at, options.get("at_port", port))) if at else None
        client = stack.enter_context(start_socket(src, socket.AF_INET, socket.SOCK_STREAM))
        target = (wanted, port or (listener.getsockname()[1] if listener else 0))
        began = time.monotonic()
        refused, seen = _try_connection(client, target, listener, began + options.get("timeout", TIMEOUT))
        seconds = round(time.monotonic() - began, 6)
    if refused == _SILENCE:
        require_room(overflows)
    reached = not refused and (at is None or seen is not None)
    detail = refused or _describe_connection(target, at, seen)
    return Answer(reached, seen, detail, seconds, f"nc -z -v -w 2 {target[0]} {target[1]}")


def _describe_connection(target: tuple[str, int], at: Machine | None, seen: str | None) -> str:
    if at and not seen:
        return f"{target[0]} accepted, but it was not {at.name}: another machine has this address or is in the way"
    return f"connected to {target[0]}:{target[1]}{f'; {at.name} saw it come from {seen}' if at else ''}"


@contextlib.contextmanager
def _start_listener(at: Machine, port: int) -> Iterator[socket.socket]:
    with start_socket(at, socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("0.0.0.0", port))  # noqa: S104 - all addresses of a machine inside the world
            listener.listen()
        except OSError as error:
            raise CannotTell(
                f"no listener on port {port} of {at.name}: {os.strerror(error.errno or 0)}",
                hint=f"see what listens there: ss -tlnp on {at.name}",
            ) from error
        yield listener


def _try_connection(
    client: socket.socket, target: tuple[str, int], listener: socket.socket | None, deadline: float
) -> tuple[str, str | None]:
    """Why it failed, or nothing; and the source that the listener saw."""
    client.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    number = client.connect_ex(target)
    if number == errno.EINPROGRESS:
        connected = _wait_for(client, deadline, select.POLLOUT)
        number = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if connected else -1
    if number:
        return _describe_failure(client, number), None
    return "", _find_source(client, listener, deadline) if listener else None


def _describe_failure(client: socket.socket, number: int) -> str:
    if number < 0:
        return _SILENCE
    return _read_offender(client) or describe_errno(number)


def _read_offender(client: socket.socket) -> str:
    """What an ICMP error said, and whose it was (ip(7), IP_RECVERR)."""
    try:
        _, ancillary, _, _ = client.recvmsg(1, 512, socket.MSG_ERRQUEUE)
    except OSError:
        return ""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.IPPROTO_IP, IP_RECVERR):
            _, origin, icmp_type, code, mtu, _ = _EXTENDED_ERROR.unpack_from(data)
            if origin == _ORIGIN_ICMP:
                offender = socket.inet_ntoa(data[_EXTENDED_ERROR.size + 4 : _EXTENDED_ERROR.size + 8])
                return describe_icmp(icmp_type, code, offender, mtu)
    return ""


def _find_source(client: socket.socket, listener: socket.socket, deadline: float) -> str | None:
    """The source of the connection by which our token comes; None when none brings it."""
    token = os.urandom(_TOKEN_BYTES)
    client.send(token)
    while _wait_for(listener, deadline, select.POLLIN):
        accepted, source = listener.accept()
        with accepted:
            if _wait_for(accepted, deadline, select.POLLIN) and accepted.recv(_TOKEN_BYTES) == token:
                return str(source[0])
    return None


def _wait_for(sock: socket.socket, deadline: float, event: int) -> bool:
    poll = select.poll()
    poll.register(sock, event)
    return bool(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
