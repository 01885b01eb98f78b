"""Hosts on one bridge, built and torn down: labkit beside Mininet and beside iproute2's batch mode.

Equal work for all: a network namespace each, a veth pair to a bridge, an address, a default route, lo and the link up.
labkit's machines have besides a mount and a UTS namespace, files and sysctls of their own, and are waited for until the
bridge forwards. The peers run in a throw-away namespace as the same person; their clock starts when they have been loaded.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from labkit.errors import WorldError
from labkit.fabric import Link, Machine, Port, Route, Switch, Topology, build_netlink
from labkit.world import World, run_program
from tests.bench.row import Row, Sample, compare, measure

GATEWAY = "10.0.255.254"
GOAL_IP_BATCH = 0.5
GOAL_MININET = 0.1
GOAL_DOWN = 0.5  # s, of 1,000 hosts
PEERS = Path(__file__).parent / "peers"
APART = ("unshare", "--user", "--map-root-user", "--net", "--mount", "--uts", "--pid", "--fork", "--mount-proc")
PATIENCE = 400.0


def measure_against_ip_batch(hosts: int) -> list[Row]:
    """Building and tearing down beside `ip -batch`."""
    goal = GOAL_IP_BATCH if hosts >= 500 else None
    return _compare(hosts, "ip-batch", {"build": goal, "down": None}, runs=5)


def measure_against_mininet(hosts: int) -> list[Row]:
    """Building and tearing down beside Mininet with its LinuxBridge."""
    goal = GOAL_MININET if hosts >= 500 else None
    return _compare(hosts, "mininet", {"build": goal, "down": None}, runs=3 if hosts < 500 else 1)


def measure_large_down() -> list[Row]:
    """Tearing down 1,000 hosts."""
    down = measure(lambda: time_ours(1000), runs=3)["down"]
    return [Row("down-1000", down, GOAL_DOWN, "s", GOAL_DOWN, 3, absolute=True)]


def _compare(hosts: int, peer: str, goals: dict[str, float | None], *, runs: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="labkit-bench-") as folder:
        plan = Path(folder)
        write_batches(plan, hosts)
        theirs = time_ip_batch if peer == "ip-batch" else time_mininet
        medians, count = compare(lambda: time_ours(hosts), lambda: theirs(plan), runs=runs, budget=60)
    return [Row(f"{what}-{hosts}-{peer}", *medians[what], "s", goal, count) for what, goal in goals.items()]


def plan_address(number: int) -> str:
    """The address of host `number`, counted from 1."""
    return f"10.0.{number // 250}.{number % 250 + 1}/16"


def plan_topology(hosts: int) -> Topology:
    """`hosts` hosts on one switch."""
    numbers = range(1, hosts + 1)
    return Topology(
        tuple(Machine(f"h{number}", "host", routes=(Route("default", GATEWAY),)) for number in numbers),
        (Switch("s1"),),
        tuple(
            Link(Port(f"h{number}", "eth0", (plan_address(number),)), Port("s1", f"s1-eth{number}"))
            for number in numbers
        ),
    )


def time_ours(hosts: int) -> Sample:
    """Seconds to build, and to end the world."""
    topology = plan_topology(hosts)
    world = World.start(f"bench-{os.getpid()}", hidden=True)
    try:
        began = time.perf_counter()
        build_netlink(world, topology)
        built = time.perf_counter()
    finally:
        ending = time.perf_counter()
        world.end()
    return {"build": built - began, "down": time.perf_counter() - ending}


def write_batches(folder: Path, hosts: int) -> None:
    """What `ip -batch` gets: one file for the bridge and the cables, one for each host, one to take all away."""
    numbers = range(1, hosts + 1)
    fabric = ["link set lo up", "link add s1 type bridge", "link set s1 up"]
    for number in numbers:
        fabric += [
            f"netns add h{number}",
            f"link add s1-eth{number} type veth peer name eth0 netns h{number}",
            f"link set s1-eth{number} master s1 up",
        ]
        host = ("link set lo up", "link set eth0 up", f"addr add {plan_address(number)} dev eth0")
        text = "\n".join((*host, f"route add default via {GATEWAY}"))
        (folder / f"host-h{number}").write_text(f"{text}\n")
    (folder / "fabric").write_text("\n".join(fabric) + "\n")
    (folder / "down").write_text("\n".join([*(f"netns del h{number}" for number in numbers), "link del s1"]) + "\n")


def time_ip_batch(folder: Path) -> Sample:
    """The same by iproute2: one `ip -batch` for the fabric, one in each host."""
    return _run_peer(["bash", str(PEERS / "ip_batch.sh"), str(folder)])


def time_mininet(folder: Path) -> Sample:
    """The same by Mininet; it is told the number of hosts, and gives addresses of its own in the same network."""
    hosts = len(list(folder.glob("host-*")))
    return _run_peer([sys.executable, str(PEERS / "mininet_hosts.py"), str(hosts), GATEWAY])


def _run_peer(command: list[str]) -> Sample:
    done = run_program([*APART, *command], timeout=PATIENCE)
    if done.status:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise WorldError(f"{' '.join(command)}: {said[-1] if said else f'status {done.status}'}")
    sample: Sample = json.loads(done.stdout.splitlines()[-1])
    return sample
