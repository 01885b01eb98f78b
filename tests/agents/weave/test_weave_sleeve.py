"""Sleeve datagrams: packed, parsed, and everything that is none."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.agents.weave import datapath as module
from labkit.agents.weave.datapath import Datapath
from labkit.agents.weave.sleeve import OVERHEAD, SleeveError, compute_mtu, pack_datagram, parse_datagram

ONE, TWO = (bytes.fromhex(f"0000000000{number:02x}") for number in (1, 2))
FRAME = bytes.fromhex("ffffffffffff0a00000000010800") + b"payload"


def test_one_frame() -> None:
    datagram = pack_datagram(TWO, ONE, FRAME)
    sender, [parcel] = parse_datagram(datagram)
    assert (sender, parcel.source, parcel.destination, parcel.frame) == (TWO, TWO, ONE, FRAME)
    assert datagram.hex() == (TWO + TWO + ONE).hex() + "0015" + FRAME.hex()


def test_several_frames_in_one() -> None:
    first = pack_datagram(TWO, ONE, FRAME)
    _, parcels = parse_datagram(first + pack_datagram(TWO, ONE, FRAME + b"2")[6:])
    assert [parcel.frame for parcel in parcels] == [FRAME, FRAME + b"2"]


def test_what_is_left_of_1500() -> None:
    assert (OVERHEAD, compute_mtu(1500)) == (62, 1438)
    assert len(pack_datagram(TWO, ONE, bytes(14 + 1438))) + 28 == 1500


@pytest.mark.parametrize("length", [*range(6), *range(7, 41)])
def test_cut_short(length: int) -> None:
    with pytest.raises(SleeveError):
        parse_datagram(pack_datagram(TWO, ONE, FRAME)[:length])


def test_a_frame_shorter_than_ethernets_header() -> None:
    with pytest.raises(SleeveError, match="13 bytes"):
        parse_datagram(pack_datagram(TWO, ONE, bytes(13)))


class Wire:
    """Stands for a socket; keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def sendto(self, data: bytes, address: tuple[str, int]) -> None:
        self.sent.append((data, address))


def make_datapath() -> tuple[Datapath, Wire, Wire]:
    bridge, net = Wire(), Wire()
    made = Datapath(ONE, bridge, net)  # type: ignore[arg-type]
    made.addresses, made.peers = {TWO: "192.168.0.12"}, (TWO,)
    return made, bridge, net


def test_a_peers_frame_reaches_the_bridge_and_nothing_else() -> None:
    made, bridge, net = make_datapath()
    made.take_datagram(pack_datagram(TWO, ONE, FRAME), "192.168.0.12")
    assert (bridge.sent, net.sent) == ([FRAME], [])


@pytest.mark.parametrize(
    ("datagram", "address", "counted"),
    [
        (pack_datagram(TWO, ONE, FRAME), "192.168.0.66", "foreign"),
        (pack_datagram(bytes(6), ONE, FRAME), "192.168.0.12", "foreign"),
        (pack_datagram(TWO, TWO, FRAME), "192.168.0.12", "not_for_us"),
        (pack_datagram(TWO, ONE, FRAME)[:-1], "192.168.0.12", "malformed"),
        (b"", "192.168.0.12", "malformed"),
    ],
    ids=["a peer's name at another address", "nobody's name", "for another peer", "cut short", "empty"],
)
def test_what_is_counted_and_dropped(datagram: bytes, address: str, counted: str) -> None:
    made, bridge, net = make_datapath()
    made.take_datagram(datagram, address)
    assert (made.counts[counted], bridge.sent, net.sent) == (1, [], [])


@given(st.binary(max_size=200), st.integers(0, 3))
def test_noise_never_reaches_the_bridge_but_as_a_peers_frame(noise: bytes, how: int) -> None:
    made, bridge, net = make_datapath()
    good = pack_datagram(TWO, ONE, FRAME)
    chance = random.Random(noise)
    at = chance.randrange(len(good))
    datagram = [noise, good + noise, good[:at] + noise, TWO + noise][how]
    made.take_datagram(datagram, "192.168.0.12")
    parcels = []
    try:
        parcels = [parcel.frame for parcel in parse_datagram(datagram)[1]]
    except SleeveError:
        assert made.counts["malformed"] == 1
    assert set(bridge.sent) <= set(parcels)
    assert net.sent == []


def test_a_guests_places_are_peers_that_were_met(tmp_path: Path) -> None:
    made, bridge, net = make_datapath()
    made.nicknames = {TWO: "worker2", ONE: "away"}
    path = tmp_path / "forward.py"
    path.write_text("def forward(src, dst, came_from, table, peers): return ['worker2', 'away', 'bridge']")
    made.set_guest(path)
    assert made.decide(FRAME, b"") == (TWO, ONE, b"")
    path.write_text("def forward(src, dst, came_from, table, peers): return ['worker9']")
    made.set_guest(path)
    assert made.decide(FRAME, b"") == (TWO,), "our own rules: to all"
    assert "the place 'worker9'; known: away, bridge, worker2" in made.guest_failed
    assert (made.guest, bridge.sent, net.sent) == (None, [], [])


def test_a_function_that_is_slow_leaves_others_their_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, bridge, net = make_datapath()
    made.nicknames = {TWO: "worker2"}
    path = tmp_path / "forward.py"
    path.write_text(
        "import time\ndef forward(src, dst, came_from, table, peers):\n    time.sleep(0.1)\n    return peers\n"
    )
    made.set_guest(path)
    monkeypatch.setattr(bridge, "recv", lambda _: FRAME, raising=False)  # there are always more
    made.take_frames()
    assert len(net.sent) == 1
    made.drop_guest("")


def test_too_long_for_the_underlay_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _, net = make_datapath()

    def refuse(data: bytes, address: tuple[str, int]) -> None:
        raise OSError(module.errno.EMSGSIZE, f"{len(data)} bytes to {address[0]}")

    monkeypatch.setattr(net, "sendto", refuse)
    made.send(TWO, FRAME)
    assert made.counts == {"too_long": 1}
