"""A link whose packets a process carries: what the kernel routes to it is read here, what is written here comes in by it.

Where others use a TUN device it is one end of a veth here: /dev/net/tun is closed to ordinary users on some machines.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final

_SIOCETHTOOL: Final = 0x8946
_OFFLOADS: Final = (0x17, 0x1F, 0x24)  # linux/ethtool.h: ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO
_SOL_PACKET: Final = 263
_PACKET_IGNORE_OUTGOING: Final = 23
_ETH_P_IP: Final = 0x0800
_LARGEST: Final = 1 << 16
_TURNS: Final = 64


class Tunnel:
    """Bare IP packets, one a call; the socket never blocks. `link` is what the kernel routes to, `end` the veth's other end."""

    def __init__(self, link: str, end: str) -> None:
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_IP))
        self.socket.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        self.socket.bind((end, _ETH_P_IP))
        self.socket.setblocking(False)
        ensure_whole_packets(link)
        mac = bytes.fromhex(Path("/sys/class/net", link, "address").read_text().strip().replace(":", ""))
        self._target = (end, _ETH_P_IP, 0, 0, mac)

    def receive(self) -> bytes:
        """The next packet that the kernel routed to the link."""
        return self.socket.recv(_LARGEST)

    def send(self, packet: bytes | bytearray) -> None:
        """Give the kernel a packet as if it had come in by the link. One that is down takes none."""
        with contextlib.suppress(OSError):
            self.socket.sendto(packet, self._target)


def take_turns(handle: Callable[[], object]) -> None:
    """Packets until there is none, or it is somebody else's turn."""
    with contextlib.suppress(OSError):  # nothing there any more; or the link went down, which its routes say too
        for _ in range(_TURNS):
            handle()


def ensure_whole_packets(link: str) -> None:
    """Have the kernel finish checksums and cut large packets itself (ethtool -K LINK tx off tso off gso off).

    It leaves both to the network card otherwise, and here is none.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in _OFFLOADS:
            value = array.array("B", struct.pack("=II", command, 0))
            fcntl.ioctl(control, _SIOCETHTOOL, struct.pack("@16sP16x", link.encode(), value.buffer_info()[0]))
