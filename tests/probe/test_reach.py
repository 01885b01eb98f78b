"""What "reaches" means: everything that answers otherwise than the machine itself, always and with every packet, is told."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from labkit.errors import CannotTell
from labkit.probe.reach import Pair, Reach, reach
from labkit.world import MachineSpec, World

pytestmark = pytest.mark.world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World.start(f"reach-{os.getpid()}", hidden=True) as world:
        world.add_machines(
            [MachineSpec("worker1", "node"), MachineSpec("web", "pod", "worker1"), MachineSpec("api", "pod", "worker1")]
        )
        made = world.machine("worker1").run(
            "ip -n web link add eth0 type veth peer name eth0 netns api\n"
            "for pod in web:1 api:2; do ip -n ${pod%:*} link set eth0 up; ip -n ${pod%:*} link set lo up;"
            " ip -n ${pod%:*} addr add 10.0.0.${pod#*:}/24 dev eth0; done"
        )
        assert made.status == 0, made.stderr
        yield world
        world.end()


def ask(world: World, address: str = "10.0.0.2") -> Reach:
    return reach([Pair(world.machine("web"), world.machine("api"), address)])[0]


@pytest.fixture
def api(world: World) -> Iterator[World]:
    yield world
    for pod in ("web", "api"):
        world.machine(pod).run("nft flush ruleset; tc qdisc del dev eth0 root")


def test_all_is_well(world: World) -> None:
    told = ask(world)
    assert (told.reached, told.detail) == (True, "api got every kind of packet")
    assert told.seen == dict.fromkeys(("ping", "large ping", "UDP", "large UDP", "TCP"), "10.0.0.1")
    assert told.find_other_source("10.0.0.1") is None


@pytest.mark.parametrize(
    ("rule", "said", "typed"),
    [
        ("meta l4proto tcp drop", "TCP to port", "labkit"),
        ("meta l4proto udp drop", "UDP of 84 bytes", "labkit"),
        ("meta l4proto icmp drop", "ping of 84 bytes", "labkit"),
        ("meta length > 600 drop", "large ping of 1500 bytes", "labkit"),
        ("meta length > 600 meta l4proto udp drop", "large UDP of 1500 bytes", "labkit"),
        ("numgen inc mod 3 0 drop", "got lost in a second", "labkit"),
        ("limit rate over 5/second burst 12 packets drop", "got lost in a second", "labkit"),
        ("tcp dport != { 80, 7000, 8080 } drop", "TCP to port", "labkit"),
        ("udp dport != { 53, 8472 } drop", "UDP of 84 bytes", "labkit"),
        ("meta l4proto tcp reject with tcp reset", "refused", "labkit"),
    ],
)
def test_what_passes_for_some_packets_only_is_red(api: World, rule: str, said: str, typed: str) -> None:
    filtered = api.machine("api").run(
        f"nft 'add table t; add chain t in {{ type filter hook input priority 0; }}; add rule t in {rule}'"
    )
    assert filtered.status == 0, filtered.stderr
    told = ask(api)
    assert not told.reached
    assert said in told.detail
    assert told.argv[0] == typed


def test_a_loss_on_the_way_back_is_told_as_one(api: World) -> None:
    api.machine("api").run(
        "nft 'add table t; add chain t out { type filter hook output priority 0; }; add rule t out icmp type echo-reply drop'"
    )
    assert ask(api).detail == "ping of 84 bytes: it came to api from 10.0.0.1, but no answer came back"


def test_somebody_else_who_answers_is_not_the_machine(api: World) -> None:
    api.machine("web").run("ip route add local 10.0.0.9/32 dev lo")
    assert ask(api, "10.0.0.9").detail == "api does not have the address 10.0.0.9"
    api.machine("api").run("ip addr add 10.0.0.9/32 dev lo")
    told = ask(api, "10.0.0.9")
    assert not told.reached
    assert "it was not api" in told.detail
    api.machine("web").run("ip route del local 10.0.0.9/32 dev lo")


def test_translation_of_one_protocol_is_seen(api: World) -> None:
    api.machine("web").run(
        "ip addr add 10.0.0.77/32 dev lo; nft 'add table t; add chain t post { type nat hook postrouting priority 100; };"
        " add rule t post meta l4proto tcp snat to 10.0.0.77'; ip -n api route 2>/dev/null"
    )
    api.machine("api").run("ip route add 10.0.0.77/32 dev eth0")
    told = ask(api)
    assert told.reached, told.detail
    assert told.find_other_source("10.0.0.1") == ("TCP", "10.0.0.77")


def test_a_router_that_says_too_large_is_obeyed_one_that_says_nothing_is_a_black_hole(world: World) -> None:
    """As every kernel does it: path MTU discovery (RFC 1191)."""
    world.add_machines([MachineSpec("far", "pod", "worker1")])
    try:
        wired = world.machine("worker1").run(
            "ip -n web link add eth1 type veth peer name eth0 netns far; ip -n web link set eth1 up; ip -n web addr add 10.1.0.1/24 dev eth1;"
            "ip -n far link set eth0 up; ip -n far addr add 10.1.0.2/24 dev eth0; ip -n far route add 10.0.0.0/24 via 10.1.0.1;"
            "ip -n api route add 10.1.0.0/24 via 10.0.0.1"
        )
        assert wired.status == 0, wired.stderr
        web, far, api = (world.machine(name) for name in ("web", "far", "api"))
        web.run("sysctl -w net.ipv4.ip_forward=1; ip link set eth1 mtu 1400")
        assert reach([Pair(api, far, "10.1.0.2")])[0].reached
        web.run(
            "nft 'add table t; add chain t o { type filter hook output priority 0; }; add rule t o icmp type destination-unreachable drop'"
        )
        api.run("ip route flush cache")
        told = reach([Pair(api, far, "10.1.0.2")])[0]
        assert not told.reached
        assert "large ping of 1500 bytes" in told.detail
    finally:
        web.run("nft flush ruleset")
        world.remove_machine("far")


def test_a_machine_that_is_gone_is_no_verdict(world: World) -> None:
    world.add_machines([MachineSpec("brief", "pod", "worker1")])
    brief = world.machine("brief")
    world.remove_machine("brief")
    with pytest.raises(CannotTell):
        reach([Pair(world.machine("web"), brief, "10.0.0.2")])


def test_many_pairs_take_no_longer(world: World) -> None:
    pairs = [
        Pair(world.machine(a), world.machine(b), c)
        for a, b, c in [("web", "api", "10.0.0.2"), ("api", "web", "10.0.0.1")] * 1
    ]
    pairs += [
        Pair(world.machine("web"), world.machine("web"), "10.0.0.1"),
        Pair(world.machine("api"), world.machine("api"), "10.0.0.2"),
    ]
    assert [told.detail for told in reach(pairs) if not told.reached] == []


def test_two_behind_one_translated_address_are_told_apart(world: World) -> None:
    """Masquerading gives one of two equal ICMP identifiers another number."""
    world.add_machines([MachineSpec(name, "pod", "worker1") for name in ("one", "two", "way", "out")])
    wired = world.machine("worker1").run(
        "for pod in one:1 two:2; do n=${pod#*:}; pod=${pod%:*};"
        " ip -n way link add to$n type veth peer name eth0 netns $pod; ip -n way link set to$n up; ip -n $pod link set eth0 up;"
        " ip -n way addr add 10.2.$n.1/24 dev to$n; ip -n $pod addr add 10.2.$n.2/24 dev eth0; ip -n $pod route add default via 10.2.$n.1; done;"
        "ip -n way link add out type veth peer name eth0 netns out; ip -n way link set out up; ip -n out link set eth0 up;"
        "ip -n way addr add 10.3.0.1/24 dev out; ip -n out addr add 10.3.0.2/24 dev eth0"
    )
    assert wired.status == 0, wired.stderr
    world.machine("way").run("sysctl -w net.ipv4.ip_forward=1; iptables -t nat -A POSTROUTING -o out -j MASQUERADE")
    told = reach([Pair(world.machine(name), world.machine("out"), "10.3.0.2") for name in ("one", "two")])
    assert [each.detail for each in told if not each.reached] == []
    assert {source for each in told for source in each.seen.values()} == {"10.3.0.1"}
