"""The forwarding core: frame in, decision out."""

from __future__ import annotations

import pytest

from labkit.agents.weave.forward import AGEING, HERE, MacTable, decide

POD, OTHER, FAR = (bytes.fromhex(f"0a00000000{number:02x}") for number in (1, 2, 3))
EVERYBODY = bytes.fromhex("ffffffffffff")
TWO, THREE = (bytes.fromhex(f"0000000000{number:02x}") for number in (2, 3))
PEERS = (TWO, THREE)


def frame(dst: bytes, src: bytes) -> bytes:
    return dst + src + b"\x08\x00" + bytes(20)


@pytest.fixture
def table() -> MacTable:
    """POD is on our bridge, FAR behind the second peer."""
    table = MacTable()
    table.learn(POD, HERE, 0.0)
    table.learn(FAR, TWO, 0.0)
    return table


@pytest.mark.parametrize(
    ("dst", "src", "came_from", "goes_to"),
    [
        (EVERYBODY, POD, HERE, PEERS),
        (bytes.fromhex("01005e000001"), POD, HERE, PEERS),
        (OTHER, POD, HERE, PEERS),
        (FAR, POD, HERE, (TWO,)),
        (POD, OTHER, HERE, ()),
        (EVERYBODY, FAR, TWO, (HERE,)),
        (POD, FAR, TWO, (HERE,)),
        (OTHER, FAR, TWO, (HERE,)),
        (EVERYBODY, POD, TWO, ()),
        (bytes.fromhex("0180c2000000"), POD, HERE, ()),
        (FAR, EVERYBODY, HERE, ()),
        (FAR, bytes(6), HERE, ()),
    ],
    ids=[
        "broadcast", "multicast", "unknown", "known", "on our bridge", "a peer's broadcast", "for us",
        "a peer's, unknown: not sent on", "our own come back", "spanning tree", "from a group", "from nobody",
    ],
)  # fmt: skip
def test_where_it_goes(table: MacTable, dst: bytes, src: bytes, came_from: bytes, goes_to: tuple[bytes, ...]) -> None:
    assert decide(table, frame(dst, src), came_from, PEERS, 1.0) == goes_to


def test_it_learns_from_whom_and_forgets_in_time(table: MacTable) -> None:
    decide(table, frame(EVERYBODY, OTHER), THREE, PEERS, 1.0)
    assert decide(table, frame(OTHER, POD), HERE, PEERS, 2.0) == (THREE,)
    assert decide(table, frame(OTHER, POD), HERE, PEERS, 1.0 + AGEING) == PEERS


def test_what_moved_is_found_again(table: MacTable) -> None:
    decide(table, frame(EVERYBODY, FAR), THREE, PEERS, 1.0)
    assert table.find(FAR, 2.0) == THREE


def test_a_mac_that_is_ours_is_not_believed_to_be_elsewhere(table: MacTable) -> None:
    decide(table, frame(EVERYBODY, POD), TWO, PEERS, 1.0)
    assert table.find(POD, 2.0) == HERE


def test_a_short_frame_goes_nowhere(table: MacTable) -> None:
    assert decide(table, EVERYBODY + POD, HERE, PEERS, 1.0) == ()
    assert decide(table, b"", HERE, PEERS, 1.0) == ()


def test_a_peer_that_is_gone_is_forgotten(table: MacTable) -> None:
    table.forget(1.0, TWO)
    assert [mac for mac, _, _ in table.list_all()] == [POD]


def test_made_up_macs_do_not_fill_the_memory() -> None:
    table = MacTable()
    for number in range(60_000):
        table.learn(number.to_bytes(6, "big"), HERE, 0.0)
    assert len(list(table.list_all())) == 50_000
