"""Lab 07's cluster with each of flannel's backends: who reaches whom, and what router1 sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.cni import Attachment, Runtime
from labkit.lab.lab import Lab
from labkit.lab.session import start_hidden_lab
from labkit.probe import ping_many
from labkit.world import MachineSpec

LAB = "07-flannel"
pytestmark = pytest.mark.lab(LAB)
NODES = ("worker1", "worker2", "worker3")
PORTS = {"vxlan": [8472], "udp": [8285]}
SWITCH = """
jq '.Backend = {"Type": "%s"}' /etc/kube-flannel/net-conf.json >/tmp/net-conf.json
cp /tmp/net-conf.json /etc/kube-flannel/net-conf.json
kill "$(cat /run/flannel/flanneld.pid)"
ip link del flannel.1
ip route flush root %s proto boot
rm /run/flannel/subnet.env
flanneld --ip-masq >/var/log/flanneld.log 2>&1 </dev/null &
timeout 10 bash -c 'until [ -e /run/flannel/subnet.env ]; do sleep 0.05; done'
"""


@pytest.fixture(params=["vxlan", "host-gw", "udp"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lab(backend: str, tmp_path: Path) -> Iterator[Lab]:
    with start_hidden_lab(LAB, f"test-backends-{backend}", tmp_path / "journal.jsonl") as lab:
        lab.apply(lab.read_script("reference").cut(to="deploy"))
        for node in NODES:
            assert lab.machine(node).run(SWITCH % (backend, lab.values["pods"])).status == 0
        yield lab


def test_pods_reach_each_other_where_the_backend_can(lab: Lab, backend: str) -> None:
    """host-gw needs both nodes on one cable: behind the router its route is refused."""
    keys = "abc"
    pairs = [(src, dst) for src in keys for dst in keys if src != dst]
    shots = [(lab.machine(lab.values[src]["name"]), lab.values[dst]["address"]) for src, dst in pairs]
    reached = {pair for pair, answer in zip(pairs, ping_many(shots), strict=True) if answer.reached}
    assert reached == ({("a", "b"), ("b", "a")} if backend == "host-gw" else set(pairs))
    log = lab.machine("worker1").run("cat /var/log/flanneld.log").stdout
    assert ("invalid gateway" in log) == (backend == "host-gw")


def test_new_pods_never_get_the_address_of_the_labs_own(lab: Lab, backend: str) -> None:
    """host-local goes round: without a lease of its own the ninth pod had it, and a right network was red from then on."""
    if backend != "vxlan":
        return
    node, own = lab.machine("worker1"), lab.values["a"]["address"]
    first = str(own).rpartition(".")[0]
    node.run(f"printf {first}.9 >/var/lib/cni/networks/cbr0/last_reserved_ip.0")
    runtime = Runtime(node)
    given = []
    for name in ("new1", "new2"):
        attachment = Attachment(f"test-{name}", f"/run/netns/{name}")
        with lab.world.start_machine(MachineSpec(name, "pod", "worker1")):
            given.append(runtime.add(runtime.read_network(), attachment)["ips"][0]["address"])
            runtime.delete(runtime.read_network(), attachment)
    assert given == [f"{first}.11/24", f"{first}.12/24"]


def test_the_journey_shows_what_is_put_around(lab: Lab, backend: str) -> None:
    journey = lab.follow_packet(lab.values["a"]["name"], lab.values["c"]["name"])
    assert journey.found == (backend in PORTS)
    seen = [hop.to_json() for hop in journey.hops if hop.machine == "router1"]
    ports = {layer["dport"] for hop in seen for layer in hop["layers"] if layer["name"] == "UDP"}
    assert sorted(ports) == PORTS.get(backend, [])
