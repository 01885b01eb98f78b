"""The plugins `calico` and `calico-ipam`, called by the protocol, with Calico's kinds in a real API server."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.cni import CniError, Runtime
from labkit.lab.lab import Lab
from labkit.lab.session import start_hidden_lab
from labkit.net import read_addresses, read_routes, read_sysctl
from labkit.probe import ping
from labkit.world import Machine

pytestmark = [pytest.mark.world, pytest.mark.user]
DATA = Path(__file__).parents[2] / "data" / "calico"
W1, W2 = "playcekube-worker01", "playcekube-worker02"
WEB = "cali68caf03a5f4"  # cali and the first eleven of sha1 of default.web
POOL = """
apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata: {name: default-pool}
spec: {cidr: 10.233.64.0/18, blockSize: 24, ipipMode: Always, vxlanMode: Never, natOutgoing: true, nodeSelector: all()}
"""
BEGIN = """
kubectl create -f /root/networks/calico.yaml && kubectl wait --for=condition=Established crd --all --timeout=60s || exit
for kind in ippools blockaffinities ipamblocks ipamhandles ipamconfigs; do  # a new kind's storage takes its time
    for _ in {1..300}; do kubectl get $kind >/dev/null 2>&1 && break; done
done
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("calico")
    shutil.copytree(DATA, folder / "93-calico")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_LABS", str(folder))
        with start_hidden_lab("93-calico", f"calico-{os.getpid()}", folder / "journal") as lab:
            control = lab.machine("control")
            assert control.run(BEGIN, timeout=120).status == 0
            assert control.run("kubectl create -f -", stdin=POOL, timeout=60).status == 0
            kubeconfig = control.run("cat /etc/kubernetes/admin.conf").stdout
            for node in (W1, W2):
                copy = "cp /.labkit/bin/calico /.labkit/bin/calico-ipam /opt/cni/bin && cat >/etc/cni/net.d/calico-kubeconfig"
                assert lab.machine(node).run(copy, stdin=kubeconfig).status == 0
            yield lab


def read_objects(lab: Lab, plural: str) -> list[dict[str, Any]]:
    told = lab.machine("control").run(f"kubectl get {plural} -o json", timeout=60)
    return list(json.loads(told.stdout)["items"])


def plug(lab: Lab, pod: str, node: str) -> str:
    return str(lab.plug_in(pod, node)["ips"][0]["address"])


def read_node(lab: Lab, node: str) -> Machine:
    return lab.world.machine(node)


def test_a_pods_life(lab: Lab) -> None:
    """From ADD to DEL: the source's block, link and route; what the pod has; who holds the address; nothing at the end."""
    assert plug(lab, "web", W1) == "10.233.99.0/32"
    node, pod = read_node(lab, W1), lab.world.machine("web")
    [route] = [route for route in read_routes(node) if route.destination == "10.233.99.0"]
    assert (route.dev, route.scope, route.proto) == (WEB, "link", "boot")
    assert read_sysctl(node, f"net.ipv4.conf.{WEB}.proxy_arp") == "1"
    assert [each.prefix for each in read_addresses(pod) if each.link == "eth0"] == ["10.233.99.0/32"]
    assert [(each.destination, each.via) for each in read_routes(pod)] == [
        ("default", "169.254.1.1"),
        ("169.254.1.1", None),
    ]
    assert ping(node, "10.233.99.0", timeout=2).reached
    [handle] = [each["spec"] for each in read_objects(lab, "ipamhandles")]
    assert handle["handleID"].startswith("cni0.")
    assert handle["block"] == {"10.233.99.0/24": 1}
    lab.unplug("web", W1)
    assert read_objects(lab, "ipamhandles") == []
    assert [each["spec"]["unallocated"][-1] for each in read_objects(lab, "ipamblocks")] == [0]
    assert WEB not in node.run("ip link").stdout
    log = node.run("cat /var/log/calico/cni/cni.log").stdout
    for words in ("Extracted identifiers for CmdAddK8s", "Auto assigning IP", "Calico CNI using IPs: [10.233.99.0/32]",
                  "Released address using handleID", "Teardown processing complete."):  # fmt: skip
        assert words in log


def test_pods_of_one_node_reach_each_other_without_a_bridge(lab: Lab) -> None:
    first, second = plug(lab, "api", W2), plug(lab, "db", W2)
    assert first.startswith("10.233.106.")
    assert ping(lab.world.machine("api"), second.removesuffix("/32"), timeout=3).reached
    assert {each["spec"]["state"] for each in read_objects(lab, "blockaffinities")} == {"confirmed"}
    lab.unplug("api", W2)
    lab.unplug("db", W2)


def test_a_pool_that_is_not_there_is_said(lab: Lab) -> None:
    node = read_node(lab, W1)
    wrong = "sed -i 's|10.233.64.0/18|10.9.0.0/16|' /etc/cni/net.d/10-calico.conflist"
    assert node.run(wrong).status == 0
    try:
        with pytest.raises(CniError, match="does not exist"):
            lab.plug_in("lost", W1)
    finally:
        node.run("sed -i 's|10.9.0.0/16|10.233.64.0/18|' /etc/cni/net.d/10-calico.conflist")
    assert Runtime(node).list_kept() == []


def test_the_api_server_refuses_what_is_no_pool(lab: Lab) -> None:
    wrong = POOL.replace("blockSize: 24", "blockSize: 8").replace("default-pool", "other")
    told = lab.machine("control").run("kubectl create -f -", stdin=wrong, timeout=60)
    assert "should be greater than or equal to 20" in told.stderr


NODE = """
apiVersion: v1
kind: Node
metadata: {name: playcekube-worker02, annotations: {projectcalico.org/IPv4Address: 10.0.0.22/16}}
"""


def test_felix_and_calicoctl_work_by_the_api_server(lab: Lab) -> None:
    """A tunnel's address comes out of the node's block and is written down at its Node; tunl0 has it."""
    control, node = lab.machine("control"), read_node(lab, W2)
    assert control.run("kubectl create -f -", stdin=NODE, timeout=60).status == 0
    started = node.run("KUBECONFIG=/etc/cni/net.d/calico-kubeconfig daemon start felix", timeout=60)
    assert started.status == 0, started
    told = control.run(f"calicoctl get node {W2} -o json", timeout=60)
    address = json.loads(told.stdout)["spec"]["bgp"]["ipv4IPIPTunnelAddr"]
    assert f"{address}/32" in node.run("ip addr show dev tunl0").stdout
    assert "type: ipipTunnelAddress" in control.run(f"calicoctl ipam show --ip={address}", timeout=60).stdout
    assert node.run("daemon stop felix").status == 0
    assert control.run(f"calicoctl delete node {W2}", timeout=60).status == 1
