"""Netlink's framing: messages and attributes as bytes (RFC 3549, linux/netlink.h)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

NLM_F_REQUEST: Final = 0x1
NLM_F_ACK: Final = 0x4
NLM_F_DUMP: Final = 0x300
NLM_F_REPLACE: Final = 0x100
NLM_F_EXCL: Final = 0x200
NLM_F_CREATE: Final = 0x400
NLM_F_APPEND: Final = 0x800
NLA_F_NESTED: Final = 0x8000
NLA_TYPE_MASK: Final = 0x3FFF

HEADER: Final = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_ATTRIBUTE: Final = struct.Struct("=HH")
_ATTRIBUTE_U8: Final = struct.Struct("=HHB3x")
_ATTRIBUTE_U32: Final = struct.Struct("=HHI")


class Message(NamedTuple):
    """One request: its RTM_ type, NLM_F_ flags (without REQUEST and ACK), fixed header and attributes."""

    type: int
    flags: int
    body: bytes


def pack(message: Message, sequence: int, *, ack: bool = False) -> bytes:
    """Give the message its header. Refused messages are answered even without `ack`."""
    flags = message.flags | NLM_F_REQUEST | (NLM_F_ACK if ack else 0)
    size = HEADER.size + len(message.body)
    return HEADER.pack(size, message.type, flags, sequence, 0) + message.body


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute, padded to four bytes."""
    size = len(payload) + 4
    return _ATTRIBUTE.pack(size, kind) + payload + bytes(-size & 3)


def nested(kind: int, *attributes: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | NLA_F_NESTED, b"".join(attributes))


def u8(kind: int, value: int) -> bytes:
    """One byte; booleans are sent so."""
    return _ATTRIBUTE_U8.pack(5, kind, value)


def u16(kind: int, value: int) -> bytes:
    """Two bytes in the machine's order."""
    return attribute(kind, struct.pack("=H", value))


def be16(kind: int, value: int) -> bytes:
    """Two bytes in network order: ports."""
    return attribute(kind, struct.pack("!H", value))


def u32(kind: int, value: int) -> bytes:
    """Four bytes in the machine's order."""
    return _ATTRIBUTE_U32.pack(8, kind, value)


def text(kind: int, value: str) -> bytes:
    """A name, ended by a zero byte."""
    return attribute(kind, value.encode() + b"\0")


def mac(kind: int, value: str) -> bytes:
    """A link-layer address written as aa:bb:cc:dd:ee:ff."""
    return attribute(kind, bytes.fromhex(value.replace(":", "")))


def ip(kind: int, value: str) -> bytes:
    """An IPv4 or IPv6 address in network order."""
    return attribute(kind, parse_ip(value)[1])


def parse_ip(value: str) -> tuple[int, bytes]:
    """Address family and bytes of an address; ValueError when it is none."""
    family = socket.AF_INET6 if ":" in value else socket.AF_INET
    try:
        return family, socket.inet_pton(family, value)
    except OSError as error:
        message = f"{value!r} is not an IP address"
        raise ValueError(message) from error


def parse_prefix(value: str) -> tuple[int, bytes, int]:
    """Family, bytes and prefix length of `10.244.1.1/24`; without a length, that of one address."""
    address, slash, length = value.partition("/")
    family, packed = parse_ip(address)
    whole = len(packed) * 8
    if slash and not (length.isdecimal() and int(length) <= whole):
        message = f"{value!r}: the prefix length is a number from 0 to {whole}"
        raise ValueError(message)
    return family, packed, int(length) if slash else whole


def split_messages(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Type, flags, sequence and body of each message in one datagram."""
    offset = 0
    while offset + HEADER.size <= len(data):
        size, kind, flags, sequence, _ = HEADER.unpack_from(data, offset)
        yield kind, flags, sequence, data[offset + HEADER.size : offset + size]
        offset += (size + 3) & ~3


def split_attributes(data: bytes, offset: int = 0) -> Iterator[tuple[int, bytes]]:
    """Type and payload of each attribute from `offset` on."""
    while offset + _ATTRIBUTE.size <= len(data):
        size, kind = _ATTRIBUTE.unpack_from(data, offset)
        if size < _ATTRIBUTE.size:
            return
        yield kind & NLA_TYPE_MASK, data[offset + _ATTRIBUTE.size : offset + size]
        offset += (size + 3) & ~3
