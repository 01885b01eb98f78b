"""What makes one probe known again in any frame, through NAT and inside any encapsulation. Pure."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Final

from labkit.net.netfilter.marking import Pattern
from labkit.probe import icmp
from labkit.probe.sequence import Leg, SequenceMark

_ICMP_HEADER: Final = 8
_UDP_HEADER: Final = 8


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

    def list_patterns(self) -> list[Pattern]:
        """What the kernel knows it by, named by its leg."""
        legs = (("request", icmp.ECHO), ("reply", icmp.ECHO_REPLY))
        parts = [(leg, ((0, bytes([kind])), (_ICMP_HEADER, self.token))) for leg, kind in legs]
        return [Pattern(leg, socket.IPPROTO_ICMP, each) for leg, each in parts]


@dataclass(frozen=True)
class DatagramMark:
    """A random token as payload of a UDP datagram, which nobody need answer."""

    token: bytes

    def find_leg(self, frame: bytes) -> Leg | None:
        """As EchoMark's."""
        return "request" if self.token in frame else None

    def list_patterns(self) -> list[Pattern]:
        """As EchoMark's."""
        return [Pattern("request", socket.IPPROTO_UDP, ((_UDP_HEADER, self.token),))]


Mark = EchoMark | DatagramMark | SequenceMark
