"""What an act leaves on a node is told, and put back."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from labkit.check.footprint import Footprint
from labkit.world import Machine, MachineSpec, World

pytestmark = pytest.mark.world


@pytest.fixture(scope="module")
def node() -> Iterator[Machine]:
    with World.start(f"footprint-{os.getpid()}", hidden=True) as world:
        world.add_machines([MachineSpec("worker1", "node")])
        made = world.machine("worker1")
        assert (
            made.run("ip link add cni0 type bridge; ip link set cni0 up; ip addr add 10.1.0.1/24 dev cni0").status == 0
        )
        yield made
        world.end()


def watch(node: Machine, act: str, *may_leave: str, prints: Footprint | None = None) -> list[str]:
    with (prints or Footprint([node])).watch(may_leave) as left:
        assert node.run(act).status == 0
    return left


def show(node: Machine) -> str:
    return node.run(
        "ip -br addr show cni0; ip route; iptables -t nat -S; sysctl net.ipv4.ip_forward; ip -br link"
    ).stdout


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("ip route add 10.7.0.0/16 dev cni0", "route 10.7.0.0/16 dev cni0 on worker1 stayed"),
        ("ip addr del 10.1.0.1/24 dev cni0", "address 10.1.0.1/24 dev cni0 on worker1 is gone"),
        ("sysctl -w net.ipv4.ip_forward=1", "net.ipv4.ip_forward"),
        ("iptables -t nat -A POSTROUTING -j MASQUERADE", "MASQUERADE"),
        ("ip link add dull type veth peer name duller", "link dull"),
    ],
)
def test_what_is_left_is_told_and_put_back(node: Machine, act: str, said: str) -> None:
    before = show(node)
    left = watch(node, act)
    assert any(said in each for each in left), left
    assert show(node) == before


def test_nothing_left_is_nothing_told(node: Machine) -> None:
    assert watch(node, "ip route add 10.7.0.0/16 dev cni0; ip route del 10.7.0.0/16 dev cni0") == []


def test_what_may_be_left_stays_and_may_go_later(node: Machine) -> None:
    prints = Footprint([node])
    assert watch(node, "ip link add dull type veth peer name duller", "* stayed", prints=prints) == []
    assert "dull" in show(node)
    assert watch(node, "ip link del dull", prints=prints) == []


def test_a_bridge_that_is_gone_is_told_even_when_it_cannot_be_put_back_whole(node: Machine) -> None:
    left = watch(node, "ip link del cni0", "* stayed")
    assert any("link cni0 (bridge) on worker1 is gone" in each for each in left)
