"""One topology, two builders: what each makes, and that the kernel ends up in the same state."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labkit.errors import WorldError
from labkit.fabric import Link, Machine, Port, Route, Switch, Topology, build_mininet, build_netlink, plan_mac
from labkit.net.read.addresses import read_addresses
from labkit.net.read.links import read_bridge_ports, read_links
from labkit.net.read.neighbors import read_neighbors
from labkit.timing import scale
from labkit.world import Machine as Running
from labkit.world import Outfit, World
from labkit.world.places import FABRIC
from tests.waiting import wait_until

pytestmark = pytest.mark.world

Builder = Callable[[World, Topology], tuple[str, ...]]

# Two switched LANs of two switches and one, a router between them, a cable without a switch, everything a link can have.
TOPOLOGY = Topology(
    machines=(
        Machine("worker1", "node", routes=(Route("default", "10.0.1.1"), Route("10.9.0.0/16", "10.0.1.12", "eth0"))),
        Machine("worker2", "node", routes=(Route("default", "10.0.1.1"),)),
        Machine("router", "router", sysctls={"net.ipv4.ip_forward": "1"}),
        Machine("out", "host", routes=(Route("default", "10.0.2.1"), Route("172.16.0.0/12", dev="eth1"))),
        Machine("web", "pod", "worker1", routes=(Route("default", dev="eth0"),)),
        Machine("idle", "host"),
    ),
    switches=(Switch("s1"), Switch("s2"), Switch("lan")),
    links=(
        Link(Port("worker1", "eth0", ("10.0.1.11/24", "10.0.9.11/24")), Port("s1", "s1-eth1")),
        Link(Port("s1", "s1-eth2"), Port("s2", "s2-eth1")),
        Link(Port("s2", "s2-eth2"), Port("worker2", "eth0", ("10.0.1.12/24",))),
        Link(Port("router", "eth0", ("10.0.1.1/24",)), Port("s2", "s2-eth3")),
        Link(Port("router", "eth1", ("10.0.2.1/24",)), Port("lan", "lan-eth1"), mtu=1400),
        Link(Port("lan", "lan-eth2"), Port("out", "eth0", ("10.0.2.9/24",)), mtu=1400),
        Link(Port("out", "eth1", ("10.3.0.1/30",)), Port("worker1", "eth1", ("10.3.0.2/30",)), mtu=9000),
        Link(Port("worker1", "veth-web"), Port("web", "eth0", ("10.244.1.2/32",))),
        Link(Port("worker2", "eth1", ("10.4.0.1/24",), up=False), Port("s1", "s1-eth3", up=False)),
    ),
)
# What the kernel numbers in the order things are made, and what it sets itself with time. All else must be equal.
MUST_DIFFER = {
    "ifindex", "link_index", "link_netnsid",  # numbers given in the order links and namespaces are made
    "num_tx_queues", "num_rx_queues",  # one each where Mininet leaves it to the kernel, which takes one for each processor
    "link",  # iproute2 looks the peer's number up on this machine, even where the peer is on another
    "operstate",  # UNKNOWN or UP, by who was first; both forward, and carrier and flags are compared
    "forward_delay_timer", "hello_timer", "gc_timer", "tcn_timer", "topology_change_timer",  # they run
}  # fmt: skip


@pytest.fixture
def world() -> Iterator[World]:
    world = World.start(f"test-fabric-{os.getpid()}", outfit=Outfit(open_switches=True), hidden=True)
    try:
        yield world
    finally:
        world.end()


@pytest.fixture(params=[build_netlink, build_mininet])
def built(world: World, request: pytest.FixtureRequest) -> World:
    builder: Builder = request.param
    assert builder(world, TOPOLOGY) == ()
    return world


def ping(machine: Running, address: str, *options: str) -> int:
    return machine.probe(["ping", "-n", "-c1", "-W1", *options, address]).status


@pytest.mark.user
def test_everybody_reaches_everybody(built: World) -> None:
    worker1, worker2, out = (built.machine(name) for name in ("worker1", "worker2", "out"))
    assert ping(worker1, "10.0.1.12") == 0
    assert ping(worker2, "10.0.2.9") == 0
    assert ping(out, "10.0.1.12") == 0
    assert ping(worker1, "10.3.0.1", "-s", "8900", "-M", "do") == 0
    assert ping(worker1, "10.0.2.9", "-s", "1372", "-M", "do") == 0
    assert ping(worker1, "10.0.2.9", "-s", "1373", "-M", "do") != 0


def test_ports_are_as_the_topology_says(built: World) -> None:
    links = {link.name: link for link in read_links(built.machine("worker2"))}
    assert links["lo"].up
    assert links["eth0"].mac == plan_mac("worker2", "eth0")
    assert (links["eth0"].up, links["eth1"].up) == (True, False)
    assert "10.4.0.1" in [each.address for each in read_addresses(built.machine("worker2"))]
    ports = {port.link: port.bridge for port in read_bridge_ports(built.machine(FABRIC))}
    assert ports == {
        "s1-eth1": "s1", "s1-eth2": "s1", "s1-eth3": "s1", "s2-eth1": "s2", "s2-eth2": "s2", "s2-eth3": "s2",
        "lan-eth1": "lan", "lan-eth2": "lan",
    }  # fmt: skip


def test_the_fabric_is_not_among_the_machines(built: World) -> None:
    assert [machine.name for machine in built.machines()] == ["worker1", "worker2", "router", "out", "idle", "web"]


def plan_star(nodes: int, **options: float) -> Topology:
    names = [f"node{number}" for number in range(1, nodes + 1)]
    return Topology(
        tuple(Machine(name, "node") for name in names),
        (Switch("s1"),),
        tuple(
            Link(Port(name, "eth0", (f"10.0.0.{number}/24",)), Port("s1", f"s1-eth{number}"), **options)
            for number, name in enumerate(names, 1)
        ),
    )


@pytest.mark.alone
def test_switches_forward_as_soon_as_they_are_built(world: World) -> None:
    began = time.monotonic()
    build_netlink(world, plan_star(3))
    assert time.monotonic() - began < scale(0.8)  # a carrier that the kernel reports late costs a second
    assert ping(world.machine("node1"), "10.0.0.3") == 0


@pytest.mark.parametrize("builder", [build_netlink, build_mininet])
def test_large_underlay_has_permanent_neighbors_and_says_so(world: World, builder: Builder) -> None:
    notes = builder(world, plan_star(33))
    assert len(notes) == 1
    assert "1056 permanent neighbours" in notes[0]
    neighbors = read_neighbors(world.machine("node1"))
    assert len(neighbors) == 32
    assert {neighbor.state for neighbor in neighbors} == {"PERMANENT"}
    assert ping(world.machine("node1"), "10.0.0.33") == 0


def test_rate_limits_both_ends(world: World) -> None:
    build_netlink(world, plan_star(2, rate=8))
    for machine, port in (("node1", "eth0"), (FABRIC, "s1-eth1")):
        root = json.loads(world.machine(machine).probe(["tc", "-j", "qdisc", "show", "dev", port]).stdout)[0]
        assert (root["kind"], root["options"]["rate"]) == ("tbf", 1_000_000)  # bytes a second
    assert ping(world.machine("node1"), "10.0.0.2") == 0


def kernel_has_netem(world: World) -> bool:
    return world.machine(FABRIC).probe(["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"]).status == 0


def test_delay_is_kept_or_refused_clearly(world: World) -> None:
    topology = plan_star(2, delay=20)
    if kernel_has_netem(world):
        build_netlink(world, topology)
        said = world.machine("node1").probe(["ping", "-c1", "10.0.0.2"]).stdout
        assert float(said.rpartition("time=")[2].split()[0]) >= 40  # there and back
        return
    with pytest.raises(WorldError, match="netem") as refused:
        build_netlink(world, topology)
    assert "modprobe sch_netem" in refused.value.hint


def read_state(world: World) -> dict[str, dict[str, Any]]:
    questions = ("ip -j -d link", "ip -j addr", "ip -j route show table all", "ip -j rule", "ip -j neigh show nud permanent",
                 "bridge -j -d link", "tc -j qdisc")  # fmt: skip
    machines = [*world.machines(), world.machine(FABRIC)]
    return {each.name: {question: read_answer(each, question) for question in questions} for each in machines}


def read_answer(machine: Running, question: str) -> list[str]:
    rows = json.loads(machine.probe(question.split()).stdout or "[]")
    return sorted(json.dumps(strip(row), sort_keys=True) for row in rows if row)


def strip(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: strip(inner) for key, inner in value.items() if key not in MUST_DIFFER}
    return [strip(inner) for inner in value] if isinstance(value, list) else value


def test_both_builders_leave_the_kernel_in_the_same_state() -> None:
    worlds = []
    with contextlib.ExitStack() as stack:
        for builder in (build_netlink, build_mininet):
            name = f"test-{builder.__name__}-{os.getpid()}"
            worlds.append(World.start(name, outfit=Outfit(open_switches=True), hidden=True))
            stack.callback(worlds[-1].end)
            builder(worlds[-1], TOPOLOGY)
        with contextlib.suppress(AssertionError):  # which of them differ is said below
            wait_until(
                lambda: read_state(worlds[0]) == read_state(worlds[1]), 5
            )  # flags follow a carrier within a second
        by_netlink, by_mininet = map(read_state, worlds)
    assert by_netlink.keys() == by_mininet.keys()
    for machine, answers in by_netlink.items():
        assert answers == by_mininet[machine], machine
