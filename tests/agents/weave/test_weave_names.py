"""Peers' names, plans of commands, options."""

from __future__ import annotations

import pytest

from labkit.agents.weave import kernel, vxlan
from labkit.agents.weave.names import is_group, parse_name, plan_bridge_mac, plan_name, render_name
from labkit.agents.weave.options import Options
from labkit.errors import UsageError


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("7e:21:4a:70:2f:45", "7e:21:4a:70:2f:45"),
        ("::1", "00:00:00:00:00:01"),
        ("2::1", "02:00:00:00:00:01"),
        ("::", "00:00:00:00:00:00"),
    ],
)
def test_names(text: str, whole: str) -> None:
    assert render_name(parse_name(text)) == whole


@pytest.mark.parametrize("text", ["", "1:2:3", "1:2:3:4:5:6:7", "x::1", "::1::2", "100::", "worker1", "1:2:3:4:5:6::7"])
def test_no_names(text: str) -> None:
    with pytest.raises(UsageError, match="peer name"):
        parse_name(text)


def test_macs_follow_from_names_and_are_nobody_elses() -> None:
    assert render_name(plan_bridge_mac(parse_name("::1"))) == "02:00:00:00:00:01"
    assert not is_group(plan_bridge_mac(b"\xff" * 6))
    assert plan_name("worker1") == plan_name("worker1") != plan_name("worker2")
    assert plan_name("worker1")[0] & 3 == 2


def test_the_bridge_as_commands() -> None:
    lines = kernel.plan_bridge(parse_name("::1"), 1438)
    assert lines[0] == "link add weave address 02:00:00:00:00:01 mtu 1438 type bridge"
    assert "link set vethwe-pcap arp off up" in lines
    assert vxlan.plan_entry("192.168.0.12", add=True) == (
        "fdb append 00:00:00:00:00:00 dev vxlan-6784 dst 192.168.0.12"
    )


def test_a_vxlan_datagram_is_what_the_rfc_says() -> None:
    assert vxlan.pack_datagram(b"frame") == bytes.fromhex("08000000001a8000") + b"frame"


def test_what_was_learned_behind_a_peer_that_is_gone() -> None:
    shown = """02:00:00:00:00:03 master weave
02:00:00:00:00:03 dst 192.168.0.13 self
02:00:00:00:00:02 dst 192.168.0.12 self
00:00:00:00:00:00 dst 192.168.0.12 self permanent
"""
    assert vxlan.plan_forgetting(shown, ["192.168.0.12"]) == [
        "fdb del 02:00:00:00:00:02 dev vxlan-6784 dst 192.168.0.12 self"
    ]


def test_the_mtu_follows_from_the_datapath_unless_it_is_said() -> None:
    assert Options("::1", "worker1", "10.32.0.0/12", ("::1",), fastdp=False).bridge_mtu == 1438
    assert Options("::1", "worker1", "10.32.0.0/12", ("::1",)).bridge_mtu == 1376
    assert Options("::1", "worker1", "10.32.0.0/12", ("::1",), mtu=8916).bridge_mtu == 8916
