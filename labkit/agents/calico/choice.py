"""Which block a node tries first, and which then (libcalico-go lib/ipam/ipam_block_reader_writer.go, randomBlockGenerator; release-v3.20)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import cache
from typing import Final

from labkit.agents.calico.gorand import GoRand

_FNV_PRIME: Final = 0x01000193
_FNV_BEGIN: Final = 0x811C9DC5


def list_blocks(pool: str, size: int, node: str) -> Iterator[str]:
    """The pool's blocks of this size (a prefix length) in the order in which this node tries them: from a place that follows from
    its name alone, one after the other and around. So two nodes seldom want the same block, and nobody has to ask.
    """
    network = ipaddress.IPv4Network(pool)
    if not network.prefixlen <= size <= network.max_prefixlen:
        raise ValueError(f"{pool} has no blocks of /{size}")
    count = 1 << (size - network.prefixlen)
    start = _find_start(node, count)
    for turn in range(count):
        number = (start + turn) % count
        yield str(ipaddress.IPv4Network((int(network[0]) + number * (1 << (32 - size)), size)))


@cache
def _find_start(node: str, count: int) -> int:
    return GoRand(hash_fnv(node)).draw_below(count)


def hash_fnv(text: str) -> int:
    """FNV-1 of 32 bits (Go's fnv.New32): multiplied first, then mixed."""
    value = _FNV_BEGIN
    for byte in text.encode():
        value = value * _FNV_PRIME & 0xFFFFFFFF ^ byte
    return value
