"""nf_tables over netlink: framing that counters and traces share (linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h)."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from typing import Final

from labkit.net.write import netlink
from labkit.net.write.netlink import Message

NETLINK_NETFILTER: Final = 12
SUBSYSTEM: Final = 10 << 8  # NFNL_SUBSYS_NFTABLES
NEW_TABLE: Final = SUBSYSTEM | 0
NEW_CHAIN: Final = SUBSYSTEM | 3
GET_CHAIN: Final = SUBSYSTEM | 4
NEW_RULE: Final = SUBSYSTEM | 6
GET_RULE: Final = SUBSYSTEM | 7
TRACE: Final = SUBSYSTEM | 17
FAMILIES: Final = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
_GENERAL: Final = struct.Struct("!BBH")  # struct nfgenmsg: family, version, resource
_DONE: Final = 3
_BUFFER: Final = 1 << 18

ERROR: Final = 2  # NLMSG_ERROR, also of what went well


def plan_message(kind: int, flags: int, family: int, *attributes: bytes, resource: int = 0) -> Message:
    """One message with nfnetlink's own header."""
    return Message(kind, flags, _GENERAL.pack(family, 0, resource) + b"".join(attributes))


def dump(asking: socket.socket, question: int, answer: int) -> Iterator[bytes]:
    """The bodies of all answers. Raises OSError."""
    asking.send(netlink.pack(plan_message(question, netlink.NLM_F_DUMP, 0), 1))
    while True:
        for kind, _, _, body in netlink.split_messages(asking.recv(_BUFFER)):
            if kind == _DONE:
                return
            if kind == ERROR and (number := parse_errno(body)):
                raise OSError(number, os.strerror(number))
            if kind == answer:
                yield body


def parse_errno(body: bytes) -> int:
    """Of an ERROR message; 0 when it says that all went well."""
    number: int = struct.unpack_from("=i", body)[0]
    return -number


def parse_family(body: bytes) -> str:
    """The table's, as nft calls it."""
    return FAMILIES.get(body[0], str(body[0]))


def split_body(body: bytes) -> dict[int, bytes]:
    """Attributes by kind."""
    return dict(netlink.split_attributes(body, _GENERAL.size))


def parse_text(value: bytes) -> str:
    """A name, without the zero byte that ends it."""
    return value.partition(b"\0")[0].decode(errors="replace")


def parse_number(value: bytes) -> int:
    """In network order."""
    return int.from_bytes(value, "big")
