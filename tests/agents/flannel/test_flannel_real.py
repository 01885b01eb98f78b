"""The course's short flanneld beside flannel's own code, on the same nodes of the same API: what each leaves in the kernel is the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from labkit.lab.lab import Lab
from labkit.world import Machine
from tests.waiting import wait_until
from tests.worlds import run_well, start_cluster

pytestmark = [pytest.mark.world, pytest.mark.lab("07-flannel")]
WORKERS: Final = {f"worker{number}": f"192.168.50.{10 + number}" for number in (1, 2, 3)}
NETWORK: Final = "10.244.0.0/16"
CONF: Final = "/root/admin.conf"
OURS: Final = f"daemon start flanneld -- --ip-masq --kube-subnet-mgr --kubeconfig-file={CONF}"
REAL: Final = (
    f"flanneld-real --ip-masq --kubeconfig-file={CONF} >/var/log/flanneld-real.log 2>&1 & echo $! >/run/real.pid"
)
AWAY: Final = """ip link del flannel.1; rm -f /run/flannel/subnet.env
iptables-save | grep -vi flannel | iptables-restore"""
FORGET: Final = "kubectl annotate node --all " + " ".join(
    f"flannel.alpha.coreos.com/{word}-" for word in ("backend-data", "backend-type", "public-ip", "kube-subnet-manager")
)
# what is told, one line a thing: the link, its address, the ways, who is behind which MAC, the rules, the file for the plugin
KERNEL: Final = """ip -j -d link show flannel.1; ip -br addr show flannel.1 | grep -o '[0-9.]*/32'
ip route show dev flannel.1 | sort; ip neigh show dev flannel.1 nud permanent | sort; bridge fdb show dev flannel.1
iptables-save | grep -i flannel; sort /run/flannel/subnet.env"""
LINK: Final = ("mtu", "address", "operstate", "flags")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Nodes that are objects only: nobody but flanneld works on them."""
    with start_cluster(tmp_path_factory.mktemp("flannel"), "95-flannel", "kubelets = []") as lab:
        yield lab


def prepare(lab: Lab, name: str, address: str) -> Machine:
    control, worker = lab.world.machine("control"), lab.world.machine(name)
    node = {
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
        "spec": {"podCIDR": f"10.244.{name[-1]}.0/24", "podCIDRs": [f"10.244.{name[-1]}.0/24"]},
    }  # fmt: skip
    run_well(control, ["kubectl", "create", "-f", "-"], stdin=json.dumps(node), timeout=60)
    status = {"status": {"addresses": [{"type": "InternalIP", "address": address}]}}
    run_well(control, ["kubectl", "patch", "node", name, "--subresource=status", "-p", json.dumps(status)], timeout=60)
    conf = {"Network": NETWORK, "Backend": {"Type": "vxlan"}}
    admin = run_well(control, "cat /etc/kubernetes/admin.conf")
    run_well(worker, ["tee", CONF], stdin=admin)
    run_well(worker, ["tee", "/etc/kube-flannel/net-conf.json"], stdin=json.dumps(conf))
    return worker


def test_flannels_own_code_leaves_the_same_in_the_kernel(cluster: Lab) -> None:
    workers = [prepare(cluster, name, address) for name, address in WORKERS.items()]
    ours = [read_after(workers, OURS, each) for each in workers]
    for each in workers:
        run_well(each, f"daemon stop flanneld; {AWAY}")
        assert not read_ways(each)
    run_well(cluster.world.machine("control"), FORGET, timeout=60)
    real = [read_after(workers, f"NODE_NAME={each.name} {REAL}", each) for each in workers]
    for each in workers:
        run_well(each, "kill $(cat /run/real.pid)")
    assert [sorted(set(one) ^ set(other)) for one, other in zip(real, ours, strict=True)] == [[]] * len(workers)
    assert all("MASQUERADE" in "".join(lines) and "-A FLANNEL-FWD" in "".join(lines) for lines in ours)


def read_after(workers: list[Machine], start: str, node: Machine) -> list[str]:
    """What is on a node when its flanneld knows all others; the first one starts them all."""
    if node is workers[0]:
        for each in workers:
            run_well(each, start.replace(f"NODE_NAME={node.name}", f"NODE_NAME={each.name}"), timeout=60)
    wait_until(lambda: len(read_ways(node)) == len(workers) - 1, 60)
    wait_until(lambda: node.run("iptables-save").stdout.count("-A FLANNEL-FWD") == 2, 60)
    wait_until(
        lambda: node.list_folder("/run/flannel") and "subnet.env" in (node.list_folder("/run/flannel") or ()), 60
    )
    link, *lines = name_ends(workers, run_well(node, KERNEL)).splitlines()
    return [str(plan_link(json.loads(link)[0])), *lines]  # the kernel lists forwarding entries in an order of its own


def name_ends(workers: list[Machine], text: str) -> str:
    """With a node's name in the place of its flannel.1's MAC address, which is drawn anew."""
    for each in workers:
        text = text.replace(run_well(each, "cat /sys/class/net/flannel.1/address").strip(), each.name)
    return text


def read_ways(node: Machine) -> list[str]:
    return node.run("ip route show dev flannel.1").stdout.splitlines()


def plan_link(link: dict[str, Any]) -> dict[str, Any]:
    """What was chosen about a link; its number was not."""
    return {key: link[key] for key in LINK} | link["linkinfo"]["info_data"]
