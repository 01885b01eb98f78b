"""Which namespace the other end of a veth is in: rtnetlink's numbers for namespaces (RTM_GETNSID, linux/net_namespace.h)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from typing import Final

from labkit.net.machine import Writable
from labkit.net.write import netlink
from labkit.net.write.netlink import Message

RTM_NEWNSID: Final = 88
RTM_GETNSID: Final = 90
NETNSA_NSID: Final = 1
NETNSA_FD: Final = 3
_FAMILY: Final = bytes(4)  # struct rtgenmsg, padded
_NUMBER: Final = struct.Struct("=i")
_BUFFER: Final = 1 << 16


def read_namespace_numbers(machine: Writable, others: Sequence[tuple[str, int]]) -> dict[int, str]:
    """The numbers by which `machine` knows the namespaces of others, given as (name, descriptor): number -> name.

    A namespace has a number as soon as a link of the machine has had its other end there and was listed.
    """
    with machine.open_socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as route_socket:
        numbers = [(name, _ask(route_socket, descriptor)) for name, descriptor in others]
    return {number: name for name, number in numbers if number >= 0}


def _ask(route_socket: socket.socket, descriptor: int) -> int:
    request = Message(RTM_GETNSID, 0, _FAMILY + netlink.u32(NETNSA_FD, descriptor))
    route_socket.send(netlink.pack(request, 1))
    for kind, _, _, body in netlink.split_messages(route_socket.recv(_BUFFER)):
        if kind == RTM_NEWNSID:
            found = dict(netlink.split_attributes(body, len(_FAMILY)))
            return int(_NUMBER.unpack(found[NETNSA_NSID])[0])
    return -1
