"""The encapsulator of the backend udp: what it wraps, unwraps and throws away; whatever comes, it goes on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.agents.flannel.udp import Encapsulator
from labkit.agents.kit.packet import Packet, checksum, examine, render_unreachable

WEB, API = IPv4Address("10.244.1.2"), IPv4Address("10.244.2.2")
PEER = IPv4Address("127.0.0.2")


def pack(source: IPv4Address, destination: IPv4Address, *, ttl: int = 64, payload: bytes = b"hello") -> bytes:
    length = (20 + len(payload)).to_bytes(2)
    head = b"\x45\0" + length + b"\0\1\0\0" + bytes([ttl, 17]) + b"\0\0" + source.packed + destination.packed
    return head[:10] + checksum(head) + head[12:] + payload


class FakeTunnel:
    """What the kernel routed out, and what it was given."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []
        self.given: list[bytes] = []

    def receive(self) -> bytes:
        return self.waiting.pop(0)

    def send(self, packet: bytes | bytearray) -> None:
        self.given.append(bytes(packet))


class Node:
    """The encapsulator of the node with 10.244.1.0/24, and a socket that plays the other node."""

    def __init__(self) -> None:
        self.tunnel = FakeTunnel()
        self.wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.wire.bind(("127.0.0.1", 0))
        self.peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.peer.bind((str(PEER), self.wire.getsockname()[1]))
        self.encapsulator = Encapsulator(
            self.tunnel,  # type: ignore[arg-type]
            self.wire,
            network=IPv4Network("10.244.0.0/16"),
            own=IPv4Network("10.244.1.0/24"),
        )
        self.encapsulator.nodes = ((IPv4Network("10.244.2.0/24"), PEER),)

    def wrap(self, packet: bytes) -> bytes | None:
        self.tunnel.waiting.append(packet)
        self.encapsulator.wrap()
        try:
            return self.peer.recv(1 << 16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def unwrap(self, datagram: bytes) -> list[bytes]:
        self.peer.sendto(datagram, self.wire.getsockname())
        self.encapsulator.unwrap()
        given, self.tunnel.given = self.tunnel.given, []
        return given


@pytest.fixture(scope="module")
def shared() -> Iterator[Node]:
    node = Node()
    with node.wire, node.peer:
        yield node


@pytest.fixture
def node(shared: Node) -> Node:
    shared.encapsulator.dropped.clear()
    return shared


def test_the_datagram_is_the_packet_one_hop_older(node: Node) -> None:
    assert node.wrap(pack(WEB, API, ttl=64)) == pack(WEB, API, ttl=63)


def test_and_one_more_on_the_other_side(node: Node) -> None:
    assert node.unwrap(pack(API, WEB, ttl=63)) == [pack(API, WEB, ttl=62)]


@given(ttl=st.integers(2, 255), payload=st.binary(max_size=64))
def test_the_checksum_stays_right(ttl: int, payload: bytes) -> None:
    packet = examine(pack(WEB, API, ttl=ttl, payload=payload))
    assert isinstance(packet, Packet)
    assert packet.take_one_off()
    assert bytes(packet.data) == pack(WEB, API, ttl=ttl - 1, payload=payload)


def test_a_packet_for_nobody_gets_an_answer(node: Node) -> None:
    assert node.wrap(pack(WEB, IPv4Address("10.244.9.9"))) is None
    (said,) = node.tunnel.given
    node.tunnel.given = []
    packet = examine(said)
    assert isinstance(packet, Packet)
    assert (packet.source, packet.destination) == (IPv4Address("10.244.1.0"), WEB)
    assert packet.data[20:22] == b"\3\0"  # net unreachable
    assert int.from_bytes(packet.data[20:] + bytes(len(packet.data) % 2)) % 0xFFFF == 0


@pytest.mark.parametrize("ttl", [0, 1])
def test_one_that_is_too_old_ends_here(node: Node, ttl: int) -> None:
    assert node.wrap(pack(WEB, API, ttl=ttl)) is None
    assert node.unwrap(pack(API, WEB, ttl=ttl)) == []
    assert node.encapsulator.dropped == {"too old": 2}


def test_what_fills_up_a_frame_is_left_out(node: Node) -> None:
    assert node.wrap(pack(WEB, API) + bytes(20)) == pack(WEB, API, ttl=63)


def test_a_packet_too_large_for_a_datagram_is_counted(node: Node) -> None:
    assert node.wrap(pack(WEB, API, payload=bytes(65515))) is None
    assert node.encapsulator.dropped == {"not sent": 1}


@pytest.mark.parametrize(
    ("datagram", "reason"),
    [
        (b"", "not IPv4"),
        (b"\x45", "not IPv4"),
        (b"\x65" + pack(API, WEB)[1:], "not IPv4"),
        (pack(API, WEB)[:-1], "cut short"),
        (b"\x44" + pack(API, WEB)[1:], "cut short"),
        (pack(API, WEB)[:8] + b"\x09" + pack(API, WEB)[9:], "wrong checksum"),
        (pack(API, IPv4Address("10.244.2.7")), "not for here"),
        (pack(API, IPv4Address("192.168.50.11")), "not for here"),
        (pack(IPv4Address("8.8.8.8"), WEB), "not for here"),
    ],
)
def test_bad_datagrams_are_counted_and_go_nowhere(node: Node, datagram: bytes, reason: str) -> None:
    assert node.unwrap(datagram) == []
    assert node.encapsulator.dropped == {reason: 1}


def test_what_no_node_sent_goes_nowhere(node: Node) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.3", 0))
        stranger.sendto(pack(API, WEB), node.wire.getsockname())
        node.encapsulator.unwrap()
    assert node.tunnel.given == []
    assert node.encapsulator.dropped == {"of a stranger": 1}


@given(datagram=st.binary(max_size=100))
def test_noise_is_counted_and_goes_nowhere(shared: Node, datagram: bytes) -> None:
    before = shared.encapsulator.dropped.total()
    assert shared.unwrap(datagram) == []
    assert shared.encapsulator.dropped.total() == before + 1


@given(place=st.integers(0, 19), value=st.integers(0, 255))
def test_a_header_with_one_byte_changed_is_seen(place: int, value: int) -> None:
    good = pack(API, WEB)
    bad = good[:place] + bytes([value]) + good[place + 1 :]
    assert isinstance(examine(bad), Packet) == (bad == good)


@given(data=st.binary(max_size=80))
def test_examining_never_fails(data: bytes) -> None:
    found = examine(data)
    assert isinstance(found, str) or len(render_unreachable(found, WEB)) >= 28
