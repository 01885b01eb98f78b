"""All of flannel's backend `udp`: a pod's packet goes into a datagram of UDP, and out of it on the other node.

Around it are a link, flannel0, to which the kernel routes what is meant for pods of other nodes, and a UDP socket on port 8285.
The datagram's payload is the bare IP packet: nothing else is needed, for the packet itself says where it wants to go.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network

from labkit.agents.kit.packet import Packet, examine, render_unreachable
from labkit.agents.kit.tunnel import Tunnel


class Encapsulator:
    """`own` is this node's part of the pods' network `network`; `nodes`: the other parts, and the nodes that have them."""

    def __init__(self, tunnel: Tunnel, wire: socket.socket, *, network: IPv4Network, own: IPv4Network) -> None:
        self.tunnel, self.wire = tunnel, wire
        self.network, self.own = network, own
        self.nodes: Sequence[tuple[IPv4Network, IPv4Address]] = ()
        self.port = wire.getsockname()[1]
        self.dropped: Counter[str] = Counter()

    def wrap(self) -> None:
        """Out of the tunnel, to the node that has the destination."""
        packet = examine(self.tunnel.receive())
        if isinstance(packet, str):
            self.dropped[packet] += 1
            return
        node = next((node for part, node in self.nodes if packet.destination in part), None)
        if node is None:
            self.dropped["nobody has it"] += 1
            self.tunnel.send(render_unreachable(packet, self.own[0]))
        elif packet.take_one_off():
            self.send(packet, node)
        else:
            self.dropped["too old"] += 1

    def send(self, packet: Packet, node: IPv4Address) -> None:
        """The wrapping: the kernel puts UDP and IP around what a socket is given."""
        try:
            self.wire.sendto(packet.data, (str(node), self.port))
        except OSError:  # too large, or no way to the node
            self.dropped["not sent"] += 1

    def unwrap(self) -> None:
        """Out of a datagram, into the tunnel: the kernel routes it on to the pod. What no node of ours sent is thrown away."""
        data, (sender, _) = self.wire.recvfrom(1 << 16)
        if IPv4Address(sender) not in {node for _, node in self.nodes}:
            self.dropped["of a stranger"] += 1
            return
        packet = examine(data)
        if isinstance(packet, str):
            self.dropped[packet] += 1
        elif packet.destination not in self.own or packet.source not in self.network:
            self.dropped["not for here"] += 1
        elif packet.take_one_off():
            self.tunnel.send(packet.data)
        else:
            self.dropped["too old"] += 1
