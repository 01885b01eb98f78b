"""One kind of packet between one pair: numbered, sent again and again, its arrivals and answers counted."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from labkit.probe.reach.value import Pair
from labkit.probe.words import describe_errno

TOKEN_BYTES: Final = 8  # four are the exchange's, two the asking's, two number the packet
_OWN: Final = 4
_CROWDED: Final = (errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM)
SMALL: Final = 84  # bytes of an ordinary ping
HEADERS: Final = 28  # bytes of IP and ICMP, or of IP and UDP
_LOST_AT_MOST: Final = 0.07  # of what was sent: one in twenty may be a busy computer's
_SEVERAL: Final = 8  # packets, of which one may be a busy computer's too


def plan_reach(pair: Pair) -> tuple[str, ...]:
    """The whole question once more."""
    return ("labkit", "reach", pair.src.name, pair.dst.name, "--address", pair.address)


@dataclass
class Exchange:
    """`kind`: ping, UDP, large ping …; `size` of the IP packet in bytes; `every` so many seconds one is sent.

    `first`: the number from which on packets count. `send` puts a packet with this token on the wire, or raises OSError.
    """

    pair: Pair
    kind: str
    size: int
    every: float
    send: Callable[[Exchange, bytes], None]
    asking: bytes
    own: bytes = field(default_factory=lambda: os.urandom(_OWN))
    due: float = 0.0
    sent: int = 0
    first: int = 0
    answered: set[int] = field(default_factory=set)
    source: str | None = None
    error: str = ""
    crowded: bool = False

    def shrink(self, size: int) -> None:
        """A router said that it was too large: what was sent until then counts no more."""
        if size < self.size:
            self.size, self.first = size, self.sent
            self.answered.clear()

    def send_when_due(self, now: float) -> None:
        """One more, unless an error said that it is of no use."""
        if now < self.due or self.error:
            return
        self.due = now + self.every
        number = self.sent
        try:
            self.send(self, self.name + number.to_bytes(2, "big"))
            self.sent += 1
        except OSError as error:
            self.crowded = error.errno in _CROWDED
            if not self.crowded and error.errno != errno.EMSGSIZE:
                self.error = describe_errno(error.errno or 0)

    @property
    def name(self) -> bytes:
        """What all its packets begin with."""
        return self.own + self.asking

    @property
    def waiting(self) -> bool:
        """Something was sent and is not answered."""
        return not self.error and len(self.answered) < self.sent - self.first

    def explain(self) -> str:
        """How it failed; nothing when it did not."""
        if self.error:
            return f"{self.kind}: {self.error}"
        if self.answered and self.source is None:
            return f"{self.kind}: {self.pair.address} answered, but it was not {self.pair.dst.name}"
        lost = self.sent - self.first - len(self.answered)
        if not self.answered:
            where = (
                f"it came to {self.pair.dst.name} from {self.source}, but no answer came back" if self.source else ""
            )
            return f"{self.kind} of {self.size} bytes: {where or f'no answer, and {self.pair.dst.name} got nothing'}"
        if lost > max(int(self.sent - self.first >= _SEVERAL), _LOST_AT_MOST * (self.sent - self.first)):
            return f"{self.kind} of {self.size} bytes: {lost} of {self.sent - self.first} got lost in a second"
        return ""
