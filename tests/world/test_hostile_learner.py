"""What a learner's processes can do from inside: odd names, storms of signals, floods. PID 1 goes on, and says the truth."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

import pytest

from labkit.errors import LabkitError
from labkit.world import Machine, MachineSpec, World

pytestmark = pytest.mark.world

# bash, run on worker1: makes something in /run/netns that is no pod
ODD = {
    "a file": "touch /run/netns/file",
    "a folder": "mkdir /run/netns/folder",
    "a FIFO": "mkfifo /run/netns/fifo",
    "a socket": "python3 -c 'import socket; socket.socket(1).bind(\"/run/netns/socket\")'",
    "a link to a pod": "ln -s web /run/netns/link",
    "a link to nowhere": "ln -s /nowhere /run/netns/nowhere",
    "a link to itself": "ln -s self /run/netns/self",
    "a link to a terminal": "ln -s /dev/tty /run/netns/tty",
    "another kind of namespace": "touch /run/netns/uts && mount --bind /proc/self/ns/uts /run/netns/uts",
    "its own mount namespace, unshared": "touch /run/netns/mnt && unshare --user --map-root-user true && ! mount --bind /proc/self/ns/mnt /run/netns/mnt",
    "a device": "touch /run/netns/null && mount --bind /dev/null /run/netns/null",
    "a mount": "mkdir /run/netns/mount && mount -t tmpfs none /run/netns/mount",
    "a space": "ip netns add 'a b'",
    "a newline": "ip netns add $'a\\nb'",
    "an at sign": "ip netns add web@worker2",
    "a dash": "ip netns add -- -x",
    "a dot": "ip netns add .hidden",
    "no ASCII": "ip netns add 한글",
    "no UTF-8": "ip netns add $'\\xff\\xfe'",
    "a quote": "ip netns add '\"; false; $(false)'",
    "200 bytes": f"ip netns add {'n' * 200}",
}


@pytest.fixture
def node(lab: World) -> Iterator[Machine]:
    """A node of its own."""
    lab.add_machines([MachineSpec("victim", "node"), MachineSpec("pod", "pod", "victim")])
    yield lab.machine("victim")
    lab.remove_machine("victim")


def list_names(lab: World) -> list[str]:
    return [each.name for each in lab.machines()]


def count(lab: World) -> int:
    return min(int(lab.ask("count")[0]["descriptors"]) for _ in range(3))


@pytest.mark.parametrize("kind", ODD)
def test_odd_things_among_the_pods_are_no_pods(lab: World, node: Machine, kind: str) -> None:
    before, held = list_names(lab), count(lab)
    ran = node.run(ODD[kind])
    assert ran.status == 0, ran.stderr
    for _ in range(3):
        assert list_names(lab) == before
    assert count(lab) == held
    assert lab.machine("pod").run("hostname").stdout == "pod\n"
    node.run("ip netns add proper")
    assert "proper" in list_names(lab)


def test_a_name_that_stands_for_another_machine_is_that_machines_network(lab: World, node: Machine) -> None:
    """A learner may name a network twice; nothing is told wrong by it."""
    node.run("ip netns attach again $$ || { touch /run/netns/again; mount --bind /proc/self/ns/net /run/netns/again; }")
    inside = [lab.machine(name).probe(["readlink", "/proc/self/ns/net"]).stdout for name in ("again", "victim")]
    assert inside[0] == inside[1]


def test_a_network_of_a_further_user_namespace_is_taken_in(lab: World, node: Machine) -> None:
    node.run(
        "unshare --user --map-root-user --net sleep 60 & sleep 0.5; touch /run/netns/deep; mount --bind /proc/$!/ns/net /run/netns/deep"
    )
    assert lab.machine("deep").run("ip -br link").stdout.split()[0] == "lo"
    assert lab.machine("deep").probe(["ip", "-br", "link"]).stdout.split()[0] == "lo"
    node.run("pkill -x sleep")


def test_hiding_the_folder_hides_nothing_from_pid_1(lab: World, node: Machine) -> None:
    node.run("mount -t tmpfs none /run/netns; mount -t tmpfs none /.machine; umount -l /run/netns")
    assert "pod" in list_names(lab)
    assert lab.machine("pod").run("hostname").stdout == "pod\n"


def test_pods_come_and_go_while_they_are_asked_for(lab: World, node: Machine) -> None:
    with node.start_process("while :; do ip netns add quick; ip netns del quick; done", standard=None):
        until = time.monotonic() + 3
        while time.monotonic() < until:
            assert (
                {"victim", "pod"}
                <= set(list_names(lab))
                <= {"victim", "pod", "quick", "worker1", "worker2", "web", "api"}
            )
            with contextlib.suppress(LabkitError):  # gone again meanwhile
                assert lab.machine("quick").run("hostname").stdout in ("quick\n", "")
    while "quick" in list_names(lab):  # the loop ends within 0.6 s of its connection
        assert time.monotonic() < until + 10
        node.run("ip netns del quick")


STORMS = {
    "stop": "kill -STOP -1",
    "kill": "kill -KILL -1",
    "every signal": "for n in $(seq 1 31); do kill -$n -1; done",
}


@pytest.mark.parametrize("storm", STORMS)
def test_a_storm_of_signals_ends(lab: World, node: Machine, storm: str) -> None:
    """It may meet what PID 1 itself is about to start; nothing waits for ever, and afterwards all is well."""
    node.run(f"setsid -f bash -c 'for i in $(seq 300); do {STORMS[storm]}; done' >/dev/null 2>&1")
    until = time.monotonic() + 120
    for number in range(15):
        try:
            lab.add_machines([MachineSpec(f"s{number}", "pod", "worker1")])
            assert lab.machine("web").run("echo ok", timeout=5).stdout in ("ok\n", "")
        except LabkitError:
            continue  # it was met
        assert time.monotonic() < until
    calm = 0
    while calm < 5:
        with contextlib.suppress(LabkitError):
            calm = calm + 1 if lab.machine("web").run(["echo", "ok"], timeout=5).stdout == "ok\n" else 0
        assert time.monotonic() < until
    while made := [machine.name for machine in lab.machines() if machine.name.startswith("s")]:
        with contextlib.suppress(LabkitError):  # a last gust
            lab.remove_machine(made[0])
        assert time.monotonic() < until


def test_a_storm_of_processes_is_the_learners_own_trouble(lab: World, node: Machine) -> None:
    """Within what the machine allows; the judge goes on meanwhile."""
    node.run("for i in $(seq 400); do sleep 97 & done")
    assert len(node.list_processes()) >= 400
    assert lab.machine("web").probe(["ip", "-j", "link"]).status == 0
    lab.remove_machine("victim")
    assert [argv for _, argv in lab.machine("web").list_processes()] == []
    until = time.monotonic() + 20
    while lab.machine("web").run("pgrep -x sleep").stdout:
        assert time.monotonic() < until
    lab.add_machines([MachineSpec("victim", "node")])


def test_orphans_are_reaped(lab: World, node: Machine) -> None:
    node.run("for i in $(seq 50); do (setsid true &) ; done; sleep 0.3")
    states = lab.machine("web").probe(["ps", "-eo", "stat="]).stdout.split()
    assert len([state for state in states if state.startswith("Z")]) <= 1


def test_a_full_machine_is_its_own_trouble(lab: World, node: Machine) -> None:
    assert node.run("head -c 300M /dev/zero > /tmp/full").status != 0
    assert node.run("echo ok").stdout == "ok\n"
    assert lab.machine("web").run("echo x > /tmp/x && cat /tmp/x").stdout == "x\n"
    assert os.statvfs("/tmp").f_bavail > 0
