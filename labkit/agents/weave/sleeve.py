"""Weave's sleeve framing, without encryption: who sends, then frames, each with its two peers and its length. Pure.

Datagram: sender(6) | { source peer(6) | destination peer(6) | length(2, big endian) | Ethernet frame }*
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from labkit.agents.weave.names import LENGTH

PORT: Final = 6783
_HEADER: Final = struct.Struct("!6s6sH")
_ETHERNET: Final = 14
_OUTER: Final = 20 + 8  # IP, UDP
OVERHEAD: Final = _OUTER + LENGTH + _HEADER.size + _ETHERNET  # 62: what an inner IP packet gains on its way


class SleeveError(ValueError):
    """The datagram is not sleeve's."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A frame from peer to peer."""

    source: bytes
    destination: bytes
    frame: bytes


def compute_mtu(underlay: int) -> int:
    """The largest inner IP packet that fits: 1438 for 1500."""
    return underlay - OVERHEAD


def pack_datagram(sender: bytes, destination: bytes, frame: bytes) -> bytes:
    """One frame in one datagram."""
    return sender + _HEADER.pack(sender, destination, len(frame)) + frame


def parse_datagram(datagram: bytes) -> tuple[bytes, list[Parcel]]:
    """Sender and frames. Raises SleeveError when it is cut short, or is something else."""
    if len(datagram) < LENGTH:
        raise SleeveError(f"{len(datagram)} bytes, not even a sender's name")
    return datagram[:LENGTH], list(_parse_parcels(datagram))


def _parse_parcels(datagram: bytes) -> Iterator[Parcel]:
    at = LENGTH
    while at < len(datagram):
        start = at + _HEADER.size
        if start > len(datagram):
            raise SleeveError(f"{len(datagram) - at} bytes where a frame's header is expected")
        source, destination, length = _HEADER.unpack_from(datagram, at)
        at = start + length
        if at > len(datagram) or length < _ETHERNET:
            raise SleeveError(f"a frame of {length} bytes is announced, {len(datagram) - start} are there")
        yield Parcel(source, destination, datagram[start:at])
