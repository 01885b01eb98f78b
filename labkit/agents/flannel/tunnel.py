"""flannel0's other end: what the kernel routes to flannel0 is read here, what is written here comes in by flannel0.

flannel uses a TUN device. /dev/net/tun is closed to ordinary users on some machines, so flannel0 is one end of a veth here.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import socket
import struct
from pathlib import Path
from typing import Final

from labkit.agents.flannel.plan import TUNNEL, TUNNEL_END

_SIOCETHTOOL: Final = 0x8946
_OFFLOADS: Final = (0x17, 0x1F, 0x24)  # linux/ethtool.h: ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO
_SOL_PACKET: Final = 263
_PACKET_IGNORE_OUTGOING: Final = 23
_ETH_P_IP: Final = 0x0800
_LARGEST: Final = 1 << 16


class Tunnel:
    """Bare IP packets, one a call; the socket never blocks."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_IP))
        self.socket.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        self.socket.bind((TUNNEL_END, _ETH_P_IP))
        self.socket.setblocking(False)
        ensure_whole_packets(TUNNEL)
        mac = bytes.fromhex(Path("/sys/class/net", TUNNEL, "address").read_text().strip().replace(":", ""))
        self._target = (TUNNEL_END, _ETH_P_IP, 0, 0, mac)

    def receive(self) -> bytes:
        """The next packet that the kernel routed here."""
        return self.socket.recv(_LARGEST)

    def send(self, packet: bytes | bytearray) -> None:
        """Give the kernel a packet as if it had come in by flannel0. A link that is down takes none."""
        with contextlib.suppress(OSError):
            self.socket.sendto(packet, self._target)


def ensure_whole_packets(link: str) -> None:
    """Have the kernel finish checksums and cut large packets itself (ethtool -K LINK tx off tso off gso off).

    It leaves both to the network card otherwise, and here is none.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in _OFFLOADS:
            value = array.array("B", struct.pack("=II", command, 0))
            fcntl.ioctl(control, _SIOCETHTOOL, struct.pack("@16sP16x", link.encode(), value.buffer_info()[0]))
