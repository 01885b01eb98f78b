"""One packet followed: two nodes on a switch, a bridge and pods on each, plain routing between them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.errors import CannotTell, UsageError
from labkit.fabric.netlink import build_netlink
from labkit.fabric.topology import Link, Machine, Port, Route, Switch, Topology
from labkit.net import Batch, commit_all
from labkit.probe import Hop, Journey, follow_packet, ping_many
from labkit.world import MachineSpec, World

PODS = {"web": ("node1", "10.244.1.2"), "log": ("node1", "10.244.1.3"), "db": ("node2", "10.244.2.2")}


@pytest.fixture
def world() -> Iterator[World]:
    with World.start(f"test-journey-{os.getpid()}", hidden=True) as world:
        build_netlink(world, plan_topology())
        build_pods(world)
        wait_carrier(world)
        yield world
        world.end()


def plan_topology() -> Topology:
    forwarding = {"net.ipv4.ip_forward": "1"}
    nodes = tuple(
        Machine(f"node{own}", "node", sysctls=forwarding, routes=(Route(f"10.244.{other}.0/24", f"192.168.0.{other}"),))
        for own, other in ((1, 2), (2, 1))
    )
    cables = tuple(
        Link(Port(name, "eth0", (f"192.168.0.{number}/24",)), Port("s1", f"s1-eth{number}"))
        for number, name in enumerate(("node1", "node2", "outside"), 1)
    )
    pods = tuple(Machine(pod, "pod", node) for pod, (node, _) in PODS.items())
    return Topology((*nodes, Machine("outside", "host"), *pods), (Switch("s1"),), cables)


def build_pods(world: World) -> None:
    batches = []
    for number in (1, 2):
        node = Batch(world.machine(f"node{number}"))
        node.add_link("cni0", kind="bridge", up=True)
        node.add_address(f"10.244.{number}.1/24", "cni0")
        batches.append(node)
    for pod, (node, address) in PODS.items():
        inside, outside = Batch(world.machine(pod)), Batch(world.machine(node))
        inside.add_link("eth0", kind="veth", up=True, peer=f"v{pod}", peer_machine=outside.machine)
        inside.add_address(f"{address}/24", "eth0")
        outside.set_link(f"v{pod}", up=True, master="cni0")
        route = Batch(inside.machine)
        route.add_route("default", via=address.rsplit(".", 1)[0] + ".1")
        batches += [inside, outside, route]
    commit_all(batches)


def wait_carrier(world: World) -> None:
    """A new cable may drop what is sent for up to a second (the kernel's link watch)."""
    deadline = time.monotonic() + 10
    pairs = [
        (world.machine(src), dst)
        for src, dst in (("web", "10.244.2.2"), ("log", "10.244.1.2"), ("outside", "192.168.0.1"))
    ]
    while not all(answer.reached for answer in ping_many(pairs)):
        assert time.monotonic() < deadline, "the pods never reached each other"


def do(world: World, machine: str, script: str) -> None:
    done = world.machine(machine).run(f"set -e; {script}")
    assert done.status == 0, done.stderr


def list_places(hops: tuple[Hop, ...]) -> list[str]:
    return [f"{hop.machine} {hop.link} {hop.direction}" for hop in hops]


def list_changes(journey: Journey) -> list[str]:
    return [change for hop in journey.hops for change in hop.changes]


NODE_TO_NODE = [
    "web eth0 out", "node1 vweb in", "node1 cni0 in", "node1 eth0 out", "fabric s1-eth1 in", "fabric s1-eth2 out",
    "node2 eth0 in", "node2 cni0 out", "node2 vdb out", "db eth0 in",
]  # fmt: skip


def test_every_interface_on_the_way_is_a_hop(world: World) -> None:
    journey = follow_packet(world, "web", "db")
    assert journey.found
    assert journey.answered
    assert journey.lost is None
    assert list_places(journey.hops) == NODE_TO_NODE
    assert [hop.switch for hop in journey.hops] == [" s1-" in place for place in NODE_TO_NODE]
    assert list_places(journey.reply)[0] == "db eth0 out"
    assert list_places(journey.reply)[-1] == "web eth0 in"
    times = [hop.time for hop in (*journey.hops, *journey.reply)]
    assert times[0] == 0.0
    assert times == sorted(times)
    assert [change for change in list_changes(journey) if "TTL" in change] == ["TTL 64 -> 63", "TTL 63 -> 62"]
    assert sum("MAC rewritten" in change for change in list_changes(journey)) == 2


@pytest.mark.parametrize("options", [{"tcp": 80}, {"udp": 53}])
def test_tcp_and_udp_take_the_same_way(world: World, options: dict[str, int]) -> None:
    journey = follow_packet(world, "web", "db", tcp=options.get("tcp"), udp=options.get("udp"))
    assert journey.found
    assert list_places(journey.hops) == NODE_TO_NODE
    name, port = next(iter(options.items()))
    assert {layer.name: layer.fields for layer in journey.hops[-1].layers}[name.upper()]["dport"] == port
    assert journey.answered == (name == "tcp")
    assert bool(journey.errors) == (name == "udp")


def test_the_json_is_the_contracts(world: World) -> None:
    found = json.loads(json.dumps(follow_packet(world, "web", "db").to_json()))
    assert set(found) == {"found", "hops"}
    for hop in found["hops"]:
        assert set(hop) == {"machine", "link", "direction", "time", "layers"}
        assert [layer["name"] for layer in hop["layers"]][:3] == ["Ether", "IP", "ICMP"]
    assert found["hops"][0]["layers"][1]["src"] == "10.244.1.2"
    assert found["hops"][-1]["layers"][1]["ttl"] == 62


def test_a_destination_may_be_an_address_or_a_name(world: World) -> None:
    assert follow_packet(world, "web", "10.244.2.2").dst == "db"
    do(world, "web", "echo '10.244.2.2 store.example' >> /etc/hosts")
    assert follow_packet(world, "web", "store.example").found
    nowhere = follow_packet(world, "outside", "10.9.9.9")
    assert not nowhere.found
    assert nowhere.lost is not None
    assert str(nowhere.lost) == "it never left outside: no route to it (ENETUNREACH)"
    with pytest.raises(UsageError, match="no name that web can resolve"):
        follow_packet(world, "web", "nobody.example")
    do(world, "log", "ip addr flush dev eth0")
    with pytest.raises(UsageError, match="log has no address"):
        follow_packet(world, "web", "log")


def test_nat_shows_with_the_connection_beside_it(world: World) -> None:
    do(world, "node1", "iptables -t nat -A POSTROUTING -s 10.244.1.0/24 -o eth0 -j MASQUERADE")
    do(world, "node2", "iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to 10.244.2.2:80")
    listener = world.machine("db").open_socket(2, 1)
    with listener:
        listener.bind(("0.0.0.0", 80))
        listener.listen()
        journey = follow_packet(world, "web", "192.168.0.2", tcp=8080)
    assert journey.found
    assert journey.answered
    assert "source NAT 10.244.1.2 -> 192.168.0.1" in list_changes(journey)
    assert "destination NAT 192.168.0.2:8080 -> 10.244.2.2:80" in list_changes(journey)
    assert set(journey.connections) == {"node1", "node2"}
    assert journey.connections["node1"][0].source_nat == "192.168.0.1"
    assert journey.connections["node2"][0].destination_nat == "10.244.2.2"
    undone = [change for hop in journey.reply for change in hop.changes if "undone" in change]
    assert undone == [
        "source NAT undone: 10.244.2.2:80 -> 192.168.0.2:8080",
        "destination NAT undone: 192.168.0.1 -> 10.244.1.2",
    ]


def test_nat_of_the_senders_own_shows_at_the_first_hop(world: World) -> None:
    """OUTPUT's rules, as kube-proxy's for a node itself: no link has seen the address that was asked for."""
    do(world, "node1", "ip route add 10.96.0.0/16 dev eth0")
    do(world, "node1", "iptables -t nat -A OUTPUT -d 10.96.0.10 -p tcp --dport 80 -j DNAT --to 10.244.2.2:8080")
    with world.machine("db").open_socket(2, 1) as listener:
        listener.bind(("0.0.0.0", 8080))
        listener.listen()
        journey = follow_packet(world, "node1", "10.96.0.10", tcp=80)
    assert journey.hops[0].changes == ("destination NAT 10.96.0.10:80 -> 10.244.2.2:8080",)
    assert [connection.destination_nat for connection in journey.connections["node1"]] == ["10.244.2.2"]
    plain = follow_packet(world, "node1", "10.244.2.2", tcp=8080)
    assert plain.hops[0].changes == ()


def wrap_in_vxlan(world: World) -> None:
    for own, other in ((1, 2), (2, 1)):
        mac = f"02:00:00:00:00:0{other}"
        do(
            world,
            f"node{own}",
            f"ip link add flannel.1 address 02:00:00:00:00:0{own} type vxlan id 1 dstport 8472 local 192.168.0.{own} nolearning;"
            f"ip addr add 10.244.{own}.0/32 dev flannel.1; ip link set flannel.1 up;"
            f"ip route replace 10.244.{other}.0/24 via 10.244.{other}.0 dev flannel.1 onlink;"
            f"ip neigh add 10.244.{other}.0 lladdr {mac} dev flannel.1;"
            f"bridge fdb add {mac} dev flannel.1 dst 192.168.0.{other}",
        )


def test_a_wrapped_packet_is_known_again(world: World) -> None:
    wrap_in_vxlan(world)
    for options in ({}, {"tcp": 80}, {"udp": 53}):
        journey = follow_packet(world, "web", "db", tcp=options.get("tcp"), udp=options.get("udp"))
        assert journey.found
        places = list_places(journey.hops)
        assert places[3:5] == ["node1 flannel.1 out", "node1 eth0 out"]
        assert places[7:9] == ["node2 eth0 in", "node2 flannel.1 in"]
        assert "wrapped in VXLAN 1 over UDP port 8472, 192.168.0.1 -> 192.168.0.2" in journey.hops[4].changes
        assert "unwrapped: VXLAN 1 over UDP port 8472, 192.168.0.1 -> 192.168.0.2 taken off" in journey.hops[8].changes
        assert [layer.name for layer in journey.hops[4].layers][:6] == ["Ether", "IP", "UDP", "VXLAN", "Ether", "IP"]


def test_a_missing_fdb_entry_is_found(world: World) -> None:
    wrap_in_vxlan(world)
    do(world, "node1", "bridge fdb del 02:00:00:00:00:02 dev flannel.1 dst 192.168.0.2")
    journey = follow_packet(world, "web", "db")
    assert not journey.found
    assert "flannel.1 has no fdb entry for 02:00:00:00:00:02" in str(journey.lost)
    assert journey.hops[-1].link == "flannel.1"


def test_copies_that_a_bridge_flooded_are_left_out(world: World) -> None:
    flush = "ip link set {} type bridge fdb_flush"
    do(world, "fabric", flush.format("s1"))
    do(world, "node1", flush.format("cni0"))
    do(world, "node2", flush.format("cni0"))
    assert list_places(follow_packet(world, "web", "db").hops) == NODE_TO_NODE


@pytest.mark.parametrize(
    ("machine", "breaking", "place", "reason"),
    [
        ("web", "ip route del default", "", "no route to it (ENETUNREACH)"),
        ("web", "ip link set eth0 down", "", "no route to it (ENETUNREACH)"),
        ("node1", "ip route del 10.244.2.0/24", "cni0", "network unreachable, says 10.244.1.1"),
        ("node2", "sysctl -qw net.ipv4.ip_forward=0", "eth0", "node2, which does not forward: net.ipv4.ip_forward is 0"),
        ("node2", "sysctl -qw net.ipv4.conf.eth0.forwarding=0", "eth0", "does not forward what comes in by eth0"),
        ("node2", "ip link set vdb nomaster", "eth0", "cni0 has no carrier: no port of it is up"),
        ("db", "ip addr flush dev eth0; ip addr add 10.244.2.9/24 dev eth0", "eth0", "10.244.2.2 is no address of db"),
        ("node1", "iptables -A FORWARD -d 10.244.2.2 -j REJECT", "cni0", "port unreachable, says 10.244.1.1"),
        ("node1", "ip neigh replace 192.168.0.2 lladdr 02:00:00:00:00:99 dev eth0", "s1-eth1", "no fdb entry for 02:00:00:00:00:99"),
    ],
)  # fmt: skip
def test_a_lost_packet_is_found_where_it_was_last_seen(
    world: World, machine: str, breaking: str, place: str, reason: str
) -> None:
    do(world, machine, breaking)
    journey = follow_packet(world, "web", "10.244.2.2")
    assert not journey.found
    assert journey.lost is not None
    assert journey.lost.link == place
    assert reason in str(journey.lost)


@pytest.mark.parametrize(
    ("machine", "breaking", "reason"),
    [
        ("db", "ip route del default", "db has no route back to 10.244.1.2"),
        ("node2", "ip route del 10.244.1.0/24", "network unreachable, says 10.244.2.1"),
        ("node1", "iptables -A FORWARD -s 10.244.2.2 -j DROP", "last seen going in by eth0 of node1"),
    ],
)
def test_a_lost_answer_is_told_from_a_lost_packet(world: World, machine: str, breaking: str, reason: str) -> None:
    do(world, machine, breaking)
    journey = follow_packet(world, "web", "db")
    assert journey.found
    assert not journey.answered
    assert reason in str(journey.lost)


def test_a_strict_reverse_path_filter_is_named(world: World) -> None:
    do(world, "node2", "ip route replace 10.244.1.0/24 dev cni0; sysctl -qw net.ipv4.conf.eth0.rp_filter=1")
    assert "rp_filter: node2 would answer 10.244.1.2 by cni0, not by eth0" in str(
        follow_packet(world, "web", "db").lost
    )


def test_a_loop_ends_with_its_ttl(world: World) -> None:
    do(world, "node1", "ip route add 10.99.0.0/16 via 192.168.0.2")
    do(world, "node2", "ip route add 10.99.0.0/16 via 192.168.0.1")
    journey = follow_packet(world, "web", "10.99.0.1")
    assert not journey.found
    assert "TTL ran out at" in str(journey.lost)
    assert len([hop for hop in journey.hops if hop.switch]) > 100


def test_its_frames_make_a_pcap(world: World, tmp_path: Path) -> None:
    journey = follow_packet(world, "web", "db")
    journey.write_pcap(tmp_path / "journey.pcap")
    assert len(journey.frames) == len(journey.hops) + len(journey.reply)
    assert (tmp_path / "journey.pcap").stat().st_size > sum(len(frame.data) for frame in journey.frames)


def test_fifty_machines_take_less_than_two_seconds(world: World) -> None:
    world.add_machines([MachineSpec(f"h{number}", "host") for number in range(50)])
    began = time.monotonic()
    assert follow_packet(world, "web", "db").found
    assert time.monotonic() - began < 2


def test_a_world_that_is_gone_is_no_lost_packet(world: World) -> None:
    with pytest.raises(UsageError, match="TCP or UDP"):
        follow_packet(world, "web", "db", tcp=80, udp=53)
    with pytest.raises(UsageError, match="port 0"):
        follow_packet(world, "web", "db", tcp=0)
    target = world.machine("db")
    world.remove_machine("web")
    with pytest.raises(UsageError, match="no machine 'web'"):
        follow_packet(world, "web", target)
    with World.start(f"test-journey-gone-{os.getpid()}", hidden=True) as gone:
        build_netlink(gone, plan_topology())
        web, other = gone.machine("web"), world.machine("outside")
        gone.remove_machine("web")
        with pytest.raises((CannotTell, UsageError)):
            follow_packet(gone, web, other)
        gone.end()
