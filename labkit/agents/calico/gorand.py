"""Go's math/rand of a seed: Calico draws from it where a node's search for a free block begins (Go's src/math/rand/rng.go).

An additive lagged Fibonacci generator: y[k] = y[k-607] + y[k-273] modulo 2^64. Go seeds its 607 words with a small
congruential generator and a table of 607 numbers. That table is itself a state of the same recurrence, 7.8e12 steps on from
a simple one, so it is worked out here: those steps are the power x^7.8e12 modulo x^607 - x^334 - 1.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

_LENGTH: Final = 607
_FEED: Final = 334
_WORD: Final = (1 << 64) - 1
_STEPS: Final = 7_800_000_000_000
_MODULUS: Final = (1 << 31) - 1  # of the generator that seeds
_FOR_ZERO: Final = 89_482_311  # what Go takes in place of the seed 0
_WARM_UP: Final = 20
_SLOT: Final = 18  # bytes for a coefficient of a product: 64 + 64 bits, and those of 607 summands


class GoRand:
    """rand.New(rand.NewSource(seed)): the same numbers in the same order."""

    def __init__(self, seed: int) -> None:
        draw = _Seeding(seed)
        self._words = [draw.take_word(40, 20) ^ cooked for cooked in _cook_table()]
        self._tap, self._feed = 0, _FEED

    def draw_63(self) -> int:
        """Int63: 0 to 2^63 - 1."""
        self._tap = (self._tap - 1) % _LENGTH
        self._feed = (self._feed - 1) % _LENGTH
        word = self._words[self._feed] = (self._words[self._feed] + self._words[self._tap]) & _WORD
        return word & (_WORD >> 1)

    def draw_32(self) -> int:
        """Uint32: the upper bits of Int63."""
        return self.draw_63() >> 31

    def draw_below(self, limit: int) -> int:
        """big.Int.Rand: 64 bits, the low half first, masked to as many as `limit` has, until a number is below it."""
        mask = (1 << limit.bit_length()) - 1
        while True:
            drawn = (self.draw_32() | self.draw_32() << 32) & mask
            if drawn < limit:
                return drawn


class _Seeding:
    """seedrand: x becomes 48271 x modulo 2^31 - 1; the first 20 draws are nobody's."""

    def __init__(self, seed: int) -> None:
        self._x = seed % _MODULUS or _FOR_ZERO
        for _ in range(_WARM_UP):
            self._take()

    def _take(self) -> int:
        self._x = self._x * 48271 % _MODULUS
        return self._x

    def take_word(self, high: int, middle: int) -> int:
        """Three draws, the first two of them moved up by so many bits."""
        return (self._take() << high ^ self._take() << middle ^ self._take()) & _WORD


@functools.cache
def _cook_table() -> tuple[int, ...]:
    """rngCooked, by slot: about half a second, once in a process."""
    seeding = _Seeding(1)
    begin = [0] * _LENGTH  # y[-607] to y[-1]; slot p holds those y[k] with k = 333 - p modulo 607
    for slot in range(_LENGTH):
        begin[(_FEED - 1 - slot) % _LENGTH] = seeding.take_word(20, 10)
    cooked = [0] * _LENGTH
    power = _raise_x(_STEPS)  # of y[STEPS - 607], in terms of the first ones
    for k in range(_STEPS - _LENGTH, _STEPS):
        cooked[(_FEED - 1 - k) % _LENGTH] = sum(c * y for c, y in zip(power, begin, strict=True)) & _WORD
        power = _multiply_x(power)
    return tuple(cooked)


def _raise_x(exponent: int) -> list[int]:
    """x to this power, as 607 coefficients, the lowest first."""
    power = [1] + [0] * (_LENGTH - 1)
    for bit in f"{exponent:b}":
        power = _square(power)
        if bit == "1":
            power = _multiply_x(power)
    return power


def _multiply_x(polynomial: Sequence[int]) -> list[int]:
    top = polynomial[-1]
    product = [top, *polynomial[:-1]]
    product[_FEED] = (product[_FEED] + top) & _WORD
    return product


def _square(polynomial: Sequence[int]) -> list[int]:
    """By one product of two long numbers, whose parts are the coefficients."""
    packed = int.from_bytes(b"".join(each.to_bytes(_SLOT, "little") for each in polynomial), "little")
    raw = (packed * packed).to_bytes(2 * _SLOT * _LENGTH, "little")
    square = [int.from_bytes(raw[i : i + 8], "little") for i in range(0, _SLOT * (2 * _LENGTH - 1), _SLOT)]
    for k in range(2 * _LENGTH - 2, _LENGTH - 1, -1):  # x^607 is x^334 + 1
        square[k - _LENGTH] = (square[k - _LENGTH] + square[k]) & _WORD
        square[k - _LENGTH + _FEED] = (square[k - _LENGTH + _FEED] + square[k]) & _WORD
    return square[:_LENGTH]
