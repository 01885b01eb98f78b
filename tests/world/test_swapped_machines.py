"""Names in a node's /run/netns are the learner's to bind anew. What PID 1 made stays what it was, whatever stands there."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest

from labkit.errors import LabkitError
from labkit.timing import scale
from labkit.world import Machine, MachineSpec, World

pytestmark = pytest.mark.world

# bash, on the node: makes the name `pod` mean the learner's own namespace, or nothing
SWAPS = {
    "bound over": "mount --bind /run/netns/mine /run/netns/pod",
    "deleted": "ip netns del pod",
    "deleted and made anew": "ip netns del pod && ip netns add pod",
    "deleted and bound": "ip netns del pod && touch /run/netns/pod && mount --bind /run/netns/mine /run/netns/pod",
    "another folder over it": "mount -t tmpfs none /run/netns && touch /run/netns/pod && mount --bind /proc/self/ns/net /run/netns/pod",
    "another folder under it": "umount -l /run/netns; mkdir -p /run/netns; touch /run/netns/pod; mount --bind /proc/self/ns/net /run/netns/pod",
    "a link": "ip netns del pod && ln -s mine /run/netns/pod",
    "a file": "ip netns del pod && touch /run/netns/pod",
    "the machine's folder": "mount -t tmpfs none /.machine && mkdir -p /.machine/run/netns && touch /run/netns/pod",
}
# every number that a descriptor could have leads to the learner's own namespace
FALSE_PROC = """
mkdir -p /tmp/proc/self/fd /tmp/proc/self/ns /tmp/proc/1
for name in $(seq 0 400) ; do touch /tmp/proc/self/fd/$name; mount --bind /run/netns/mine /tmp/proc/self/fd/$name; done
touch /tmp/proc/self/ns/net && mount --bind /run/netns/mine /tmp/proc/self/ns/net
mount --rbind /tmp/proc /proc
"""
REMOUNT = """
exec 2>/dev/null
while :; do for name in /run/netns/check-*; do [ -e "$name" ] && mount --bind /run/netns/mine "$name"; done; done
"""

NAMES = """
import ctypes
libc = ctypes.CDLL(None)
for number in range(2000):
    path = f"/run/netns/n{number}"
    open(path, "w").close()
    assert libc.mount(b"/run/netns/mine", path.encode(), None, 0x1000, None) == 0
"""


@pytest.fixture
def node(lab: World) -> Iterator[Machine]:
    """A node with a pod of PID 1's and one of the learner's, which has a link `mine`."""
    (node, _) = lab.add_machines([MachineSpec("victim", "node"), MachineSpec("pod", "pod", "victim")])
    made = node.run("ip netns add mine && ip -n mine link add mine type bridge")
    assert made.status == 0, made.stderr
    yield node
    lab.remove_machine("victim")


def read_links(machine: Machine) -> set[str]:
    return {line.split()[0] for line in machine.probe(["ip", "-br", "link"]).stdout.splitlines()}


@pytest.mark.parametrize("swap", SWAPS)
def test_a_pod_of_ours_keeps_its_namespace(lab: World, node: Machine, swap: str) -> None:
    lab.machine("pod").run("ip link add ours type bridge")
    before = lab.machine("pod").network
    ran = node.run(SWAPS[swap])
    assert ran.status == 0, ran.stderr
    for _ in range(2):
        lab.machines()
        pod = lab.machine("pod")
        assert (pod.network, pod.kind, pod.node) == (before, "pod", "victim")
        assert read_links(pod) == {"lo", "ours"}
        assert "ours" in pod.run("ip link").stdout


def test_what_stands_under_the_name_of_ours_is_a_machine_beside_it(lab: World, node: Machine) -> None:
    node.run(SWAPS["deleted and made anew"])
    names = {each.name: each.network for each in lab.machines() if each.node == "victim"}
    assert names.keys() == {"pod", "mine", "pod@victim"}
    assert names["pod"] != names["pod@victim"]
    node.run("ip netns del pod")
    assert "pod@victim" not in {each.name for each in lab.machines()}


def test_two_names_of_one_namespace_are_said(lab: World, node: Machine) -> None:
    node.run(SWAPS["deleted and bound"] + "; touch /run/netns/self; mount --bind /proc/self/ns/net /run/netns/self")
    found = {each.name: each.network for each in lab.machines()}
    assert found["pod@victim"] == found["mine"] != found["pod"]
    assert found["self"] == found["victim"] == lab.machine("victim").network
    assert len({found[name] for name in ("web", "api", "worker1", "worker2")}) == 4


def test_a_false_proc_on_the_node_changes_nothing(lab: World, node: Machine) -> None:
    """PID 1 shows a pod in the node's folder by descriptors: what lies at a path there is the learner's to say."""
    assert node.run(FALSE_PROC).status == 0
    assert node.run("stat -Lc %i /proc/self/ns/net").stdout.strip() == str(lab.machine("mine").network)
    with lab.start_machine(MachineSpec("check-1", "pod", "victim")) as pod:
        assert pod.network not in (lab.machine("mine").network, node.network)
        assert read_links(pod) == {"lo"}
        assert node.run("stat -Lc %i /run/netns/check-1").stdout.strip() == str(pod.network)
        assert "mine" not in pod.run("ip link").stdout
    assert node.run("ls /run/netns").stdout.split() == ["mine", "pod"]


def test_a_loop_that_remounts_the_judges_pods_changes_nothing(lab: World, node: Machine) -> None:
    with node.start_process(REMOUNT, standard=None):
        swapped = 0
        for number in range(15):
            with contextlib.suppress(LabkitError), lab.start_machine(MachineSpec(f"check-{number}", "pod", "victim")):
                assert lab.machine(f"check-{number}").network != lab.machine("mine").network
                assert read_links(lab.machine(f"check-{number}")) == {"lo"}
                lab.machines()
                swapped += node.run(f"stat -Lc %i /run/netns/check-{number}").stdout != f"{node.network}\n"
    assert swapped, "the loop was too slow: nothing was tried"


def test_a_pod_can_be_taken_away_however_its_name_was_treated(lab: World, node: Machine) -> None:
    for swap in ("bound over", "deleted", "a file"):
        node.run(SWAPS[swap])
        lab.remove_machine("pod")
        node.run("while umount /run/netns/pod; do :; done; rm -f /run/netns/pod")
        lab.add_machines([MachineSpec("pod", "pod", "victim")])
        assert read_links(lab.machine("pod")) == {"lo"}


# --- a folder full of names


def test_a_hundred_thousand_files_are_no_hindrance(lab: World, node: Machine) -> None:
    """Pods that there were stay; the list is made in time."""
    assert lab.machine("mine").kind == "pod"
    made = node.run("cd /run/netns && seq 100000 | xargs -n 5000 touch", timeout=60)
    assert made.status == 0, made.stderr
    began = time.monotonic()
    for _ in range(5):
        names = {each.name for each in lab.machines()}
    assert {"pod", "mine", "web"} <= names
    assert time.monotonic() - began < scale(5)
    assert read_links(lab.machine("mine")) == {"lo", "mine"}


def test_two_thousand_names_are_taken_in_by_and_by(lab: World, node: Machine) -> None:
    """No request waits for all of them, and there is an end to them."""
    assert node.run(["python3", "-c", NAMES], timeout=60).stderr == ""
    longest = 0.0
    for _ in range(8):
        began = time.monotonic()
        names = [each.name for each in lab.machines()]
        longest = max(longest, time.monotonic() - began)
    assert longest < 5
    assert {"pod", "web", "worker1"} <= set(names)
    assert len(names) <= 1010
