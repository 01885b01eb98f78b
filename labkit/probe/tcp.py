"""A TCP connection tried; where the other end is known, the source address that it saw."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import struct
import time
from typing import Final, TypedDict, Unpack

from labkit.errors import UsageError
from labkit.probe.answer import Answer
from labkit.probe.limits import read_overflows, require_room
from labkit.probe.sockets import IP_RECVERR, parse_address, start_socket
from labkit.probe.witness import start_witness, wait_for
from labkit.probe.words import describe_errno, describe_icmp
from labkit.timing import scale
from labkit.world import Machine

TIMEOUT: Final = 1.5  # seconds: a lost SYN is sent again after 1 s (RFC 6298)
_SILENCE: Final = "no answer (time-out)"
_HIGHEST_PORT: Final = 65535
_RESET_ON_CLOSE: Final = struct.pack("=ii", 1, 0)  # SO_LINGER: leaves no TIME_WAIT behind
_EXTENDED_ERROR: Final = struct.Struct("=IBBBxII")  # linux/errqueue.h: errno, origin, type, code, info, data
_ORIGIN_ICMP: Final = 2


class TcpOptions(TypedDict, total=False):
    """`at_port`: where the other end listens when that is not `port` (a port forward); `timeout` in seconds (1.5)."""

    at_port: int
    timeout: float


def connect_tcp(
    src: Machine, address: str, port: int, *, at: Machine | None = None, **options: Unpack[TcpOptions]
) -> Answer:
    """Connect; with `at`, that machine must be the one that gets the connection.

    A listener is opened there for the purpose (port 0: any free one), unless a program of its own has the port.
    `seen_source` is the source address that it saw. Raises CannotTell when a socket is refused.
    """
    wanted = parse_address(address)
    if not 0 <= port <= _HIGHEST_PORT or (port == 0 and at is None):
        raise UsageError(f"TCP port {port}", hint="1 to 65535; 0 chooses one where a listener is opened with `at`")
    overflows, began = read_overflows(), time.monotonic()
    deadline = began + scale(options.get("timeout", TIMEOUT))
    with contextlib.ExitStack() as stack:
        witness = stack.enter_context(start_witness(at, options.get("at_port", port))) if at else None
        client = stack.enter_context(start_socket(src, socket.AF_INET, socket.SOCK_STREAM))
        target = (wanted, port or (witness.port if witness else 0))
        if witness:
            witness.prepare(client)
        refused = _describe_refusal(client, target, deadline)
        seen = witness.find_source(client, deadline) if witness and not refused else None
        seconds = round(time.monotonic() - began, 6)
    if refused == _SILENCE:
        require_room(overflows)
    reached = not refused and (at is None or seen is not None)
    detail = refused or _describe_connection(target, at, seen)
    return Answer(reached, seen, detail, seconds, ("nc", "-z", "-v", "-w", "2", target[0], str(target[1])))


def _describe_connection(target: tuple[str, int], at: Machine | None, seen: str | None) -> str:
    if at and not seen:
        return f"{target[0]} accepted, but it was not {at.name}: another machine has this address or is in the way"
    return f"connected to {target[0]}:{target[1]}{f'; {at.name} saw it come from {seen}' if at else ''}"


def _describe_refusal(client: socket.socket, target: tuple[str, int], deadline: float) -> str:
    """Connect; why that failed, or nothing."""
    client.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    number = client.connect_ex(target)
    if number == errno.EINPROGRESS:
        if not wait_for(client, deadline, select.POLLOUT):
            return _SILENCE
        number = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return (_read_offender(client) or describe_errno(number)) if number else ""


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
