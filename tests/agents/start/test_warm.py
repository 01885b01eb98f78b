"""Commands that a warm process forks: at the shell they are like any other, on every machine, and also when it is killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from labkit.agents.start.programs import render_programs
from labkit.world import Machine, MachineSpec, Outfit, Process, World
from tests.waiting import wait_until
from tests.worlds import Start

pytestmark = pytest.mark.world

OUTFIT = Outfit(
    programs=render_programs({"toy": "tests.agents.start.toy:main", "nosuch": "tests.agents.start.nosuch:main"})
)
SPECS = (MachineSpec("worker1", "node"), MachineSpec("worker2", "node"), MachineSpec("web", "pod", "worker1"))
SERVERS = "pgrep -fx 'labkit: starts commands'"


NOISE = """import random, socket
chance = random.Random(5)
toy = b"tests.agents.start.toy:main"
packets = [b"", b"x", toy + b"\\0" + b"0\\0" + b"5\\0a", toy + b"\\0" + b"18\\0" + b"0", b"\\0" * 9, b"a:b\\0" + b"18\\0" + b"1\\0a"]
for packet in packets + [chance.randbytes(40) for _ in range(50)]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as noise:
        noise.connect("/.labkit/run/commands")
        if packet:
            socket.send_fds(noise, [packet], [0] * chance.choice([0, 1, 7, 7, 7, 8]))
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World.start(f"warm-{os.getpid()}", outfit=OUTFIT, hidden=True) as world:
        world.add_machines(SPECS)
        yield world
        world.end()


@pytest.fixture
def node(world: World) -> Machine:
    return world.machine("worker1")


def ask(machine: Machine, command: str = "toy tell", **options: Any) -> dict[str, Any]:
    ran = machine.run(command, **options)
    assert ran.status == 0, ran.stderr
    return dict(json.loads(ran.stdout))


def list_servers(machine: Machine) -> list[str]:
    return machine.run(SERVERS).stdout.split()


@contextlib.contextmanager
def start_waiting(machine: Machine) -> Iterator[tuple[Process, int, int]]:
    """`toy wait`: its client's process, its own number, and the reading end of its output."""
    reader, writer = os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    try:
        with machine.start_process(["toy", "wait"], standard=(null, writer, writer)) as process:
            os.close(writer)
            yield process, int(os.read(reader, 100)), reader
    finally:
        os.close(null)
        os.close(reader)


def is_alive(machine: Machine, number: int) -> bool:
    """A zombie is not."""
    return machine.run(f"grep -q '^State:.[^Z]' /proc/{number}/status").status == 0


def wait_until_gone(machine: Machine, number: int) -> None:
    wait_until(lambda: not is_alive(machine, number))


def test_a_command_has_all_that_its_caller_has(node: Machine) -> None:
    told = ask(node, "cd /usr/share && umask 027 && MINE='a b' toy tell 'c d' ''  <<<typed")
    assert told["argv"] == ["/.labkit/bin/toy", "tell", "c d", ""]
    assert (told["environment"]["MINE"], told["environment"]["HOME"]) == ("a b", "/root")
    assert (told["folder"], told["mask"], told["stdin"]) == ("/usr/share", 0o027, "typed\n")
    assert told["descriptors"] == 4  # its three streams, and the folder that it lists
    assert str(told["parent"]) in list_servers(node), "it was not forked by the warm process"


def test_streams_are_the_callers(node: Machine) -> None:
    ran = node.run("toy tell </dev/null 2>/dev/null | cat; echo ${PIPESTATUS[0]}; toy tell 2>&1 >/dev/null </dev/null")
    assert json.loads(ran.stdout.splitlines()[0])["terminal"] is False
    assert ran.stdout.splitlines()[1:] == ["0", "told"]


@pytest.mark.parametrize("machine", ["worker1", "worker2", "web"])
def test_each_machine_gets_it_in_its_own_namespaces(world: World, machine: str) -> None:
    here = world.machine(machine)
    told = ask(here)
    assert told["host"] == machine
    assert told["links"] == sorted(here.run("ls /sys/class/net").stdout.split())
    here.run(f"echo {machine} >/tmp/own")
    assert ask(here, "toy tell </tmp/own")["stdin"] == f"{machine}\n"


def test_a_network_of_the_callers_own_is_entered_too(node: Machine) -> None:
    node.run("ip link add only0 type bridge")
    assert "only0" in ask(node)["links"]
    inside = "ip netns add other; ip netns exec other toy tell"
    assert ask(node, inside)["links"] == ["lo"]


@pytest.mark.parametrize("status", [0, 1, 7, 127, 255])
def test_an_exit_status_comes_back(node: Machine, status: int) -> None:
    assert node.run(["toy", "exit", str(status)]).status == status


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGABRT])
def test_a_death_by_a_signal_is_one_for_the_caller_too(node: Machine, number: int) -> None:
    assert node.run(["toy", "die", str(int(number))]).status == 128 + number


def test_what_a_command_raises_is_told(node: Machine) -> None:
    ran = node.run("toy raise")
    assert (ran.status, "ZeroDivisionError: a slip" in ran.stderr) == (1, True)
    ran = node.run(["toy", "say", "why"])
    assert (ran.status, ran.stderr) == (1, "why\n")


def test_a_signal_to_the_caller_reaches_the_command(node: Machine) -> None:
    with start_waiting(node) as (process, _, reader):
        process.signal(signal.SIGTERM)
        ended = process.wait(10)
        assert ended
        assert (ended[0], os.read(reader, 100)) == (7, b"ended in order\n")


def test_it_ends_when_its_caller_is_killed(node: Machine) -> None:
    with start_waiting(node) as (process, number, _):
        process.signal(signal.SIGKILL)
        wait_until_gone(node, number)


def test_ctrl_c_and_nohup_are_as_with_any_command(node: Machine) -> None:
    with start_waiting(node) as (process, number, _):
        process.signal(signal.SIGINT)
        ended = process.wait(10)
        assert ended
        assert ended[0] == 128 + signal.SIGINT
        wait_until_gone(node, number)
    ran = node.run(
        "nohup toy wait >/tmp/number & sleep 0.3; kill -HUP $!; sleep 0.2; kill -0 $(cat /tmp/number) && kill $!"
    )
    assert ran.status == 0, ran.stderr


def test_ps_shows_its_words_and_its_name(node: Machine) -> None:
    with start_waiting(node) as (_, number, __):
        shown = node.run(f"ps -o comm=,args= {number}; pgrep -fx '/.labkit/bin/toy wait'").stdout.splitlines()
        assert shown[0].split(None, 1) == ["toy", "/.labkit/bin/toy wait"]
        assert str(number) in shown[1:]


def test_the_warm_process_is_on_no_machine(world: World, node: Machine) -> None:
    ask(node)
    assert len(list_servers(node)) == 1
    servers = {int(number) for number in list_servers(node)}
    for machine in world.machines():
        assert not servers & {number for number, _ in machine.list_processes()}


def test_a_pod_whose_command_was_the_first_goes_without_a_trace(start: Start) -> None:
    world = start(outfit=OUTFIT)
    world.add_machines(SPECS)
    ask(world.machine("web"))
    world.remove_machine("web")
    assert ask(world.machine("worker1"))["host"] == "worker1"
    assert world.machine("worker1").run("ls /run/netns").stdout == ""


def test_many_first_commands_at_once_start_one_warm_process(start: Start) -> None:
    world = start(outfit=OUTFIT)
    world.add_machines(SPECS)
    machines = world.machines()
    with ThreadPoolExecutor(12) as pool:
        hosts = list(pool.map(lambda each: ask(machines[each % 3])["host"], range(24)))
    assert sorted(hosts) == sorted(["worker1", "worker2", "web"] * 8)
    assert len(list_servers(machines[0])) == 1


def test_when_it_is_killed_the_next_command_starts_another(node: Machine) -> None:
    before = list_servers(node)
    with start_waiting(node) as (process, number, _):
        node.run(f"kill -KILL {' '.join(before)}")
        ended = process.wait(10)
        assert ended
        assert ended[0] == 1
        node.run(f"kill -KILL {number}")
    assert ask(node)["host"] == "worker1"
    assert list_servers(node) not in ([], before)


def test_without_it_a_command_runs_by_itself(node: Machine) -> None:
    """More words than a packet takes; a user namespace that is another."""
    big = "$(head -c 120000 /dev/zero | tr '\\0' x)"
    told = ask(node, f"BIG={big} BIGGER={big} toy tell")
    assert len(told["environment"]["BIGGER"]) == 120_000
    assert str(told["parent"]) not in list_servers(node)
    told = ask(node, "unshare -r toy tell")
    assert (told["host"], str(told["parent"]) in list_servers(node)) == ("worker1", False)


def test_a_command_that_can_not_be_imported_says_so(node: Machine) -> None:
    ran = node.run("nosuch")
    assert (ran.status, "No module named 'tests.agents.start.nosuch'" in ran.stderr) == (1, True)


def test_noise_at_its_socket_does_no_harm(node: Machine) -> None:
    servers = list_servers(node)
    assert node.run(["python3", "-"], stdin=NOISE).status == 0
    assert ask(node)["host"] == "worker1"
    assert list_servers(node) == servers
