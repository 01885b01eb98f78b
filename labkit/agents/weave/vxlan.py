"""VXLAN (RFC 7348) on Weave's port, for the fast datapath: the kernel's device, and datagrams of our own to try the way. Pure.

Weave hands frames to the Open vSwitch datapath, which wraps them in VXLAN. Here the kernel's VXLAN device does: one device,
an all-zero forwarding entry for every peer, the rest learned. What differs: Weave puts both peers' short ids into the VNI.
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from typing import Final

PORT: Final = 6784
VNI: Final = 6784
DEVICE: Final = "vxlan-6784"
OVERHEAD: Final = 20 + 8 + 8 + 14  # IP, UDP, VXLAN, Ethernet
_HEADER: Final = struct.Struct("!B3xI")
_HAS_VNI: Final = 0x08


def pack_datagram(frame: bytes) -> bytes:
    """A frame as the kernel's device of a peer takes it."""
    return _HEADER.pack(_HAS_VNI, VNI << 8) + frame


def plan_device(mtu: int) -> list[str]:
    """Lines for `ip -batch`: the device, a port of the bridge."""
    return [
        f"link add {DEVICE} type vxlan id {VNI} dstport {PORT} ttl 64",
        f"link set {DEVICE} mtu {mtu} master weave up",
    ]


def plan_entry(address: str, *, add: bool) -> str:
    """A line for `bridge -batch`: what nobody is known for goes to this peer too, or no longer."""
    return f"fdb {'append' if add else 'del'} 00:00:00:00:00:00 dev {DEVICE} dst {address}"


def plan_forgetting(shown: str, gone: Collection[str]) -> list[str]:
    """Lines for `bridge -batch` out of what `bridge fdb show` says: MACs that were learned behind peers that are gone."""
    rows = [row.split() for row in shown.splitlines()]
    return [
        f"fdb del {row[0]} dev {DEVICE} dst {row[row.index('dst') + 1]} self"
        for row in rows
        if "dst" in row and "permanent" not in row and row[row.index("dst") + 1] in gone
    ]
