"""Calico as the network of a cluster with a real API server, as kubespray sets it up: what the source's commands show, and what its programs do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from labkit.cluster.calico import FILES
from labkit.lab.lab import Lab
from labkit.world import Machine
from tests.waiting import wait_until
from tests.worlds import run_well, start_cluster

pytestmark = [pytest.mark.world, pytest.mark.timeout(600)]
NODE = "kubectl -n kube-system get pod -l k8s-app=calico-node --field-selector spec.nodeName={} -o name"
ADDRESSES = {"worker1": "192.168.50.11", "worker2": "192.168.50.12"}
ADDRESS = "projectcalico.org/IPv4Address"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The backend is the source's, bird; without kube-proxy and CoreDNS, which nothing here needs."""
    lines = "addon = 'calico'\nbackend = 'bird'\nproxy = 'none'\ndns = 0\nkubelets = ['worker1', 'worker2']"
    with start_cluster(tmp_path_factory.mktemp("calico"), "95-calico", lines) as lab:
        rollout = "kubectl -n kube-system rollout status --timeout=120s daemonset/calico-node deployment/calico-kube-controllers"
        run(lab.world.machine("control"), rollout)
        yield lab


@pytest.fixture(scope="module")
def control(cluster: Lab) -> Machine:
    return cluster.world.machine("control")


@pytest.fixture(scope="module")
def near(cluster: Lab, control: Machine) -> Machine:
    """The node of the controllers."""
    show = "kubectl -n kube-system get pod -l k8s-app=calico-kube-controllers -o jsonpath='{.items[0].spec.nodeName}'"
    return cluster.world.machine(run(control, show))


@pytest.fixture(scope="module")
def far(cluster: Lab, near: Machine) -> Machine:
    """The other one."""
    return cluster.world.machine({"worker1": "worker2", "worker2": "worker1"}[near.name])


@pytest.fixture(scope="module")
def pods(control: Machine, near: Machine, far: Machine) -> dict[str, str]:
    """A web server on the far node, a client on the near one: name -> address."""
    for name, node, rest in (("web", far.name, "--image=nginx"), ("client", near.name, "--image=busybox -- sleep inf")):
        pin = json.dumps({"spec": {"nodeName": node, "terminationGracePeriodSeconds": 0}})
        run(control, f"kubectl run {name} --overrides='{pin}' {rest}")
    run(control, "kubectl wait pod web client --for=condition=Ready --timeout=60s")
    show = "kubectl get pods -o jsonpath='{range .items[*]}{.metadata.name} {.status.podIP}{\"\\n\"}{end}'"
    return dict(line.split() for line in run(control, show).splitlines())


def run(machine: Machine, command: str) -> str:
    return run_well(machine, command, timeout=120)


def probe(control: Machine, node: str, *asked: str) -> tuple[int, str]:
    """One of the probes' commands in a node's pod: what kubectl says, and what the program printed."""
    pod = run(control, NODE.format(node)).strip()
    done = control.run(f"kubectl -n kube-system exec {pod} -c calico-node -- /bin/calico-node {' '.join(asked)}")
    return done.status, done.stdout


def test_its_pods_daemonset_and_deployment_are_there(control: Machine) -> None:
    shown = run(control, "kubectl -n kube-system get all | grep calico")
    kinds = [re.sub(r"(-[a-f0-9]{8,10})?(-[a-z0-9]{5})?$", "", line.split()[0]) for line in shown.splitlines()]
    assert kinds == [
        "pod/calico-kube-controllers", "pod/calico-node", "pod/calico-node",
        "daemonset.apps/calico-node", "deployment.apps/calico-kube-controllers", "replicaset.apps/calico-kube-controllers",
    ]  # fmt: skip
    assert re.search(r"daemonset.apps/calico-node +2 +2 +2 +2 +2 +kubernetes.io/os=linux", shown)


def test_what_describe_shows_of_a_nodes_pod(control: Machine) -> None:
    told = run(control, f"kubectl -n kube-system describe $({NODE.format('worker1')})")
    order = [told.index(f"\n  {name}:\n") for name in ("upgrade-ipam", "install-cni", "flexvol-driver", "calico-node")]
    assert order == sorted(order)
    assert told.count("Reason:       Completed") == 3
    lines = {" ".join(line.split()) for line in told.splitlines()}
    assert lines >= {
        "Priority Class Name: system-node-critical", "Node: worker1/192.168.50.11", "IP: 192.168.50.11",
        "Image: registry.local.cloud:5000/calico/node:v3.20.3", "/opt/cni/bin/calico-ipam", "-upgrade", "/opt/cni/bin/install",
        "Liveness: exec [/bin/calico-node -felix-live -bird-live] delay=10s timeout=10s period=10s #success=1 #failure=6",
        "Readiness: exec [/bin/calico-node -bird-ready -felix-ready] delay=0s timeout=10s period=10s #success=1 #failure=6",
        "CALICO_NETWORKING_BACKEND: <set to the key 'calico_backend' of config map 'calico-config'> Optional: false",
        "IP_AUTODETECTION_METHOD: can-reach=$(NODEIP)", "NODENAME: (v1:spec.nodeName)", "DATASTORE_TYPE: kubernetes",
        "/host/etc/cni/net.d from cni-net-dir (rw)", "Tolerations: op=Exists", "QoS Class: Burstable",
    }  # fmt: skip


def test_the_config_map_names_the_backend(control: Machine) -> None:
    told = run(control, "kubectl get cm -n kube-system calico-config -o yaml")
    assert told.startswith(
        "apiVersion: v1\ndata:\n  calico_backend: bird\n  cluster_type: kubespray,bgp\nkind: ConfigMap\n"
    )
    assert "kubectl.kubernetes.io/last-applied-configuration" in told
    assert run(control, "kubectl get cm -n kube-system | grep cali").split()[:2] == ["calico-config", "2"]


def test_the_objects_are_those_of_the_files_on_control(control: Machine) -> None:
    listed = run(control, "cd /etc/kubernetes && ls cali*").split()
    assert listed == sorted(name for name in FILES if name.startswith("calico"))
    assert run(control, "kubectl diff " + " ".join(f"-f /etc/kubernetes/{name}" for name in listed)) == ""


def test_install_cni_has_put_conf_and_kubeconfig_in_their_place(near: Machine) -> None:
    listed = [line.split()[::8] for line in run(near, "ls -al /etc/cni/net.d").splitlines()[3:]]
    assert listed == [
        ["-rw-r--r--", "10-calico.conflist"], ["-rw-------", "calico-kubeconfig"], ["-rw-r--r--", "calico.conflist.template"],
    ]  # fmt: skip
    conf = json.loads(run(near, "cat /etc/cni/net.d/10-calico.conflist"))
    assert (conf["name"], [each["type"] for each in conf["plugins"]]) == ("cni0", ["calico", "portmap", "bandwidth"])
    assert conf["plugins"][0]["nodename"] == near.name


def test_pods_of_two_nodes_talk_by_addresses_of_their_nodes_blocks(
    control: Machine, near: Machine, far: Machine, pods: dict[str, str]
) -> None:
    assert "Welcome to nginx!" in run(control, f"kubectl exec client -- wget -qO- -T 5 -t 1 http://{pods['web']}")
    block = pods["web"].rpartition(".")[0] + ".0/24"
    assert f"{block} via {ADDRESSES[far.name]} dev tunl0 proto bird onlink" in run(near, "ip route")
    assert f"web        {far.name}   {pods['web']}/32" in run(control, "calicoctl get workloadendpoint")
    assert block in run(control, "calicoctl ipam show --show-blocks")
    noted = run(control, "kubectl get pod web -o jsonpath='{.metadata.annotations.cni\\.projectcalico\\.org/podIP}'")
    assert noted == f"{pods['web']}/32"


POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: clients-only}
spec: {podSelector: {matchLabels: {run: web}}, ingress: [{from: [{podSelector: {matchLabels: {run: CLIENT}}}], ports: [{port: 80}]}]}
"""


def test_a_network_policy_is_kept_by_the_kernel_of_the_pods_node(
    control: Machine, far: Machine, pods: dict[str, str]
) -> None:
    ask = f"kubectl exec client -- wget -qO- -T 1 -t 1 http://{pods['web']}"
    run_well(control, "kubectl apply -f -", stdin=POLICY.replace("CLIENT", "nobody"))
    wait_until(lambda: control.run(ask).status != 0, every=0.1)
    chain = re.search(
        r"-A (\S+) .*Policy default/knp.default.clients-only ingress", run(far, "iptables-save -t filter")
    )
    assert chain
    assert f"-j {chain[1]}" in run(far, "iptables-save -t filter")
    assert "knp.default.clients-only" in run(control, "calicoctl get networkpolicy")
    told = " ".join(run(control, "kubectl describe networkpolicy clients-only").split())
    assert (
        "Allowing ingress traffic: To Port: 80/TCP From: PodSelector: run=nobody Not affecting egress traffic Policy Types: Ingress"
        in told
    )
    run_well(control, "kubectl apply -f -", stdin=POLICY.replace("CLIENT", "client"))
    wait_until(lambda: "Welcome to nginx!" in control.run(ask).stdout, every=0.1)
    run(far, f"curl -sf -m 5 -o /dev/null http://{pods['web']}")
    run(control, "kubectl delete networkpolicy clients-only")
    wait_until(lambda: chain[1] not in str(run(far, "iptables-save -t filter")), every=0.1)


def test_the_node_and_calicoctl_say_that_calico_runs(control: Machine, cluster: Lab) -> None:
    assert "192.168.50.12 | node-to-node mesh | up" in run(cluster.world.machine("worker1"), "calicoctl node status")
    assert re.search(r"Cluster Type: .*kubespray,bgp,kdd", run(control, "calicoctl version"))
    assert re.search(r"NetworkUnavailable +False .* CalicoIsUp ", run(control, "kubectl describe node worker1"))
    shown = run(control, "calicoctl get ippool -o wide").splitlines()[1].split()
    assert shown == ["default-ipv4-ippool", "10.244.0.0/16", "true", "Always", "Never", "false", "false", "all()"]


def test_the_probes_say_when_felix_is_not_ready(control: Machine) -> None:
    assert probe(control, "worker1", "-felix-live", "-bird-live", "-bird-ready", "-felix-ready") == (0, "")
    run(control, f"kubectl annotate node worker1 {ADDRESS}-")
    said = "calico/node is not ready: felix is not ready: readiness probe reporting 503"
    wait_until(lambda: probe(control, "worker1", "-bird-ready", "-felix-ready") == (1, said), every=0.2)
    assert probe(control, "worker1", "-felix-live") == (0, "")
    run(control, f"kubectl annotate node worker1 {ADDRESS}=192.168.50.11/24")
    wait_until(lambda: probe(control, "worker1", "-felix-ready") == (0, ""), every=0.2)


def test_what_ends_in_the_pod_is_started_again_and_the_network_stays(
    control: Machine, near: Machine, pods: dict[str, str]
) -> None:
    before = run(near, "cat /run/calico/felix.pid /run/calico/bird.pid")
    run(near, "kill -9 $(cat /run/calico/felix.pid /run/calico/bird.pid)")
    run(control, f"kubectl exec client -- wget -qO- -T 5 -t 1 http://{pods['web']}")
    wait_until(lambda: set(run(near, "cat /run/calico/*.pid").split()).isdisjoint(before.split()), every=0.2)
    ready = ("-felix-live", "-bird-live", "-bird-ready", "-felix-ready")
    wait_until(lambda: probe(control, near.name, *ready) == (0, ""), every=0.2)


def test_a_deleted_nodes_block_and_addresses_come_free(
    control: Machine, near: Machine, far: Machine, pods: dict[str, str]
) -> None:
    block = pods["web"].rpartition(".")[0] + ".0/24"
    run(far, "daemon stop kubelet")
    run(control, f"kubectl delete node {far.name}")
    log = "kubectl -n kube-system logs deployment/calico-kube-controllers"
    wait_until(lambda: "IPs still in use on this node: default/web" in str(run(control, log)), every=0.3)
    assert block in run(control, "calicoctl ipam show --show-blocks")
    run(control, "kubectl delete pod web --force --grace-period=0")
    wait_until(lambda: block not in run(control, "calicoctl ipam show --show-blocks"), every=0.3)
    left = run(control, "kubectl get blockaffinities,ipamblocks,ipamhandles -o name | cut -d/ -f2")
    assert far.name not in left
    assert near.name in left
