"""An IPv4 packet as an encapsulator sees it (RFC 791): whether it is one, where it goes, one hop older."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

_SHORTEST: Final = 20  # bytes of a header without options
_WORD: Final = 0xFFFF
_TTL: Final = 8
_DONT_FRAGMENT: Final = 0x40
NET_UNREACHABLE: Final = 0
TOO_BIG: Final = 4  # "fragmentation needed and DF set"
_CHECKSUM: Final = slice(10, 12)


@dataclass(frozen=True)
class Packet:
    """`data` begins with the header and ends with the packet."""

    data: bytearray

    @property
    def source(self) -> IPv4Address:
        return IPv4Address(bytes(self.data[12:16]))

    @property
    def destination(self) -> IPv4Address:
        return IPv4Address(bytes(self.data[16:20]))

    @property
    def ttl(self) -> int:
        return self.data[_TTL]

    @property
    def tos(self) -> int:
        return self.data[1]

    @property
    def protocol(self) -> int:
        return self.data[9]

    @property
    def whole(self) -> bool:
        """It must not be fragmented."""
        return bool(self.data[6] & _DONT_FRAGMENT)

    def take_one_off(self) -> bool:
        """Lower the TTL by one and correct the header's checksum (RFC 1141). False when the TTL would be 0."""
        if self.data[_TTL] <= 1:
            return False
        self.data[_TTL] -= 1
        total = int.from_bytes(self.data[_CHECKSUM]) + 0x0100
        self.data[_CHECKSUM] = ((total & _WORD) + (total >> 16)).to_bytes(2)
        return True


def examine(data: bytes) -> Packet | str:
    """The packet in `data`, without what a short frame was filled up with; or why it is none."""
    if len(data) < _SHORTEST or data[0] >> 4 != 4:  # noqa: PLR2004 - IPv4
        return "not IPv4"
    header, total = (data[0] & 0x0F) * 4, int.from_bytes(data[2:4])
    if not _SHORTEST <= header <= total <= len(data):
        return "cut short"
    # the sum of 16-bit words with carry is the remainder by 65535
    if int.from_bytes(data[:header]) % _WORD:
        return "wrong checksum"
    return Packet(bytearray(data[:total]))


def render_unreachable(packet: Packet, own: IPv4Address) -> bytes:
    """What ICMP says to the sender: net unreachable, as a whole packet."""
    said = render_error(packet, NET_UNREACHABLE)
    ip = (
        b"\x45\0" + (_SHORTEST + len(said)).to_bytes(2) + bytes(4) + b"\x40\x01\0\0" + own.packed + packet.source.packed
    )
    return ip[:10] + checksum(ip) + ip[12:] + said


def render_error(packet: Packet, code: int, mtu: int = 0) -> bytes:
    """ICMP's "destination unreachable" (RFC 792; `mtu`: RFC 1191), with the packet's header and its first eight bytes."""
    header = (packet.data[0] & 0x0F) * 4
    said = bytes([3, code, 0, 0]) + bytes(2) + mtu.to_bytes(2) + packet.data[: header + 8]
    return said[:2] + checksum(said) + said[4:]


def checksum(data: bytes) -> bytes:
    """The Internet checksum (RFC 1071) of data in which its place is zero."""
    even = data + bytes(len(data) % 2)
    return (_WORD - int.from_bytes(even) % _WORD).to_bytes(2)
