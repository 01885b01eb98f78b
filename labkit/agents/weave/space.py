"""One peer's addresses: given to containers out of the ranges that the ring says are its own. Pure.

`Space` is the only one that changes the peer's ring, so what it gives away is never given to a container as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from labkit.agents.weave.ring import Range, Ring

EXPOSE: Final = "weave:expose"  # the bridge's own address is kept under this name


class Space:
    """The ring as this peer knows it, and who has which of its addresses."""

    def __init__(self, me: bytes, ring: Ring, given: Mapping[str, int] | None = None) -> None:
        self.me = me
        self.ring = ring
        self.given = dict(given or {})
        self.removals: dict[bytes, int] = {}

    @property
    def removed(self) -> set[bytes]:
        """Peers that were removed and have not come back."""
        return {peer for peer, count in self.removals.items() if count % 2}

    def merge_removals(self, others: Mapping[bytes, int]) -> None:
        """How often each peer was removed (odd: it is) and came back (even); both only grow, so that the larger number is the newer."""
        for peer, count in others.items():
            self.removals[peer] = max(count, self.removals.get(peer, 0))

    def come_back(self, ring: Ring) -> list[str]:
        """This peer was removed and lives: `ring` of those who removed it is the truth. Containers whose addresses are lost with it."""
        self.ring = ring
        self.removals[self.me] += 1
        own = ring.list_owned(self.me)
        lost = [name for name, at in self.given.items() if not any(start <= at < end for start, end in own)]
        for name in lost:
            del self.given[name]
        return lost

    def allocate(self, container: str) -> int | None:
        """An address for a container, the same when it asks again; None when there is none left."""
        if container not in self.given:
            free = next((start for start, _ in self.list_free()), None)
            if free is None:
                return None
            self.given[container] = free
        return self.given[container]

    def release(self, container: str) -> None:
        """A container is gone; it may be gone already."""
        self.given.pop(container, None)

    def list_free(self) -> Iterator[Range]:
        """Stretches of addresses that this peer owns and nobody has; the pool's first and last address are nobody's."""
        taken = sorted({*self.given.values(), self.ring.start, self.ring.end - 1})
        for start, end in self.ring.list_owned(self.me):
            at = start
            for address in (each for each in taken if start <= each < end):
                if at < address:
                    yield at, address
                at = address + 1
            if at < end:
                yield at, end

    def count_free(self) -> int:
        """How many addresses can still be given."""
        return sum(end - start for start, end in self.list_free())

    def donate(self, taker: bytes) -> bool:
        """Give another peer the upper half of the largest free stretch; whether there was anything to give."""
        if taker in self.removed or taker == self.me:
            return False
        start, end = max(self.list_free(), key=lambda span: span[1] - span[0], default=(0, 0))
        if start == end:
            return False
        self.ring = self.ring.give(self.me, taker, (start + (end - start) // 2, end))
        return True

    def merge(self, sender: bytes, ring: Ring) -> bool:
        """Take in what another peer knows; whether it was news. Who was removed is not listened to. Raises RingError."""
        if sender in self.removed:
            return False
        before, self.ring = self.ring, self.ring.merge(ring)
        return before != self.ring

    def fence(self, removed: bytes) -> Ring:
        """Stop listening to a peer that is to be removed; what this peer knows, for the heir."""
        if removed not in self.removed:
            self.removals[removed] = self.removals.get(removed, 0) + 1
        return self.ring

    def take_over(self, removed: bytes, answers: Iterable[Ring]) -> None:
        """Become a removed peer's heir. `answers`: what every other living peer said when it was told to fence it off."""
        self.fence(removed)
        for ring in answers:
            self.ring = self.ring.merge(ring)
        self.ring = self.ring.take_over(removed, self.me)
