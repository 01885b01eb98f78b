"""ICMP echo requests and what comes back for them, as bytes (RFC 792). Pure."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import Final

ECHO_REPLY: Final = 0
UNREACHABLE: Final = 3
REDIRECT: Final = 5
ECHO: Final = 8
TIME_EXCEEDED: Final = 11
ERRORS: Final = (UNREACHABLE, TIME_EXCEEDED)
FRAGMENTATION_NEEDED: Final = 4  # a code of UNREACHABLE
TOKEN_BYTES: Final = 8
MAX_PAYLOAD: Final = 65507  # 65535 less the IP and the ICMP header

_HEADER: Final = struct.Struct("!BBHHH")
_SHORTEST_IP: Final = 20


@dataclass(frozen=True)
class Packet:
    """An ICMP packet of ours: `source` and `destination` from its IP header; `mtu` of a fragmentation-needed message, else 0.

    In an error (UNREACHABLE, TIME_EXCEEDED) `source` is who complains, and the token is that of the packet complained about.
    """

    source: str
    destination: str
    kind: int
    code: int
    mtu: int
    token: bytes


def pack_echo(token: bytes, *, size: int, sequence: int = 1) -> bytes:
    """An echo request whose payload of `size` bytes begins with the token."""
    payload = token + bytes(0x20 + at % 0x40 for at in range(size - len(token)))
    identifier = int.from_bytes(token[:2], "big")
    checksum = compute_checksum(_HEADER.pack(ECHO, 0, 0, identifier, sequence) + payload)
    return _HEADER.pack(ECHO, 0, checksum, identifier, sequence) + payload


def compute_checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    words: tuple[int, ...] = struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2))
    total = sum(words)
    while total > 0xFFFF:  # noqa: PLR2004 - 16 bits
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def parse_packet(data: bytes) -> Packet | None:
    """The ICMP message in an IPv4 packet (from its IP header on); None when it is none or too short to bear a token."""
    start = _find_payload(data)
    if start is None or len(data) < start + _HEADER.size:
        return None
    kind, code, _, _, last = _HEADER.unpack_from(data, start)
    inner = start + _HEADER.size
    if kind in ERRORS:
        quoted = _find_payload(data[inner:])
        inner += _HEADER.size + quoted if quoted is not None else len(data)
    token = data[inner : inner + TOKEN_BYTES]
    if len(token) < TOKEN_BYTES:
        return None
    mtu = last if (kind, code) == (UNREACHABLE, FRAGMENTATION_NEEDED) else 0
    return Packet(socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20]), kind, code, mtu, token)


def _find_payload(data: bytes) -> int | None:
    """Where ICMP begins: after an IPv4 header of that protocol, not of a later fragment."""
    if len(data) < _SHORTEST_IP or data[0] >> 4 != 4 or data[9] != socket.IPPROTO_ICMP:  # noqa: PLR2004 - IPv4
        return None
    later_fragment: int = struct.unpack_from("!H", data, 6)[0] & 0x1FFF
    return None if later_fragment else (data[0] & 0xF) * 4
