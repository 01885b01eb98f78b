"""Overlays between two pods on two nodes: plain routing, a bare kernel VXLAN, Weave's fast datapath, sleeve."""

from __future__ import annotations

import json
import os
import re
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from labkit.cni import Runtime, add_pod
from labkit.fabric import Topology, build_netlink
from labkit.fabric.topology import Link, Machine, Port, Switch
from labkit.lab.outfit import find_outfit
from labkit.probe import ping
from labkit.world import World
from tests.bench.row import Row, Sample, compare

NODES = (1, 2, 3)
MTU = 1438
RUNS = 9
PINGS = 1000
KERNEL_GOAL = 1.05
LATENCY_GOAL = 100.0  # µs
BYTES = 100_000_000
# a pod by hand on worker{n}, with the other node's pods behind a route, or on a VXLAN of its own
PLAIN = """
ip netns add plain{n} && ip link add plain type veth peer name eth0 netns plain{n}
ip addr add 10.98.{n}.1/24 dev plain && ip link set plain up mtu {mtu} && sysctl -qw net.ipv4.ip_forward=1
ip -n plain{n} addr add 10.98.{n}.2/24 dev eth0 && ip -n plain{n} link set eth0 up mtu {mtu}
ip -n plain{n} route add default via 10.98.{n}.1 && ip route add 10.98.{o}.0/24 via 192.168.50.1{o}"""
BARE = """
ip link add br0 type bridge && ip link set br0 up && ip netns add bare{n}
ip link add bare type veth peer name eth0 netns bare{n} && ip link set bare up master br0 mtu {mtu}
ip link add vx0 type vxlan id 99 dstport 4789 remote 192.168.50.1{o} && ip link set vx0 up master br0 mtu {mtu}
ip -n bare{n} addr add 10.99.0.{n}/24 dev eth0 && ip -n bare{n} link set eth0 up mtu {mtu}"""


def measure_overlays() -> list[Row]:
    """Time for 100 MB by each kernel way and by sleeve, in turn with the bare VXLAN; what sleeve adds to a packet's time."""
    with start_network() as world:
        rows = []
        for name, src, dst, address, goal in (
            ("overlay-plain", "plain2", "plain3", "10.98.3.2", None),
            ("overlay-weave-fastdp", "api", "db", "10.44.0.1", KERNEL_GOAL),
            ("overlay-weave-sleeve", "api", "web", "10.32.0.2", None),
        ):
            medians, runs = compare(
                plan_transfer(world, src, dst, address), plan_transfer(world, "bare2", "bare3", "10.99.0.3"),
                runs=RUNS, budget=60,
            )  # fmt: skip
            rows.append(Row(name, *medians["100 MB"], "ms", goal, runs))
        added = (measure_ping(world, "api", "10.32.0.2") - measure_ping(world, "plain2", "10.98.3.2")) / 2
        rows.append(Row("overlay-sleeve-latency", added, LATENCY_GOAL, "us", LATENCY_GOAL, PINGS, absolute=True))
        return rows


@contextmanager
def start_network() -> Iterator[World]:
    """worker1 has sleeve only, worker2 and worker3 the fast datapath; each has a pod of Weave's."""
    nodes = tuple(Machine(f"worker{number}", "node") for number in NODES)
    links = tuple(
        Link(Port(f"worker{each}", "eth0", (f"192.168.50.1{each}/24",)), Port("s1", f"s1-eth{each}")) for each in NODES
    )
    with World.start(f"bench-overlay-{os.getpid()}", outfit=find_outfit(), hidden=True) as world:
        build_netlink(world, Topology(nodes, (Switch("s1"),), links))
        for number, pod in zip(NODES, ("web", "api", "db"), strict=True):
            node = world.machine(f"worker{number}")
            way = "--no-fastdp" if number == 1 else f"--mtu {MTU}"
            peers = " ".join(f"192.168.50.1{other}" for other in NODES if other < number)
            run(world, node.name, f"weave launch {way} --name ::{number} --ipalloc-init seed=::1,::2,::3 {peers}")
            add_pod(world, pod, node.name, Runtime(node))
        for number, other in ((2, 3), (3, 2)):
            run(world, f"worker{number}", (PLAIN + BARE).format(n=number, o=other, mtu=MTU))
        for src, address in (
            ("api", "10.44.0.1"),
            ("api", "10.32.0.2"),
            ("plain2", "10.98.3.2"),
            ("bare2", "10.99.0.3"),
        ):
            wait_answer(world, src, address)
        yield world
        world.end()


def wait_answer(world: World, src: str, address: str) -> None:
    """The agents need a moment to meet."""
    if not any(ping(world.machine(src), address).reached for _ in range(20)):
        raise RuntimeError(f"{src} does not reach {address}")


def plan_transfer(world: World, src: str, dst: str, address: str) -> Callable[[], Sample]:
    """One second of iperf3, as milliseconds for 100 MB."""

    def transfer() -> Sample:
        run(world, dst, "iperf3 -s -1 -D && until ss -ltn | grep -q :5201; do :; done")
        report = json.loads(run(world, src, f"iperf3 -J -t 1 -c {address}"))
        return {"100 MB": BYTES * 8e3 / report["end"]["sum_received"]["bits_per_second"]}

    return transfer


def measure_ping(world: World, src: str, address: str) -> float:
    """The median round trip, in µs, of pings one right after the other: with pauses it is the processor's waking up that is measured."""
    said = run(world, src, f"ping -c {PINGS} -i 0 {address}")
    return statistics.median(float(time) * 1000 for time in re.findall(r"time=([0-9.]+) ms", said))


def run(world: World, machine: str, script: str) -> str:
    """A script that has to succeed."""
    ran = world.machine(machine).run(script, timeout=60)
    if ran.status:
        raise RuntimeError(f"{machine}: {script}: {ran.stderr}")
    return ran.stdout
