"""Peers' names and MAC addresses: six bytes each, written alike. Pure."""

from __future__ import annotations

import hashlib
from typing import Final

from labkit.errors import UsageError

LENGTH: Final = 6
ZERO: Final = bytes(LENGTH)
_OWN: Final = 0x02  # locally administered, not a group


def parse_name(text: str) -> bytes:
    """`7e:21:4a:70:2f:45`, or with one `::` for zeros: `::1` is 00:00:00:00:00:01. Raises UsageError."""
    head, short, tail = text.partition("::")
    try:
        before, after = _parse_bytes(head), _parse_bytes(tail)
    except ValueError:
        before, after = b"", bytes(LENGTH + 1)
    missing = LENGTH - len(before) - len(after)
    if missing < 0 or (missing and not short):
        raise UsageError(f"peer name {text!r}", hint="six bytes as in 7e:21:4a:70:2f:45, or short as in ::1")
    return before + bytes(missing) + after


def _parse_bytes(text: str) -> bytes:
    return bytes(int(part, 16) for part in text.split(":")) if text else b""


def render_name(name: bytes) -> str:
    """Six bytes as text."""
    return name.hex(":")


def plan_name(machine: str) -> bytes:
    """The name of a peer that was given none: the same for the same machine."""
    digest = hashlib.sha256(machine.encode()).digest()[:LENGTH]
    return bytes([digest[0] & 0xFC | _OWN]) + digest[1:]


def plan_bridge_mac(peer: bytes) -> bytes:
    """The MAC of a peer's bridge, which follows from its name: others need not ask."""
    return bytes([peer[0] & 0xFE | _OWN]) + peer[1:]


def is_group(mac: bytes) -> bool:
    """Whether it stands for many: broadcast and multicast."""
    return bool(mac[0] & 1)
