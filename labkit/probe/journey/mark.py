"""What makes one probe known again in any frame, through NAT and inside any encapsulation. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from labkit.probe import icmp
from labkit.probe.sequence import Leg, SequenceMark

_ICMP_HEADER: Final = 8


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


Mark = EchoMark | DatagramMark | SequenceMark
