"""tunl0 and what carries its packets: two nodes with a router between that knows no pods; the kernel's ipip passes the same tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from labkit.agents.ipip.device import TUNNEL, find_mtu, plan_stand_in
from labkit.fabric import Link, Machine, Port, Topology, build_netlink
from labkit.lab.outfit import find_outfit
from labkit.net import Capture, decode
from labkit.world import Result, World
from tests.waiting import wait_until

pytestmark = [pytest.mark.world, pytest.mark.user]
NODES = {
    "left": ("10.0.1.2", "10.0.1.1", "10.9.1"),
    "right": ("10.0.2.2", "10.0.2.1", "10.9.2"),
}  # address, gateway, pods
FAR = "10.9.2.0"


def plan_topology() -> Topology:
    forwarding = {"net.ipv4.ip_forward": "1"}
    nodes = (Machine(name, "node", sysctls=forwarding) for name in NODES)
    links = (
        Link(Port(name, "eth0", (f"{address}/24",)), Port("router", f"eth{number}", (f"{gateway}/24",)))
        for number, (name, (address, gateway, _)) in enumerate(NODES.items())
    )
    return Topology((*nodes, Machine("router", "router", sysctls=forwarding)), (), tuple(links))


def run(world: World, machine: str, command: str) -> Result:
    return world.machine(machine).run(command, timeout=30)


def do(world: World, machine: str, command: str) -> str:
    ran = run(world, machine, command)
    assert ran.status == 0, ran
    return ran.stdout


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World.start(f"ipip-{os.getpid()}", outfit=find_outfit(), hidden=True) as world:
        build_netlink(world, plan_topology())
        for name, (_, gateway, pods) in NODES.items():
            do(world, name, f"ip route add default via {gateway}; daemon start ipip")
            raise_tunnel(world, name, pods)
        yield world
        world.end()


def raise_tunnel(world: World, node: str, pods: str) -> None:
    other, _, its_pods = next(whole for name, whole in NODES.items() if name != node)
    do(world, node, f"ip addr replace {pods}.0/32 dev {TUNNEL}; ip link set {TUNNEL} up")
    do(world, node, f"ip route replace {its_pods}.0/24 via {other} dev {TUNNEL} onlink")


def is_kernels(world: World) -> bool:
    return "ipip remote any" in do(world, "left", f"ip -d link show {TUNNEL}")


def watch(world: World, command: str) -> list[list[tuple[str, object]]]:
    """What passes the router while left runs a command: of each frame the headers, with the fields of IP."""
    with Capture([world.machine("router")]) as capture:
        do(world, "left", command)
        return [
            [(layer.name, layer.fields) for layer in decode(frame)]
            for frame in capture.read_frames(0.2)
            if frame.direction == "in" and frame.link == "eth0"
        ]


def test_a_packet_travels_in_a_packet_from_node_to_node(world: World) -> None:
    (frame,) = [each for each in watch(world, f"ping -c 1 -W 5 -t 9 -Q 0x21 {FAR}") if dict(each).get("ICMP")]
    outer, inner = (fields for name, fields in frame if name == "IP")
    assert [outer["src"], outer["dst"], outer["proto"]] == ["10.0.1.2", "10.0.2.2", 4]  # type: ignore[index]
    assert [inner["src"], inner["dst"]] == ["10.9.1.0", FAR]  # type: ignore[index]
    assert [(fields["ttl"], fields["tos"]) for fields in (outer, inner)] == [(9, 1), (9, 0x21)]  # type: ignore[index]


@pytest.mark.parametrize(("how", "whole"), [("do", True), ("dont", False)])
def test_dont_fragment_is_the_inner_packets(world: World, how: str, whole: bool) -> None:  # noqa: FBT001 - a case
    (frame,) = [each for each in watch(world, f"ping -c 1 -W 5 -M {how} {FAR}") if dict(each).get("ICMP")]
    assert ["DF" in str(fields["flags"]) for name, fields in frame if name == "IP"] == [whole, whole]  # type: ignore[index]


def test_tunl0_leaves_room_for_one_header(world: World) -> None:
    assert "mtu 1480 " in do(world, "left", f"ip link show {TUNNEL}")
    do(world, "left", f"ping -c 1 -W 5 -M do -s 1452 {FAR}")
    assert "mtu=1480" in run(world, "left", f"ping -c 1 -W 1 -M do -s 1453 {FAR} 2>&1").stdout


def test_a_sender_hears_of_a_narrower_way(world: World) -> None:
    """The router tells the node, the node remembers, and whoever sends the next one is told."""
    for machine, link in (("router", "eth1"), ("right", "eth0")):
        do(world, machine, f"ip link set {link} mtu 1400")
    try:
        wait_until(
            lambda: (
                "mtu 1380"
                in run(world, "left", f"ping -c 1 -W 1 -M do -s 1452 {FAR} >/dev/null; ip route get {FAR}").stdout
            )
        )
        do(world, "left", f"ping -c 1 -W 5 -M do -s 1352 {FAR}")
        do(world, "left", f"ping -c 1 -W 5 -M dont -s 1452 {FAR}")  # the router cuts it
    finally:
        for machine, link in (("router", "eth1"), ("right", "eth0")):
            do(world, machine, f"ip link set {link} mtu 1500")
        do(world, "left", "ip route flush cache")


def test_a_megabyte_arrives_whole(world: World) -> None:
    """Checksums are finished and large segments cut before they are wrapped."""
    script = """import socket, sys
if sys.argv[1] == "serve":
    server = socket.create_server(("10.9.2.0", 7000)); print("+", flush=True)
    peer, _ = server.accept(); total = 0
    while data := peer.recv(1 << 16): total += len(data)
    peer.sendall(str(total).encode())
else:
    peer = socket.create_connection(("10.9.2.0", 7000), 20); peer.sendall(bytes(1 << 20)); peer.shutdown(1); print(peer.recv(99).decode())
"""
    with world.machine("right").start_process(["python3", "-c", script, "serve"]) as server:
        wait_until(lambda: ":7000" in do(world, "right", "ss -Htln"))
        assert world.machine("left").run(["python3", "-c", script, "call"], timeout=60).stdout == f"{1 << 20}\n"
        server.stop()


def test_another_route_counts_at_once(world: World) -> None:
    do(world, "left", f"ping -c 1 -W 5 {FAR}")
    do(world, "left", f"ip route replace 10.9.2.0/24 via 10.0.1.1 dev {TUNNEL} onlink")
    try:
        frames = watch(world, f"ping -c 1 -W 1 {FAR} || true")
        assert "10.0.1.1" in [fields["dst"] for frame in frames for name, fields in frame if name == "IP"]  # type: ignore[index]
    finally:
        raise_tunnel(world, "left", "10.9.1")
    do(world, "left", f"ping -c 1 -W 5 {FAR}")


def test_what_goes_round_in_circles_ends(world: World) -> None:
    """The route to the other node itself leads into the tunnel."""
    do(world, "left", f"ip route add 10.0.2.2 via 10.0.2.2 dev {TUNNEL} onlink")
    try:
        assert run(world, "left", f"ping -c 1 -W 1 {FAR}").status == 1
        if not is_kernels(world):
            wait_until(lambda: "wrapped already" in do(world, "left", "cat /var/log/ipip.log"))
    finally:
        do(world, "left", "ip route del 10.0.2.2")
    wait_until(lambda: run(world, "left", f"ping -c 1 -W 1 {FAR}").status == 0)


def test_no_gateway_leads_nowhere(world: World) -> None:
    do(world, "left", f"ip route add 10.9.3.0/24 dev {TUNNEL}")
    assert run(world, "left", "ping -c 1 -W 1 10.9.3.1").status == 1
    if not is_kernels(world):
        wait_until(lambda: "no route by tunl0 with a gateway" in do(world, "left", "cat /var/log/ipip.log"))
    do(world, "left", "ip route del 10.9.3.0/24")


def test_what_is_no_packet_is_thrown_away_and_it_goes_on(world: World) -> None:
    junk = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_RAW, 4) as wire:
    for data in (b"", b"E", bytes(40), b"\\x45" + bytes(19), bytes([0x60]) + bytes(60)):
        wire.sendto(data, ("10.0.1.2", 0))
"""
    assert world.machine("right").run(["python3", "-c", junk]).status == 0
    do(world, "left", f"ping -c 1 -W 5 {FAR}")


def test_a_tunnel_made_anew_is_carried_on(world: World) -> None:
    if is_kernels(world):
        pytest.skip("the kernel's own tunl0 can't be deleted: nothing to carry on")
    do(world, "left", f"ip link del {TUNNEL}")
    for line in plan_stand_in(1480):
        do(world, "left", f"ip {line}")
    raise_tunnel(world, "left", "10.9.1")
    wait_until(lambda: run(world, "left", f"ping -c 1 -W 1 {FAR}").status == 0)


def test_a_new_start_finds_its_tunnel(world: World) -> None:
    do(world, "left", 'kill -9 "$(cat /run/ipip/ipip.pid)"')
    do(world, "left", "daemon start ipip")
    do(world, "left", f"ping -c 1 -W 5 {FAR}")


def test_the_narrowest_uplink_counts() -> None:
    links = {"eth0": {"mtu": 9000}, "ens3": {"mtu": 1500}, "cali1": {"mtu": 100}, "lo": {"mtu": 65536}}
    assert find_mtu(links) == 1480
    assert find_mtu({"lo": {"mtu": 65536}}) == 1480
