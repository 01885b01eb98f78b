"""The journey's pure half: marks in bytes, ways out of sightings, changes in words."""

from __future__ import annotations

import struct
from typing import Literal

import pytest

from labkit.errors import UsageError
from labkit.net import Layer
from labkit.probe import icmp
from labkit.probe.journey.changes import describe_changes
from labkit.probe.journey.hops import plan_hops, plan_reply
from labkit.probe.journey.kept import find_end
from labkit.probe.journey.mark import DatagramMark, EchoMark
from labkit.probe.journey.send import plan_probe
from labkit.probe.journey.sightings import Sighting, drop_copies
from labkit.probe.sequence import SequenceMark
from labkit.world.places import FABRIC

TOKEN = b"8 bytes!"
VXLAN = bytes(14 + 20 + 8 + 8)


def pack_tcp(sequence: int, acknowledged: int, flags: int) -> bytes:
    return struct.pack("!HHIIBBHHH", 40000, 80, sequence, acknowledged, 0xA0, flags, 64240, 0, 0) + bytes(20)


def test_an_echo_is_known_again_also_when_wrapped() -> None:
    mark = EchoMark(TOKEN)
    request = bytes(34) + icmp.pack_echo(TOKEN, size=56)
    reply = bytes(34) + b"\0" + icmp.pack_echo(TOKEN, size=56)[1:]
    for wrapping in (b"", VXLAN, b"a protocol nobody knows"):
        assert mark.find_leg(wrapping + request) == "request"
        assert mark.find_leg(wrapping + reply) == "reply"
    assert mark.find_leg(bytes(100)) is None
    assert mark.find_leg(TOKEN) is None


def test_a_datagram_is_known_by_its_payload() -> None:
    assert DatagramMark(TOKEN).find_leg(VXLAN + bytes(42) + TOKEN) == "request"
    assert DatagramMark(TOKEN).find_leg(VXLAN) is None


@pytest.mark.parametrize("number", [1, 0x0A0D0A5C, 0x7FFFFFFF, 0xFFFFFFFE])
def test_a_connection_is_known_by_its_first_number(number: int) -> None:
    mark = SequenceMark(number)
    for wrapping in (bytes(34), VXLAN + bytes(34)):
        assert mark.find_leg(wrapping + pack_tcp(number, 0, 0x02)) == "request"
        assert mark.find_leg(wrapping + pack_tcp(number, 0, 0xC2)) == "request"
        assert mark.find_leg(wrapping + pack_tcp(77, number + 1, 0x12)) == "reply"
        assert mark.find_leg(wrapping + pack_tcp(0, number + 1, 0x14)) == "reply"
        assert mark.find_leg(wrapping + pack_tcp(number + 1, 78, 0x10)) is None
        assert mark.find_leg(wrapping + pack_tcp((number + 2) % (1 << 32), 0, 0x02)) is None


def test_a_probe_is_one_thing() -> None:
    assert str(plan_probe()) == "ICMP echo"
    assert str(plan_probe(tcp=80)) == "TCP port 80"
    assert str(plan_probe(udp=53)) == "UDP port 53"
    for wrong in ({"tcp": 80, "udp": 53}, {"tcp": 0}, {"udp": 65536}):
        with pytest.raises(UsageError):
            plan_probe(**wrong)


def make_sighting(text: str, data: bytes = b"frame") -> Sighting:
    """`web eth0 out`, or `web eth0 in *` for a frame that was addressed to the link."""
    machine, link, direction, *mine = text.split()
    way: Literal["in", "out"] = "out" if direction == "out" else "in"
    return Sighting(machine, link, way, 0.0, way == "out" or bool(mine), data, ())


def list_kept(*texts: str) -> list[str]:
    kept = drop_copies([make_sighting(text) for text in texts])
    return [f"{seen.machine} {seen.link} {seen.direction}" for seen in kept]


def test_flooded_copies_are_dropped() -> None:
    flood = ("web eth0 out", "n1 vweb in", "n1 vlog out", "n1 vdb out", "log eth0 in", "db eth0 in *")
    assert list_kept(*flood) == ["web eth0 out", "n1 vweb in", "n1 vdb out", "db eth0 in"]


def test_copies_that_went_on_are_dropped_as_a_branch() -> None:
    kept = list_kept(
        "web eth0 out", ".fabric s1-eth1 in", ".fabric s1-eth2 out", ".fabric s1-eth9 out", "db eth0 in *",
        ".fabric s2-eth9 in", ".fabric s2-eth1 out", "out eth0 in",
    )  # fmt: skip
    assert kept == ["web eth0 out", ".fabric s1-eth1 in", ".fabric s1-eth2 out", "db eth0 in"]


def test_a_packet_that_nobody_took_ends_where_it_was_multiplied() -> None:
    kept = list_kept("web eth0 out", "n1 vweb in", "n1 vlog out", "n1 vdb out", "log eth0 in", "db eth0 in")
    assert kept == ["web eth0 out", "n1 vweb in"]


def test_a_frame_for_another_mac_on_a_plain_cable_is_no_copy() -> None:
    assert list_kept("web eth0 out", "n1 eth1 in") == ["web eth0 out", "n1 eth1 in"]


def test_a_bridge_that_sends_by_a_port_has_sent_by_both() -> None:
    kept = list_kept("n1 cni0 out", "n1 vdb out", "db eth0 in *")
    assert kept == ["n1 cni0 out", "n1 vdb out", "db eth0 in"]
    kept = list_kept("n1 cni0 out", "n1 vlog out", "n1 vdb out", "log eth0 in", "db eth0 in *")
    assert kept == ["n1 cni0 out", "n1 vdb out", "db eth0 in"]


def test_a_bridge_gets_what_its_port_got() -> None:
    kept = list_kept("web eth0 out", "n1 vweb in", "n1 vlog out", "n1 cni0 in *", "log eth0 in")
    assert kept == ["web eth0 out", "n1 vweb in", "n1 cni0 in"]


def test_a_cable_may_begin_and_end_at_one_machine() -> None:
    """Weave's agents hang on such a one, with the same names on every node."""
    texts = ["n1 vweb in", "n1 bridge out", "n1 pcap in", "n1 eth0 out", "n2 eth0 in *", "n2 pcap out", "n2 bridge in"]
    data = [b"f", b"f", b"f", b"wrapped f", b"wrapped f", b"f", b"f"]
    seen = [make_sighting(*each) for each in zip(texts, data, strict=True)]
    cables = [(("n1", "pcap"), ("n1", "bridge")), (("n2", "bridge"), ("n2", "pcap")), (("n1", "eth0"), ("n2", "eth0"))]
    assert drop_copies(seen, cables) == seen


def test_nothing_seen_is_no_way() -> None:
    assert drop_copies([]) == []


def make_layers(
    *, src: str = "10.0.0.1", ttl: int = 64, sport: int = 4000, mac: str = "02:00:00:00:00:01"
) -> tuple[Layer, ...]:
    return (
        Layer("Ether", {"src": mac, "dst": "02:00:00:00:00:02"}),
        Layer("IP", {"src": src, "dst": "10.0.1.1", "ttl": ttl, "len": 60}),
        Layer("TCP", {"sport": sport, "dport": 80}),
    )


OUTER = (
    Layer("Ether", {"src": "02:00:00:00:00:03", "dst": "02:00:00:00:00:04"}),
    Layer("IP", {"src": "192.168.0.1", "dst": "192.168.0.2", "ttl": 64, "len": 110}),
    Layer("UDP", {"sport": 5000, "dport": 8472}),
    Layer("VXLAN", {"vni": 1}),
)


def test_a_packet_that_only_moved_has_not_changed() -> None:
    assert describe_changes(make_layers(), make_layers()) == ()


def test_routing_changes_macs_and_ttl() -> None:
    changes = describe_changes(make_layers(), make_layers(ttl=63, mac="02:00:00:00:00:09"))
    assert changes == ("MAC rewritten: from 02:00:00:00:00:09 to 02:00:00:00:00:02", "TTL 64 -> 63")


def test_nat_shows_a_port_only_when_that_changed() -> None:
    assert describe_changes(make_layers(), make_layers(src="10.9.9.9")) == ("source NAT 10.0.0.1 -> 10.9.9.9",)
    changes = describe_changes(make_layers(), make_layers(src="10.9.9.9", sport=1024))
    assert changes == ("source NAT 10.0.0.1:4000 -> 10.9.9.9:1024",)


def test_wrapping_is_no_nat() -> None:
    inside, wrapped = make_layers(), (*OUTER, *make_layers())
    said = "VXLAN 1 over UDP port 8472, 192.168.0.1 -> 192.168.0.2"
    assert describe_changes(inside, wrapped) == (f"wrapped in {said}",)
    assert describe_changes(wrapped, make_layers(ttl=63)) == (f"unwrapped: {said} taken off", "TTL 64 -> 63")


def test_what_happens_to_the_wrapping_is_told_apart() -> None:
    later = (OUTER[0], Layer("IP", {**OUTER[1].fields, "ttl": 63}), *OUTER[2:], *make_layers())
    assert describe_changes((*OUTER, *make_layers()), later) == ("outside: TTL 64 -> 63",)


def test_ip_in_ip_needs_no_ethernet_inside() -> None:
    inside = make_layers()[1:]
    wrapped = (OUTER[0], Layer("IP", {**OUTER[1].fields, "len": 80}), *inside)
    assert describe_changes(inside, wrapped) == ("wrapped in IP, 192.168.0.1 -> 192.168.0.2",)


def test_a_wrapping_that_is_not_decoded_is_seen_by_its_length() -> None:
    opaque = (*OUTER[:2], Layer("UDP", {"sport": 6783, "dport": 6783}), Layer("Raw", {"load": "00"}))
    said = "UDP port 6783, 192.168.0.1 -> 192.168.0.2"
    assert describe_changes(make_layers(), opaque) == (f"wrapped in {said}",)
    assert describe_changes(opaque, make_layers()) == (f"unwrapped: {said} taken off",)


def test_hops_count_their_time_from_the_first() -> None:
    seen = [
        Sighting("web", "eth0", "out", 100.0, mine=True, data=b"", layers=make_layers()),
        Sighting(FABRIC, "s1-eth1", "in", 100.00025, mine=False, data=b"", layers=make_layers(src="10.9.9.9")),
    ]
    hops = plan_hops(seen, 100.0)
    assert [hop.time for hop in hops] == [0.0, pytest.approx(0.00025, abs=1e-7)]
    assert [hop.switch for hop in hops] == [False, True]
    assert hops[1].changes == ("source NAT 10.0.0.1 -> 10.9.9.9",)
    assert plan_reply(seen, 100.0)[1].changes == ("source NAT undone: 10.0.0.1 -> 10.9.9.9",)
    assert hops[0].to_json()["layers"][1] == {"name": "IP", "src": "10.0.0.1", "dst": "10.0.1.1", "ttl": 64, "len": 60}


@pytest.mark.parametrize("change", ["source NAT 10.0.0.1 -> 10.0.0.2", "outside: source NAT 10.0.0.1 -> 10.0.0.2"])
def test_a_change_outside_is_about_the_same_end(change: str) -> None:
    """Copies of a flooded frame go to several nodes: their outer addresses differ."""
    assert find_end(change) == "source"
