"""A control plane in a world, one for all tests of this file: it answers, refuses, is reached, comes back after kill -9, and goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from labkit.check import View, make_service
from labkit.errors import CannotTell
from labkit.lab.journal import State
from labkit.lab.lab import Lab
from labkit.world import Machine, Result, World
from tests.waiting import wait_until
from tests.worlds import Traces, run_well, start_cluster

pytestmark = [pytest.mark.world, pytest.mark.user]
PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
NODE_STATUS = '{"status":{"addresses":[{"type":"InternalIP","address":"192.168.50.11"}]}}'


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Without kubelets: nodes are objects here, which is all that a control plane knows of them."""
    with start_cluster(tmp_path_factory.mktemp("cluster"), "92-cluster", "kubelets = []") as lab:
        yield lab


@pytest.fixture
def control(cluster: Lab) -> Machine:
    return cluster.world.machine("control")


def run(machine: Machine, command: str) -> str:
    return run_well(machine, command, timeout=60)


def refuse(machine: Machine, command: str) -> Result:
    ran = machine.run(command, timeout=60)
    assert ran.status == 1, ran
    return ran


def test_kubectl_answers_with_kubernetes_own_words(control: Machine) -> None:
    assert "Server Version: v1.35" in run(control, "kubectl version")
    assert run(control, "kubectl get svc kubernetes -o jsonpath={.spec.clusterIP}") == "10.96.0.1"
    assert "No resources found in default namespace." in control.run("kubectl get pods").stderr
    assert "FIELD: containers" in run(control, "kubectl explain pod.spec.containers")
    unknown = refuse(
        control,
        'kubectl create -f - <<<\'{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"},"spec":{"prots":[]}}\'',
    )
    assert 'unknown field "spec.prots"' in unknown.stderr


def test_names_are_completed_in_a_shell(control: Machine) -> None:
    typed = "complete -p kubectl; _load_kubectl; COMP_WORDS=(kubectl get servic) COMP_CWORD=2 COMP_LINE='kubectl get servic' COMP_POINT=18; __start_kubectl; echo ${COMPREPLY[*]}"
    shown = control.run(["bash", "-i", "-c", typed], timeout=60).stdout
    assert "-F _load_kubectl kubectl" in shown
    assert {"serviceaccounts", "services"} <= set(shown.split())


def test_rbac_refuses_and_nodes_may_touch_their_own_only(control: Machine) -> None:
    said = refuse(control, "kubectl get secrets --as=system:serviceaccount:default:default").stderr
    assert 'cannot list resource "secrets"' in said
    whole = "kubectl --as=system:node:worker1 --as-group=system:nodes"
    run(control, "kubectl create namespace walls; kubectl -n walls create secret generic one --from-literal=a=b")
    assert "no relationship found between node 'worker1'" in refuse(control, f"{whole} -n walls get secret one").stderr


def test_admission_is_as_shipped(control: Machine) -> None:
    run(control, "kubectl run admitted --image=nginx")
    got = run(control, "kubectl get pod admitted -o jsonpath='{.spec.serviceAccountName} {.spec.tolerations[*].key}'")
    assert got == "default node.kubernetes.io/not-ready node.kubernetes.io/unreachable"
    run(control, "kubectl delete pod admitted --now --wait=false")


def test_a_check_s_own_service_is_there_for_a_while(cluster: Lab, control: Machine) -> None:
    view = View(cluster, State(), time.monotonic() + 120)
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "mine"}, "spec": {"ports": [{"port": 80}]}}
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "mine"}, "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.244.1.2"]}], "ports": [{"port": 8080}],
    }  # fmt: skip
    with make_service(view, service, endpoints) as address:
        assert run(control, "kubectl get service mine -o jsonpath={.spec.clusterIP}") == address
        assert "mine" in run(control, "kubectl get endpointslice -o name")
    assert "mine" not in run(control, "kubectl get service,endpointslice -o name")
    with pytest.raises(CannotTell, match="no Service could be made"), make_service(view, service | {"spec": {}}):
        pass


def test_the_service_of_the_api_server_is_reached_from_a_node(cluster: Lab, control: Machine) -> None:
    run(control, 'kubectl create -f /dev/stdin <<<\'{"apiVersion":"v1","kind":"Node","metadata":{"name":"worker1"}}\'')
    run(control, f"kubectl patch node worker1 --subresource=status -p '{NODE_STATUS}'")
    worker = cluster.world.machine("worker1")
    run(worker, f"cat >/etc/kubernetes/admin.conf <<'E'\n{run(control, 'cat /etc/kubernetes/admin.conf')}\nE")
    run(worker, "daemon start kube-proxy")
    assert "KUBE-SVC-NPX46M4PTMTKRN6Y" in run(worker, "iptables-save -t nat")
    for address in ("10.96.0.1", "192.168.50.10:6443"):
        asked = f"curl -sk --max-time 10 https://{address}/readyz"
        wait_until(lambda asked=asked: worker.run(asked).stdout == "ok")


def test_what_a_program_keeps_of_memory_follows_what_it_needs(cluster: Lab) -> None:
    """With a limit below what it has in use Go would tidy up without end."""
    node = cluster.world.machine("worker2")
    run(node, "daemon start etcd memory=1")
    limit = "curl -s http://127.0.0.1:2381/metrics | awk '/^go_gc_gomemlimit_bytes/ {printf \"%d\", $2}'"
    wait_until(lambda: int(node.run(limit).stdout or 0) > 4 << 20)
    run(node, "daemon stop etcd")


@pytest.mark.parametrize("name", PLANE)
def test_killed_it_starts_again_and_nothing_is_lost(control: Machine, name: str) -> None:
    run(control, f"kubectl create configmap before-{name} --from-literal=kept=yes")
    run(control, f"kill -9 $(daemon status {name} | awk 'END {{print $3}}')")
    wait_until(lambda: control.run(f"daemon status {name}").status == 1)
    run(control, f"daemon start {name}")
    read = f"kubectl get configmap before-{name} -o jsonpath={{.data.kept}}"
    wait_until(lambda: control.run(read).stdout == "yes")
    run(control, f"kubectl create deployment after-{name} --image=nginx --replicas=2")
    pods = f"kubectl get pods -l app=after-{name} -o jsonpath='{{.items[*].status.conditions[0].type}}'"
    wait_until(lambda: control.run(pods).stdout == "PodScheduled PodScheduled", seconds=60)
    run(control, f"kubectl delete deployment after-{name}")


def test_every_part_says_that_it_is_ready(control: Machine) -> None:
    states = [line.split()[:2] for line in run(control, "daemon status").splitlines()[1:]]
    assert states == [[name, "ready"] for name in PLANE]


def test_nothing_is_left(cluster: Lab, traces: Callable[[World], Traces]) -> None:
    of_it = traces(cluster.world)
    cluster.world.end()
    wait_until(lambda: not of_it.list_remains())
