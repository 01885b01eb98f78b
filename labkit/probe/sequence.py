"""A TCP connection that can be known again: its first sequence number is chosen, and found in any frame."""

from __future__ import annotations

import random
import re
import socket
import struct
import sys
from dataclasses import dataclass, field
from typing import Final, Literal

from labkit.errors import CannotTell
from labkit.net.netfilter.marking import Pattern

Leg = Literal["request", "reply"]
_SEQUENCES: Final = 1 << 32
_SEQUENCE_AT, _ACKNOWLEDGED_AT = 4, 8  # bytes of TCP's header
_OFFSETS: Final = b"[\x50\x60\x70\x80\x90\xa0\xb0\xc0\xd0\xe0\xf0]"  # TCP's header length, in the upper four bits
_SYN: Final = b"[\x02\xc2]"  # SYN, with or without ECN's two flags (RFC 9293, RFC 3168)
_ANSWERS: Final = b"[\x12\x52\x14]"  # SYN ACK, the same with ECN, RST ACK
# linux/tcp.h: in repair mode a closed socket takes the sequence number it shall begin with
_TCP_REPAIR: Final = 19
_TCP_REPAIR_QUEUE: Final = 20
_TCP_QUEUE_SEQ: Final = 21
_SEND_QUEUE: Final = 2


@dataclass(frozen=True)
class SequenceMark:
    """The first sequence number of a TCP connection; the answer acknowledges the number after it."""

    number: int = field(default_factory=lambda: random.randrange(1, _SEQUENCES - 1))

    def find_leg(self, frame: bytes) -> Leg | None:
        """As EchoMark's."""
        first = struct.pack("!II", self.number, 0)
        if re.search(re.escape(first) + _OFFSETS + _SYN, frame, re.DOTALL):
            return "request"
        after = struct.pack("!I", (self.number + 1) % _SEQUENCES)
        if re.search(re.escape(after) + _OFFSETS + _ANSWERS, frame, re.DOTALL):
            return "reply"
        return None

    def list_patterns(self) -> list[Pattern]:
        """As EchoMark's."""
        first, after = struct.pack("!II", self.number, 0), struct.pack("!I", (self.number + 1) % _SEQUENCES)
        return [
            Pattern("request", socket.IPPROTO_TCP, ((_SEQUENCE_AT, first),)),
            Pattern("reply", socket.IPPROTO_TCP, ((_ACKNOWLEDGED_AT, after),)),
        ]


def set_first_sequence(client: socket.socket, mark: SequenceMark) -> None:
    """Let a socket that is not yet connected begin with this number. Raises CannotTell where the kernel can't."""
    try:
        client.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR, 1)
        client.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR_QUEUE, _SEND_QUEUE)
        client.setsockopt(socket.IPPROTO_TCP, _TCP_QUEUE_SEQ, mark.number.to_bytes(4, sys.byteorder))
        client.setsockopt(socket.IPPROTO_TCP, _TCP_REPAIR, 0)
    except OSError as error:
        raise CannotTell(
            f"the first sequence number of a TCP connection could not be chosen: {error.strerror}",
            hint="the kernel lacks CONFIG_CHECKPOINT_RESTORE; ICMP and UDP can be followed without",
        ) from error
