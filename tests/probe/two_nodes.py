"""Two nodes on a switch, a bridge and pods on each, plain routing between them."""

from __future__ import annotations

from labkit.fabric.topology import Link, Machine, Port, Route, Switch, Topology
from labkit.net import Batch, commit_all
from labkit.probe import ping_many
from labkit.world import World
from tests.waiting import wait_until

PODS = {"web": ("node1", "10.244.1.2"), "log": ("node1", "10.244.1.3"), "db": ("node2", "10.244.2.2")}


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
    pairs = [
        (world.machine(src), dst)
        for src, dst in (("web", "10.244.2.2"), ("log", "10.244.1.2"), ("outside", "192.168.0.1"))
    ]
    wait_until(lambda: all(answer.reached for answer in ping_many(pairs)))


def do(world: World, machine: str, script: str) -> None:
    done = world.machine(machine).run(f"set -e; {script}")
    assert done.status == 0, done.stderr
