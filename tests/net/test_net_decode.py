"""Frames built by scapy, taken apart and written for Wireshark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.layers.vxlan import VXLAN
from scapy.utils import PcapNgReader

from labkit.net import Frame, decode, write_pcap

OUTER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="192.168.1.11", dst="192.168.1.12", ttl=64)
INNER = IP(src="10.244.1.2", dst="10.244.2.3", ttl=63) / ICMP(type=8, id=7, seq=1) / b"token"


def frame(packet: Any, **changes: Any) -> Frame:
    return Frame(
        **{"machine": "worker1", "link": "eth0", "direction": "in", "time": 5, "data": bytes(packet), **changes}
    )


def names(packet: Any, **changes: Any) -> list[str]:
    return [layer.name for layer in decode(frame(packet, **changes))]


@pytest.mark.parametrize("port", [8472, 4789, 6784])
def test_vxlan_on_every_port_the_course_uses(port: int) -> None:
    packet = OUTER / UDP(sport=50000, dport=port) / VXLAN(vni=7, flags=8) / Ether(src="02:00:00:00:00:0a") / INNER
    layers = decode(frame(packet))
    assert [layer.name for layer in layers] == ["Ether", "IP", "UDP", "VXLAN", "Ether", "IP", "ICMP", "Raw"]
    assert (layers[2].fields["dport"], layers[3].fields["vni"], layers[5].fields["ttl"]) == (port, 7, 63)
    assert layers[7].fields["load"] == b"token".hex()
    assert "worker1" not in json.dumps([layer.fields for layer in layers])


def test_other_wrappings() -> None:
    assert names(OUTER / UDP(sport=8285, dport=8285) / INNER) == ["Ether", "IP", "UDP", "IP", "ICMP", "Raw"]
    assert names(OUTER / INNER) == ["Ether", "IP", "IP", "ICMP", "Raw"]
    assert names(INNER, hardware=768) == ["IP", "ICMP", "Raw"]


def test_weaves_sleeve() -> None:
    inner = bytes(Ether(src="02:00:00:00:00:0a") / INNER)
    header = bytes.fromhex("000000000001" * 2 + "000000000002") + len(inner).to_bytes(2, "big")
    layers = decode(frame(OUTER / UDP(sport=6783, dport=6783) / (header + inner)))
    assert [layer.name for layer in layers] == ["Ether", "IP", "UDP", "Sleeve", "Ether", "IP", "ICMP", "Raw"]
    assert layers[3].fields == {
        "sender": "00:00:00:00:00:01", "source": "00:00:00:00:00:01", "destination": "00:00:00:00:00:02", "length": len(inner)
    }  # fmt: skip
    assert names(OUTER / UDP(sport=6783, dport=6783) / b"short") == ["Ether", "IP", "UDP", "Raw"]


def test_fields_are_scapys() -> None:
    arp, tcp = (decode(frame(packet))[-1].fields for packet in (
        Ether() / ARP(op=1, psrc="10.0.0.1", pdst="10.0.0.2"), OUTER / TCP(sport=1, dport=80, seq=9, flags="SA")
    ))  # fmt: skip
    assert (arp["op"], arp["psrc"], arp["pdst"]) == (1, "10.0.0.1", "10.0.0.2")
    assert (tcp["sport"], tcp["dport"], tcp["seq"], tcp["flags"]) == (1, 80, 9, "SA")


def test_padding_is_not_a_layer_and_rubbish_is_raw() -> None:
    assert names(bytes(Ether() / ARP()) + bytes(18)) == ["Ether", "ARP"]
    assert names(b"\x01\x02") == ["Raw"]


def test_pcap_keeps_links_directions_and_times(tmp_path: Path) -> None:
    path = tmp_path / "journey.pcap"
    stamp = 1_700_000_000_123_456_000
    frames = [
        frame(OUTER / INNER, time=stamp),
        frame(OUTER / INNER, time=stamp + 5000, machine="worker2", link="cni0", direction="out"),
    ]
    write_pcap(str(path), frames)
    with PcapNgReader(str(path)) as reader:
        first, second = list(reader)
    assert bytes(first) == frames[0].data
    assert [packet.sniffed_on for packet in (first, second)] == ["worker1:eth0", "worker2:cni0"]
    assert [packet.direction for packet in (first, second)] == [1, 2]
    assert int(float(second.time - first.time) * 1e6 + 0.5) == 5
