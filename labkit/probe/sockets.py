"""Sockets that PID 1 opened in a machine, as the probes use them: closed soon, and CannotTell when there is none."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import sys
from collections.abc import Iterator
from typing import Final

from labkit.errors import CannotTell, LabkitError, UsageError
from labkit.world import Machine

ETH_P_IP: Final = 0x0800
ETH_P_ARP: Final = 0x0806
RAW_LEVEL: Final = 255  # SOL_RAW, linux/socket.h
ICMP_FILTER: Final = 1  # linux/icmp.h
IP_RECVERR: Final = 11  # linux/in.h
IP_MTU_DISCOVER: Final = 10
PMTUDISC_DONT: Final = 0
PMTUDISC_PROBE: Final = 3  # sets DF, looks at the link's MTU only: what was learnt earlier does not count
_BUFFER: Final = 1 << 22  # the kernel gives what net.core.rmem_max allows


@contextlib.contextmanager
def start_socket(machine: Machine, family: int, kind: int, protocol: int = 0) -> Iterator[socket.socket]:
    """A non-blocking socket in the machine's network, closed at the end: a held one keeps the namespace alive."""
    try:
        opened = machine.open_socket(family, kind, protocol)
    except LabkitError as error:
        raise CannotTell(f"no socket on {machine.name}: {error.message}", hint=error.hint) from error
    with opened:
        opened.setblocking(False)
        yield opened


@contextlib.contextmanager
def start_icmp(machine: Machine, *hidden: int) -> Iterator[socket.socket]:
    """A raw ICMP socket that does not get the `hidden` ICMP types."""
    with start_socket(machine, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as opened:
        mask = sum(1 << kind for kind in hidden)
        opened.setsockopt(RAW_LEVEL, ICMP_FILTER, mask.to_bytes(4, sys.byteorder))
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        yield opened


@contextlib.contextmanager
def start_sniffer(machine: Machine, protocol: int) -> Iterator[socket.socket]:
    """A packet socket on all of the machine's links for one EtherType; gives what lies above the Ethernet header."""
    with start_socket(machine, socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(protocol)) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        yield opened


def parse_address(text: str) -> str:
    """The same IPv4 address in its usual form. Raises UsageError when it is none."""
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise UsageError(f"{text!r} is not an IPv4 address", hint="write it as in 10.244.1.2") from error
