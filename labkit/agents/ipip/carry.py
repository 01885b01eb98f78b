"""Into an IP packet of protocol 4 and out of one (RFC 2003), as the kernel's ipip does it."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections import Counter

from labkit.agents.ipip.device import HEADER
from labkit.agents.ipip.routes import Routes
from labkit.agents.kit.packet import TOO_BIG, Packet, examine, render_error
from labkit.agents.kit.tunnel import Tunnel

_IP_MTU_DISCOVER, _DONT, _DO = 10, 0, 2  # linux/in.h
_IP_MTU = 14
_ECN, _ECT_0 = 3, 2


class Carrier:
    """`wire` is a raw socket of protocol 4: the kernel puts the outer header on what it is given, and keeps it on what it gives."""

    def __init__(self, tunnel: Tunnel, wire: socket.socket, routes: Routes) -> None:
        self.tunnel, self.wire, self.routes = tunnel, wire, routes
        self.dropped: Counter[str] = Counter()
        self._whole: bool | None = None

    def wrap(self) -> None:
        """Out of the tunnel, to the node that its route names."""
        packet = examine(self.tunnel.receive())
        if isinstance(packet, str):
            self.dropped[packet] += 1
        elif packet.protocol == socket.IPPROTO_IPIP:
            self.dropped["wrapped already: the way to the node leads into tunl0"] += 1
        elif gateway := self.routes.find(packet.destination):
            self._send(packet, gateway)
        else:
            self.dropped["no route by tunl0 with a gateway"] += 1

    def _send(self, packet: Packet, gateway: str) -> None:
        self._keep_whole(packet.whole)
        header = [(socket.IPPROTO_IP, option, value.to_bytes(4, "little")) for option, value in _inherit(packet)]
        try:
            self.wire.sendmsg([packet.data], header, 0, (gateway, 0))
        except OSError as error:
            self.dropped[f"to {gateway}: {error.strerror}"] += 1
            if error.errno == errno.EMSGSIZE and packet.whole:
                self._refuse(packet, find_path_mtu(gateway) - HEADER)

    def _refuse(self, packet: Packet, mtu: int) -> None:
        """The node tells the sender, whether that is a pod or itself."""
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as node, contextlib.suppress(OSError):
            node.sendto(render_error(packet, TOO_BIG, mtu), (str(packet.source), 0))

    def _keep_whole(self, whole: bool) -> None:  # noqa: FBT001 - the header's bit
        if whole != self._whole:
            self.wire.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _DO if whole else _DONT)
            self._whole = whole

    def unwrap(self) -> None:
        """Out of the outer packet, into the tunnel: the kernel routes it on to the pod."""
        data = self.wire.recv(1 << 16)
        packet = examine(data[(data[0] & 0x0F) * 4 :])
        if isinstance(packet, str):
            self.dropped[packet] += 1
        else:
            self.tunnel.send(packet.data)


def _inherit(packet: Packet) -> list[tuple[int, int]]:
    """What the outer header has of the inner: as the kernel's tunl0 has it, the TTL, and of TOS the two bits of ECN (RFC 6040)."""
    ecn = packet.tos & _ECN
    return [(socket.IP_TTL, max(packet.ttl, 1)), (socket.IP_TOS, _ECT_0 if ecn == _ECN else ecn)]


def find_path_mtu(address: str) -> int:
    """What the kernel knows of the way to a node."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((address, 9))
        return probe.getsockopt(socket.IPPROTO_IP, _IP_MTU)
