"""What the builders plan, as values: who shares a wire, who is told its neighbours, which words tc gets."""

from __future__ import annotations

import pytest

from labkit.errors import UsageError
from labkit.fabric import Link, Machine, Port, Switch, Topology
from labkit.fabric.mininet import plan_mininet
from labkit.fabric.netlink import has_broadcast
from labkit.fabric.shaping import plan_discipline
from labkit.fabric.underlay import plan_lans, plan_neighbors, render_notes


def plan_star(nodes: int, kind: str = "node") -> Topology:
    names = [f"n{number}" for number in range(nodes)]
    ports = [Port(name, "eth0", (f"10.0.0.{number}/24",)) for number, name in enumerate(names, 1)]
    links = tuple(Link(port, Port("s1", f"s1-eth{number}")) for number, port in enumerate(ports, 1))
    return Topology(tuple(Machine(name, kind) for name in names), (Switch("s1"),), links)


def test_switches_cabled_together_are_one_lan() -> None:
    machines = tuple(Machine(name, "host") for name in "abcd")
    links = (
        Link(Port("a", "eth0"), Port("s1", "s1-eth1")),
        Link(Port("s2", "s2-eth1"), Port("s1", "s1-eth2")),
        Link(Port("s2", "s2-eth2"), Port("b", "eth0")),
        Link(Port("c", "eth0"), Port("d", "eth0")),
        Link(Port("c", "eth1"), Port("s3", "s3-eth1")),
    )
    topology = Topology(machines, (Switch("s1"), Switch("s2"), Switch("s3")), links)
    assert [[str(port) for port in lan] for lan in plan_lans(topology)] == [
        ["a:eth0", "b:eth0"], ["c:eth0", "d:eth0"], ["c:eth1"],
    ]  # fmt: skip


def test_thirty_two_nodes_learn_by_arp_thirty_three_are_told() -> None:
    assert plan_neighbors(plan_star(32)) == []
    assert render_notes(plan_star(32)) == ()
    assert len(plan_neighbors(plan_star(33))) == 33 * 32
    assert "1056 permanent" in render_notes(plan_star(33))[0]


def test_only_the_underlay_counts() -> None:
    assert plan_neighbors(plan_star(100, "host")) == []


def test_neighbors_are_those_within_a_port_s_own_network() -> None:
    star = plan_star(40)
    ports = [Port("n0", "eth0", ("10.9.0.1/24",)), *(link.a for link in star.links[1:])]
    links = tuple(Link(port, link.b) for port, link in zip(ports, star.links, strict=True))
    told = plan_neighbors(Topology(star.machines, star.switches, links))
    assert not [each for each in told if each.machine == "n0" or each.address == "10.9.0.1"]
    assert len(told) == 39 * 38


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({}, ""),
        ({"delay": 5}, "netem delay 5ms"),
        ({"loss": 0.5}, "netem loss 0.5%"),
        ({"rate": 2.5, "delay": 5, "loss": 10}, "netem delay 5ms loss 10% rate 2.5mbit"),
        ({"rate": 1}, "tbf rate 1mbit burst 3000 latency 50ms"),
        ({"rate": 1000}, "tbf rate 1000mbit burst 500000 latency 50ms"),
    ],
)
def test_words_for_tc(properties: dict[str, float], words: str) -> None:
    assert plan_discipline(Link(Port("a", "eth0"), Port("b", "eth0"), **properties)) == words  # type: ignore[arg-type]


@pytest.mark.parametrize("loss", [0, -1, 100.5])
def test_more_than_all_can_not_be_lost(loss: float) -> None:
    with pytest.raises(UsageError, match="loss in percent"):
        Link(Port("a", "eth0"), Port("b", "eth0"), loss=loss)


@pytest.mark.parametrize(("address", "has"), [("10.0.0.1/30", True), ("10.0.0.1/31", False), ("10.0.0.1/32", False)])
def test_broadcast_addresses(address: str, has: bool) -> None:  # noqa: FBT001
    assert has_broadcast(address) is has


def test_mininet_is_told_only_what_it_can_do_without_raising_a_port() -> None:
    links = (
        Link(Port("a", "eth0", ("10.0.0.1/24", "10.0.1.1/24")), Port("s1", "s1-eth1")),
        Link(Port("a", "eth1", ("10.0.2.1/24",), up=False), Port("s1", "s1-eth2", up=False)),
    )
    plan = plan_mininet(Topology((Machine("a", "host"),), (Switch("s1"),), links))
    assert [link[0]["ip"] for link in plan["links"]] == ["10.0.0.1/24", None]
    assert [link[1]["up"] for link in plan["links"]] == [True, False]
