"""What makes one probe known again in any frame, through NAT and inside any encapsulation. Pure."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Final, Literal

from labkit.probe import icmp

Leg = Literal["request", "reply"]
_ICMP_HEADER: Final = 8
_SEQUENCES: Final = 1 << 32
_OFFSETS: Final = b"[\x50\x60\x70\x80\x90\xa0\xb0\xc0\xd0\xe0\xf0]"  # TCP's header length, in the upper four bits
_SYN: Final = b"[\x02\xc2]"  # SYN, with or without ECN's two flags (RFC 9293, RFC 3168)
_ANSWERS: Final = b"[\x12\x52\x14]"  # SYN ACK, the same with ECN, RST ACK


@dataclass(frozen=True)
class EchoMark:
    """A random token in the payload of an ICMP echo; the answer brings it back."""

    token: bytes

    def find_leg(self, frame: bytes) -> Leg | None:
        """Whether the probe or the answer to it is in these bytes; None: neither. A quoted probe counts as the probe."""
        at = frame.find(self.token) - _ICMP_HEADER
        if at < 0:
            return None
        return "reply" if frame[at] == icmp.ECHO_REPLY else "request"


@dataclass(frozen=True)
class DatagramMark:
    """A random token as payload of a UDP datagram, which nobody need answer."""

    token: bytes

    def find_leg(self, frame: bytes) -> Leg | None:
        """As EchoMark's."""
        return "request" if self.token in frame else None


@dataclass(frozen=True)
class SequenceMark:
    """The first sequence number of a TCP connection; the answer acknowledges the number after it."""

    number: int

    def find_leg(self, frame: bytes) -> Leg | None:
        """As EchoMark's."""
        first = struct.pack("!II", self.number, 0)
        if re.search(re.escape(first) + _OFFSETS + _SYN, frame, re.DOTALL):
            return "request"
        after = struct.pack("!I", (self.number + 1) % _SEQUENCES)
        if re.search(re.escape(after) + _OFFSETS + _ANSWERS, frame, re.DOTALL):
            return "reply"
        return None


Mark = EchoMark | DatagramMark | SequenceMark
