"""The forwarding core: one frame comes in, out comes where it goes. Pure; what carries frames is in datapath.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from labkit.agents.weave.names import ZERO, is_group

Place = bytes  # a peer's name, or HERE
HERE: Final[Place] = b""  # our own bridge
AGEING: Final = 600.0  # seconds
MOST: Final = 50_000  # MACs: a pod that makes them up shall not eat the node's memory
SHORTEST: Final = 14  # bytes of an Ethernet header
_LINK_LOCAL: Final = bytes.fromhex("0180c20000")  # bridges talk to each other (IEEE 802.1D): not ours to carry


class MacTable:
    """Which MAC was last seen behind which place; forgotten when nothing came from it for `ageing` seconds."""

    def __init__(self, ageing: float = AGEING) -> None:
        self._ageing = ageing
        self._seen: dict[bytes, tuple[Place, float]] = {}

    def learn(self, mac: bytes, place: Place, now: float) -> None:
        """A frame from `mac` came from `place`."""
        if mac in self._seen or len(self._seen) < MOST:
            self._seen[mac] = (place, now)

    def find(self, mac: bytes, now: float) -> Place | None:
        """Where it is; None when that is not known, or not any more."""
        place, seen = self._seen.get(mac, (None, 0.0))
        return place if now - seen < self._ageing else None

    def forget(self, now: float, place: Place | None = None) -> None:
        """Drop what is too old, and all that was behind a place that is gone."""
        self._seen = {
            mac: (where, seen)
            for mac, (where, seen) in self._seen.items()
            if now - seen < self._ageing and where != place
        }

    def list_all(self) -> Iterator[tuple[bytes, Place, float]]:
        """Everything known: MAC, place, when it was last seen."""
        for mac, (place, seen) in self._seen.items():
            yield mac, place, seen


def decide(table: MacTable, frame: bytes, came_from: Place, peers: tuple[Place, ...], now: float) -> tuple[Place, ...]:
    """Learn from the sender's MAC, then say where the frame goes. `peers`: those that are reached through this agent.

    What came from a peer goes to the own bridge and nowhere else: its sender has told all peers itself, so that no
    frame can circle. What came from the bridge goes to the one peer that has its receiver, or to all.
    """
    receiver, sender = frame[:6], frame[6:12]
    if len(frame) < SHORTEST or is_group(sender) or sender == ZERO or receiver.startswith(_LINK_LOCAL):
        return ()
    if came_from != HERE and table.find(sender, now) == HERE:
        return ()  # one of our own, come back by a loop somewhere: to believe it would cut our pod off
    table.learn(sender, came_from, now)
    if came_from != HERE:
        return (HERE,)
    place = None if is_group(receiver) else table.find(receiver, now)
    if place is None:
        return peers
    return () if place == HERE else (place,)
