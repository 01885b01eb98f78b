"""Sending one probe with its mark: an ICMP echo, a UDP datagram, or the first segment of a TCP connection."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from labkit.errors import UsageError
from labkit.probe import icmp
from labkit.probe.journey.mark import DatagramMark, EchoMark, Mark
from labkit.probe.sequence import SequenceMark, set_first_sequence
from labkit.probe.sockets import IP_MTU_DISCOVER, PMTUDISC_DONT, start_icmp, start_socket
from labkit.world import Machine

_PAYLOAD: Final = 56
_HIGHEST_PORT: Final = 65535


@dataclass(frozen=True)
class Probe:
    """A packet that can be known again; `name` is ICMP, UDP or TCP, `port` 0 for ICMP."""

    mark: Mark
    name: str
    port: int = 0

    def __str__(self) -> str:
        return f"{self.name} port {self.port}" if self.port else f"{self.name} echo"


def plan_probe(*, tcp: int | None = None, udp: int | None = None) -> Probe:
    """An ICMP echo unless a TCP or a UDP port is given."""
    if tcp is not None and udp is not None:
        raise UsageError("a packet is TCP or UDP, not both", hint="give one of the ports")
    for port in (tcp, udp):
        if port is not None and not 0 < port <= _HIGHEST_PORT:
            raise UsageError(f"port {port}", hint="1 to 65535")
    if tcp is not None:
        return Probe(SequenceMark(), "TCP", tcp)
    token = os.urandom(icmp.TOKEN_BYTES)
    return Probe(EchoMark(token), "ICMP") if udp is None else Probe(DatagramMark(token), "UDP", udp)


@contextlib.contextmanager
def start_sending(probe: Probe, src: Machine, address: str) -> Iterator[int]:
    """Send it once; gives the errno with which the own kernel refused it, or 0. At the end its socket is closed.

    Raises CannotTell when there is no socket for it.
    """
    match probe.mark:
        case EchoMark(token):
            with start_icmp(src, icmp.ECHO) as sender:
                sender.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DONT)
                yield _send(sender, icmp.pack_echo(token, size=_PAYLOAD), (address, 0))
        case DatagramMark(token):
            with start_socket(src, socket.AF_INET, socket.SOCK_DGRAM) as sender:
                yield _send(sender, token, (address, probe.port))
        case SequenceMark() as mark:
            with start_socket(src, socket.AF_INET, socket.SOCK_STREAM) as sender:
                set_first_sequence(sender, mark)
                refused = sender.connect_ex((address, probe.port))
                yield 0 if refused == errno.EINPROGRESS else refused


def _send(sender: socket.socket, data: bytes, target: tuple[str, int]) -> int:
    try:
        sender.sendto(data, target)
    except OSError as error:
        return error.errno or 0
    return 0
