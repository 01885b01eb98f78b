"""A small network as values: two nodes on a switch, each with a bridge and a pod, routes between them."""

from __future__ import annotations

import pytest

from labkit.net import Address, Link, Route
from labkit.net.read.network import MachineNetwork, Network, list_objects
from labkit.world.places import FABRIC


def link(name: str, kind: str = "veth", **more: object) -> Link:
    basis = {"index": 2, "mac": "02:00:00:00:00:01", "mtu": 1500, "up": True, "carrier": True, "state": "UP"}
    return Link(name=name, kind=kind, **(basis | more))  # type: ignore[arg-type]


def address(text: str, dev: str) -> Address:
    host, _, length = text.partition("/")
    return Address(dev, host, int(length), "global")


def node(number: int, pod: str, other: int) -> list[MachineNetwork]:
    """A node with a pod, and a route to the other node's pods."""
    gateway = f"10.244.{number}.1"
    worker = MachineNetwork(
        f"worker{number}",
        "node",
        None,
        (link("eth0"), link("cni0", "bridge"), link(f"veth-{pod}", master="cni0")),
        (address(f"192.168.50.1{number}/24", "eth0"), address(f"{gateway}/24", "cni0")),
        (Route(f"10.244.{other}.0/24", via=f"192.168.50.1{other}", dev="eth0"),),
    )
    inside = MachineNetwork(
        pod,
        "pod",
        f"worker{number}",
        (link("eth0"),),
        (address(f"10.244.{number}.2/24", "eth0"),),
        (Route("default", via=gateway, dev="eth0"),),
    )
    return [worker, inside]


@pytest.fixture
def network() -> Network:
    switch = (link("s1", "bridge"), link("s1-eth1", master="s1"), link("s1-eth2", master="s1"))
    machines = (*node(1, "web", 2), *node(2, "api", 1), MachineNetwork(FABRIC, "fabric", None, switch, (), ()))
    cables = (
        (("worker1", "eth0"), (FABRIC, "s1-eth1")),
        (("worker2", "eth0"), (FABRIC, "s1-eth2")),
        (("worker1", "veth-web"), ("web", "eth0")),
        (("worker2", "veth-api"), ("api", "eth0")),
    )
    return Network(machines, cables)


@pytest.fixture
def start(network: Network) -> frozenset[str]:
    """The objects of a start state in which worker1's bridge, its pod and its route were not there yet."""
    later = (
        "link worker1 cni0",
        "link worker1 veth-web",
        "address worker1 cni0",
        "machine web",
        " web ",
        "route worker1",
    )
    return frozenset(name for name in list_objects(network) if not any(part in name for part in later))
