"""One connection between two peers: a TCP stream for what they tell each other, heartbeats over each way that frames can take."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from labkit.agents.weave.names import ZERO
from labkit.errors import parse_json

OVERLAYS: Final = ("fastdp", "sleeve")  # the better one first
HEARTBEAT: Final = 1.0  # seconds; Weave takes 10 once a connection is established
DEAD: Final = 6.0  # seconds without a heartbeat; Weave: 60
ETHERTYPE: Final = 0x88B5  # IEEE: for experiments
LONGEST_LINE: Final = 1 << 20
_SAYS: Final = {"sleeve": 1, "fastdp": 2}
_HEADER: Final = 14


@dataclass(eq=False)
class Connection:
    """`heard`: when the last heartbeat came by each way; `heard_there`: by which ways ours arrive, as the peer says."""

    peer: bytes
    nickname: str
    address: str
    port: int
    outbound: bool
    writer: asyncio.StreamWriter
    heard: dict[str, float] = field(default_factory=dict)
    heard_there: frozenset[str] = frozenset()
    uses: str | None = None

    def tell(self, kind: str, **words: Any) -> None:
        """One line of JSON."""
        if not self.writer.is_closing():
            self.writer.write(json.dumps({"type": kind, **words}).encode() + b"\n")

    def list_heard(self, now: float) -> list[str]:
        """The ways by which heartbeats come."""
        return [way for way in OVERLAYS if now - self.heard.get(way, -DEAD) < DEAD]

    def choose_overlay(self, now: float) -> str | None:
        """The best way that works in both directions; None: no frame can be sent now."""
        return next((way for way in self.list_heard(now) if way in self.heard_there), None)

    def explain(self, now: float) -> str:
        """Why no way is open."""
        if not self.list_heard(now):
            return "no heartbeat comes from there"
        return "our heartbeats are not heard there"

    def pack_heartbeat(self, macs: tuple[bytes, bytes], now: float, *, length: int = 0) -> bytes:
        """A frame that says by which ways we hear the peer, padded to carry `length` bytes."""
        says = sum(_SAYS[way] for way in self.list_heard(now))
        return b"".join((*macs, ETHERTYPE.to_bytes(2, "big"), bytes([says]))).ljust(_HEADER + length, b"\0")

    def take_heartbeat(self, frame: bytes, way: str, now: float) -> None:
        """One came by this way."""
        self.heard[way] = now
        says = frame[_HEADER] if len(frame) > _HEADER else 0
        self.heard_there = frozenset(name for name, bit in _SAYS.items() if says & bit)


SLEEVE_MACS: Final = (ZERO, ZERO)


async def read_line(reader: asyncio.StreamReader) -> Mapping[str, Any] | None:
    """The next line as an object; None at the end. Raises ValueError when it is none."""
    line = await reader.readline()
    if not line:
        return None
    words = parse_json(line, "what the peer says")
    if not isinstance(words, dict):
        raise ValueError(f"{line[:50]!r} is no object")  # noqa: TRY004 - a wrong value, whatever its type
    return words
