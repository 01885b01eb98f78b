"""Messages with descriptors, one a packet."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.world import wire

Pair = tuple[socket.socket, socket.socket]


def list_descriptors() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


@pytest.fixture
def pair() -> Iterator[Pair]:
    one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with one, two:
        yield one, two


def test_a_message_arrives_with_its_descriptors(pair: Pair) -> None:
    reader, writer = os.pipe()
    wire.send_message(pair[0], {"op": "x", "text": "한 \ud800"}, [writer])
    received = wire.receive_message(pair[1])
    assert received is not None
    message, (descriptor,) = received
    assert message == {"op": "x", "text": "한 \ud800"}
    assert not os.get_inheritable(descriptor)
    os.write(descriptor, b"same pipe")
    assert os.read(reader, 99) == b"same pipe"
    wire.close_all((reader, writer, descriptor))


def test_messages_stay_apart(pair: Pair) -> None:
    wire.send_message(pair[0], {"n": 1})
    wire.send_message(pair[0], {"n": 2})
    assert [wire.receive_message(pair[1]), wire.receive_message(pair[1])] == [({"n": 1}, []), ({"n": 2}, [])]


def test_the_end(pair: Pair) -> None:
    pair[0].close()
    assert wire.receive_message(pair[1]) is None


@pytest.mark.parametrize("data", [b"x", b"[]", b"1", b'{"a":', b"\xff", b"[" * 100_000, b'{"a":' + b"1" * 5000 + b"}"])
def test_what_is_no_message_is_an_error_and_the_next_one_is_read(pair: Pair, data: bytes) -> None:
    pair[0].send(data)
    wire.send_message(pair[0], {"next": True})
    with pytest.raises(wire.WireError, match=r"not JSON|not an object"):
        wire.receive_message(pair[1])
    assert wire.receive_message(pair[1]) == ({"next": True}, [])


def test_descriptors_of_what_is_no_message_are_closed(pair: Pair) -> None:
    before = list_descriptors()
    socket.send_fds(pair[0], [b"nonsense"], [0, 1, 2])
    with pytest.raises(wire.WireError):
        wire.receive_message(pair[1])
    assert list_descriptors() == before


def test_too_large_to_send(pair: Pair) -> None:
    with pytest.raises(wire.WireError, match="over the limit"):
        wire.send_message(pair[0], {"x": "y" * wire.MAX_BYTES})


def test_too_large_or_too_many_to_receive(pair: Pair) -> None:
    pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    before = list_descriptors()
    pair[0].send(b"{" + b" " * (wire.MAX_BYTES + 1) + b"}")
    socket.send_fds(pair[0], [b"{}"], [0] * (wire.MAX_DESCRIPTORS + 1))
    for _ in range(2):
        with pytest.raises(wire.WireError, match="over"):
            wire.receive_message(pair[1])
    assert list_descriptors() == before
