"""The address ring: who may give out which addresses of the pool. Pure.

Tokens on a ring, as in Weave: from a token's address up to the next token the addresses belong to the token's peer, who alone
may change that token or put new ones behind it. Each change has a higher version, so rings that went different ways can be merged.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from labkit.errors import LabkitError

Range = tuple[int, int]  # first address, and the one after the last
_FIRST: Final = 1


class RingError(LabkitError):
    """Two rings contradict each other, or somebody gave away what is not theirs."""


@dataclass(frozen=True, slots=True, order=True)
class Token:
    """From address `start` on: `peer`'s."""

    start: int
    peer: bytes
    version: int = _FIRST


@dataclass(frozen=True, slots=True)
class Ring:
    """The pool from `start` up to `end`, which is not in it. Without tokens nobody owns anything yet."""

    start: int
    end: int
    tokens: tuple[Token, ...] = ()

    def list_ranges(self) -> Iterator[tuple[Range, bytes]]:
        """Every range with its owner, in order."""
        ends = [token.start for token in self.tokens[1:]] + [self.end]
        for token, end in zip(self.tokens, ends, strict=True):
            yield (token.start, end), token.peer

    def list_owned(self, peer: bytes) -> list[Range]:
        """The ranges of one peer."""
        return [span for span, owner in self.list_ranges() if owner == peer]

    def count(self) -> dict[bytes, int]:
        """How many addresses each peer has."""
        sizes: dict[bytes, int] = {}
        for (start, end), peer in self.list_ranges():
            sizes[peer] = sizes.get(peer, 0) + end - start
        return sizes

    def give(self, donor: bytes, taker: bytes, span: Range) -> Ring:
        """The ring after `donor` gave a part of one of its ranges away. Raises RingError when it is not the donor's."""
        start, end = span
        at = bisect.bisect_right([token.start for token in self.tokens], start) - 1
        ranges = list(self.list_ranges())
        if at < 0 or start >= end or ranges[at][1] != donor or end > ranges[at][0][1]:
            raise RingError(f"{donor.hex(':')} can't give {start} to {end}: not all of it is its own")
        tokens = {token.start: token for token in self.tokens}
        version = tokens[start].version + 1 if start in tokens else _FIRST
        tokens[start] = Token(start, taker, version)
        if end < ranges[at][0][1]:
            tokens[end] = Token(end, donor)
        return self._with(tokens.values())

    def merge(self, other: Ring) -> Ring:
        """What both know: of two tokens at one address the newer one. Raises RingError when equally new ones differ."""
        if (self.start, self.end) != (other.start, other.end):
            raise RingError("the other ring is of another pool", hint="--ipalloc-range has to be the same on all peers")
        tokens = {token.start: token for token in self.tokens}
        for token in other.tokens:
            own = tokens.get(token.start)
            if own and own.version == token.version and own.peer != token.peer:
                raise RingError(
                    f"two peers claim the addresses from {token.start} on: {own.peer.hex(':')} and {token.peer.hex(':')}",
                    hint="the peers were started with different seeds",
                )
            if own is None or own.version < token.version:
                tokens[token.start] = token
        return self._with(tokens.values())

    def take_over(self, removed: bytes, heir: bytes) -> Ring:
        """The ring after a peer that is gone for good lost all to `heir`. Only after all others have stopped listening to it."""
        return self._with(
            Token(token.start, heir, token.version + 1) if token.peer == removed else token for token in self.tokens
        )

    def _with(self, tokens: Iterable[Token]) -> Ring:
        return Ring(self.start, self.end, tuple(sorted(tokens)))


def divide(start: int, end: int, peers: Sequence[bytes]) -> Ring:
    """The first division: halves of halves, so that each part is a prefix; three peers get a half and two quarters."""
    return Ring(start, end, tuple(_divide(start, end, tuple(peers))))


def _divide(start: int, end: int, peers: tuple[bytes, ...]) -> Iterator[Token]:
    if len(peers) == 1 or end - start == 1:
        yield Token(start, peers[0])
        return
    middle, half = start + (end - start) // 2, len(peers) // 2
    yield from _divide(start, middle, peers[:half])
    yield from _divide(middle, end, peers[half:])
