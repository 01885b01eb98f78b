"""kill -9 of programs of a cluster, drawn by chance: `pytest tests/cluster/test_kills.py -n0 -s --kills 50 --seed 7`.

After each the cluster is whole again: nodes, DNS, a Service, its pods, controllers and scheduler; what was acknowledged is there,
and nodes have the networks of their pods and no others.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import pytest

from labkit.lab.lab import Lab
from labkit.world import Machine
from tests.waiting import wait_until
from tests.worlds import run_well, start_cluster

pytestmark = [pytest.mark.world, pytest.mark.timeout(0)]  # the rounds have deadlines of their own
PLANE: Final = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
WORKERS: Final = ("worker1", "worker2")
SECONDS: Final = 120


@dataclass(frozen=True, order=True)
class Victim:
    """`machine`: whose network it is in. A daemon is started again by us, as by systemd; what is in a pod by its kubelet."""

    program: str
    machine: str

    @property
    def is_daemon(self) -> bool:
        return self.program in (*PLANE, "kubelet", "containers")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lines = "dns = 1\nkubelets = ['worker1', 'worker2']"
    with start_cluster(tmp_path_factory.mktemp("kills"), "94-kills", lines) as lab:
        control = lab.world.machine("control")
        run(
            control, "kubectl create deployment web --image=nginx --replicas=2; kubectl expose deployment web --port=80"
        )
        yield lab


def run(machine: Machine, command: str) -> str:
    return run_well(machine, command, timeout=SECONDS)


def test_after_every_kill_the_cluster_is_whole_again(cluster: Lab, request: pytest.FixtureRequest) -> None:
    kills, drawn = request.config.getoption("kills"), random.Random(request.config.getoption("seed"))
    acknowledged: list[str] = []
    taken: defaultdict[str, list[float]] = defaultdict(list)
    expect_whole(cluster, 2, acknowledged)
    for number in range(kills):
        victim = drawn.choice(list_victims(cluster))
        began = time.monotonic()
        kill(cluster, victim)
        note(cluster.world.machine("control"), f"note-{number}", acknowledged)
        bring_back(cluster, victim)
        expect_whole(cluster, 2 + number % 2, acknowledged)
        taken[victim.program].append(time.monotonic() - began)
        say(f"{number + 1}: {victim.program} of {victim.machine}: whole after {taken[victim.program][-1]:.1f} s")
        replace_restarted(cluster.world.machine("control"))
        expect_whole(cluster, 2 + number % 2, acknowledged)
    for name, times in sorted(taken.items()):
        say(f"{name}: {len(times)}, median {median(times):.1f} s")


def say(line: str) -> None:
    """With `-s` one sees how far it is."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def list_victims(lab: Lab) -> list[Victim]:
    """In an order that chance alone decides about: a pod stands in the place of its Deployment."""
    plane = [Victim(name, "control") for name in PLANE]
    nodes = [Victim(name, node) for node in WORKERS for name in ("kubelet", "containers", "kube-proxy")]
    pods = sorted(machine.name for machine in lab.world.machines() if machine.kind == "pod")
    inside = [Victim("coredns" if name.startswith("coredns") else "nginx", name) for name in pods]
    return plane + nodes + sorted(inside)[:2]


def kill(lab: Lab, victim: Victim) -> None:
    machine = lab.world.machine(victim.machine)
    if victim.program in ("kube-proxy", "coredns", "nginx"):
        process = find_process(machine, victim.program)
    elif victim.program == "containers":  # the parent of all that it keeps
        process = int(run(machine, f"ps -o ppid= -p {find_process(machine, 'kube-proxy')}"))
    else:
        process = int(run(machine, f"daemon status {victim.program} | awk 'END {{print $3}}'"))
    run(lab.world.machine("control"), f"kill -9 {process}")
    if victim.program in PLANE:
        wait_until(lambda: machine.run(f"daemon status {victim.program}").status == 1)


def find_process(machine: Machine, program: str) -> int:
    """The first of a program in this machine's network, when it is there."""

    def find() -> list[int]:
        processes = machine.list_processes()
        return [number for number, argv in processes if argv and program in argv[0].rpartition("/")[2].split(":")[0]]

    return min(wait_until(find, SECONDS))


def note(control: Machine, name: str, acknowledged: list[str]) -> None:
    """A write while something is down: it need not succeed, but then it lasts."""
    if not control.run(f"kubectl create configmap {name} --request-timeout=5s", timeout=SECONDS).status:
        acknowledged.append(name)


def bring_back(lab: Lab, victim: Victim) -> None:
    if victim.is_daemon:
        name = "kubelet" if victim.program == "containers" else victim.program
        machine = lab.world.machine(victim.machine)
        wait_until(lambda: machine.run(f"daemon status {name}").status == 1)
        run(machine, f"daemon start {name}")


def expect_whole(lab: Lab, replicas: int, acknowledged: list[str]) -> None:
    """Everything that this cluster is for, asked until it is so."""
    control = lab.world.machine("control")
    settled = (
        f"kubectl scale deployment web --replicas={replicas} && kubectl rollout status deployment web --timeout=90s && "
        "kubectl wait node worker1 worker2 --for=condition=Ready --timeout=90s && "
        "kubectl -n kube-system rollout status deployment coredns --timeout=90s && "
        "kubectl -n kube-system rollout status daemonset kube-proxy --timeout=90s"
    )
    wait_until(lambda: control.run(settled, timeout=SECONDS).status == 0, SECONDS)
    for node in map(lab.world.machine, WORKERS):
        wait_until(lambda node=node: "Welcome" in fetch(node), SECONDS)
    wait_until(lambda: count_strays(lab, replicas) == 0, SECONDS)
    kept = run(control, "kubectl get configmap -o name").split()
    assert [name for name in acknowledged if f"configmap/{name}" not in kept] == []


def fetch(node: Machine) -> str:
    """A page of the Service by its name, from a node."""
    asked = "dig +short +time=1 +tries=1 @10.96.0.10 web.default.svc.cluster.local"
    return node.run(f"curl -s --max-time 2 http://$({asked})", timeout=SECONDS).stdout


def count_strays(lab: Lab, replicas: int) -> int:
    """Networks of pods on nodes that no pod has, or that a pod lacks."""
    wanted = {each["metadata"]["name"] for each in list_pods(lab.world.machine("control")) if is_plugged(each)}
    assert len(wanted) >= replicas
    there = {
        name.partition(".")[0] for node in WORKERS for name in lab.world.machine(node).list_folder("/run/netns") or ()
    }
    return len(wanted ^ there)


def list_pods(control: Machine) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(control, "kubectl get pods -A -o json"))["items"]
    return found


def is_plugged(pod: dict[str, Any]) -> bool:
    return not pod["spec"].get("hostNetwork")


def replace_restarted(control: Machine) -> None:
    """By new ones: the next restart of the same pod would come later each time, as it should."""
    for pod in list_pods(control):
        if any(each["restartCount"] for each in pod["status"].get("containerStatuses") or ()):
            metadata = pod["metadata"]
            run(control, f"kubectl -n {metadata['namespace']} delete pod {metadata['name']} --now")
