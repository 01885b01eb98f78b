"""The CNI runtime under duress: ADDs cut short at any moment, and many at the same time."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from labkit.cni import Runtime, add_pod, cache, del_pod, remove_pod
from labkit.errors import LabkitError
from labkit.lab.outfit import find_outfit
from labkit.timing import scale
from labkit.world import Machine, MachineSpec, World
from tests.waiting import wait_until

pytestmark = pytest.mark.world

ROUNDS, PODS = 20, 200
CHAIN = {
    "cniVersion": "0.4.0",
    "name": "mynet",
    "plugins": [
        {
            "type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": True,
            "ipam": {"type": "host-local", "subnet": "10.22.0.0/16", "routes": [{"dst": "0.0.0.0/0"}]},
        },
        {"type": "portmap", "capabilities": {"portMappings": True}},
        {"type": "bandwidth", "capabilities": {"bandwidth": True}},
    ],
}  # fmt: skip
WISHES = {
    "portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}],
    "bandwidth": {"ingressRate": 10**7, "ingressBurst": 10**7, "egressRate": 10**7, "egressBurst": 10**7},
}
PLUGINS = ("bridge", "host-local", "portmap", "bandwidth", "loopback")
RUNNING = {*PLUGINS, "iptables", "ip6tables"}


@pytest.fixture
def world() -> Iterator[World]:
    conf = {"etc/cni/net.d/10-mynet.conflist": json.dumps(CHAIN)}
    with World.start(f"cni-kill-{os.getpid()}", outfit=find_outfit(), hidden=True) as world:
        world.add_machines([MachineSpec("worker1", "node", files=conf)])
        yield world
        world.end()


@pytest.fixture
def node(world: World) -> Machine:
    return world.machine("worker1")


def read_traces(node: Machine) -> list[str]:
    """What pods leave on a node: links, rules, leases, kept results, limits, namespaces.

    A lease of size 0 is not counted: host-local (1.1.1, Debian's) makes the file first and then writes whose it is; killed
    between the two it leaves what no DEL can know (its store looks for the id in the file)."""
    script = """ip -br link | cut -d' ' -f1; iptables -t nat -S; tc qdisc show | grep -e tbf -e ingress
        find /var/lib/cni/networks/mynet /var/lib/cni/results /run/netns -type f -size +0 ! -name 'last_reserved*'
        ls -A /run/netns"""
    return node.run(script).stdout.splitlines()


def add(world: World, pod: str) -> str:
    result = add_pod(world, pod, "worker1", Runtime(world.machine("worker1")), capabilities=WISHES)
    return str(result["ips"][0]["address"])


def measure(world: World, node: Machine) -> float:
    """Seconds of an ADD that nobody disturbs; what the node has for its first pod stays."""
    add(world, "first")
    remove_pod(world, world.machine("first"), Runtime(node))
    began = time.monotonic()
    add(world, "second")
    took = time.monotonic() - began
    remove_pod(world, world.machine("second"), Runtime(node))
    return took


def wait_calm(node: Machine) -> None:
    """Until no plugin runs: what hung on a killed client's connection is ended by PID 1."""
    wait_until(lambda: not any(argv and argv[0].rpartition("/")[2] in RUNNING for _, argv in node.list_processes()))


def expect_del_cleans(world: World, node: Machine, before: list[str]) -> None:
    wait_calm(node)
    del_pod(world, "web", "worker1", Runtime(node))
    assert read_traces(node) == before


def add_in_a_process(name: str) -> None:
    """What the process does that is killed: another client of the same world."""
    with World.attach(name, outfit=find_outfit(), hidden=True) as world:
        add(world, "web")
        os._exit(0)


@pytest.mark.slow
def test_a_client_that_is_killed_during_add_leaves_nothing_that_del_cannot_remove(world: World, node: Machine) -> None:
    took = measure(world, node)
    before = read_traces(node)
    ended = 0
    for number in range(ROUNDS):
        client = multiprocessing.get_context("fork").Process(target=add_in_a_process, args=(world.name,))
        client.start()
        client.join(random.Random(number).uniform(0.0, 1.2 * took))
        client.kill()
        client.join()
        ended += client.exitcode == 0
        expect_del_cleans(world, node, before)
    assert ended < ROUNDS, "no client was killed in time"


def test_what_has_not_come_whole_is_not_kept(node: Machine) -> None:
    """Its writer's input was cut off: PID 1 closed it when the client was killed."""
    path = f"{cache.FOLDER}/cut"
    assert node.run(["sh", "-c", cache._WRITE, "sh", path, "10"], stdin="half").status
    assert node.list_folder(cache.FOLDER) == ["cut.new"]
    assert not node.run(["sh", "-c", cache._WRITE, "sh", path, "4"], stdin="half").status
    assert node.list_folder(cache.FOLDER) == ["cut"]


def test_a_half_file_goes_unless_somebody_writes_it(node: Machine) -> None:
    gone, written = f"{cache.FOLDER}/gone", f"{cache.FOLDER}/written"
    node.run(f"mkdir -p {cache.FOLDER}; touch {gone}.new {written}.new")
    with node.start_process(["sh", "-c", "sleep 60; :", "sh", written]):
        wait_until(lambda: any(argv[-1:] == [written] for _, argv in node.list_processes()))
        Runtime(node).sweep()
        assert node.list_folder(cache.FOLDER) == ["written.new"]
    wait_until(lambda: not any(argv[-1:] == [written] for _, argv in node.list_processes()))
    Runtime(node).sweep()
    assert node.list_folder(cache.FOLDER) == []


# a plugin whose ADD is killed after a while; its children are not
MORTAL = """rm "/opt/cni/bin/$1"; cat >"/opt/cni/bin/$1" <<END; chmod +x "/opt/cni/bin/$1"
#!/bin/bash
[ \\$CNI_COMMAND != ADD ] || exec timeout --foreground -s KILL $2 /usr/lib/cni/$1
exec /usr/lib/cni/$1
END
"""


@pytest.mark.slow
def test_a_plugin_that_is_killed_leaves_nothing_that_del_cannot_remove(world: World, node: Machine) -> None:
    took = measure(world, node)
    before = read_traces(node)
    failures = []
    for number in range(ROUNDS):
        plugin, seconds = PLUGINS[number % len(PLUGINS)], random.Random(number).uniform(0.001, took / 3)
        assert not node.run(["bash", "-c", MORTAL, "mortal", plugin, f"{seconds:.4f}"]).status
        try:
            add(world, "web")
        except LabkitError as error:
            failures.append(error.message)
        assert not node.run(["ln", "-sf", f"/usr/lib/cni/{plugin}", f"/opt/cni/bin/{plugin}"]).status
        expect_del_cleans(world, node, before)
    assert any("was ended by signal 9" in words for words in failures), failures


@pytest.fixture
def many_files() -> Iterator[None]:
    """Room for 200 threads that each run a command: a user has 1,024 descriptors unless more are asked for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16384), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.slow
@pytest.mark.usefixtures("many_files")
def test_200_pods_at_the_same_time_get_200_addresses(world: World, node: Machine) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(PODS) as pool:
        addresses = list(pool.map(lambda number: plain_add(world, node, f"pod{number}"), range(PODS)))
    took = time.monotonic() - began
    assert len(set(addresses)) == PODS
    leases = node.run("ls /var/lib/cni/networks/mynet").stdout.split()
    assert {address.partition("/")[0] for address in addresses} <= set(leases)
    inside = {pod.run(["ip", "-4", "-br", "addr", "show", "eth0"]).stdout.split()[2] for pod in world.machines()[1::20]}
    assert inside <= set(addresses)
    assert took < scale(120), f"{PODS} ADDs took {took:.0f} s"  # 18 s on two cores that others use, too


def plain_add(world: World, node: Machine, pod: str) -> str:
    return str(add_pod(world, pod, "worker1", Runtime(node))["ips"][0]["address"])
