"""Lab 07's cluster with each of flannel's backends: who reaches whom, and what router1 sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.check import LiveLab
from labkit.lab.session import start_hidden_lab
from labkit.probe import ping_many

LAB = "07-flannel"
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
def lab(backend: str, tmp_path: Path) -> Iterator[LiveLab]:
    with start_hidden_lab(LiveLab, LAB, f"test-backends-{backend}", tmp_path / "journal.jsonl") as lab:
        lab.apply(lab.read_script("reference").cut(to="deploy"))
        for node in NODES:
            assert lab.machine(node).run(SWITCH % (backend, lab.values["pods"])).status == 0
        yield lab


def test_pods_reach_each_other_where_the_backend_can(lab: LiveLab, backend: str) -> None:
    """host-gw needs both nodes on one cable: behind the router its route is refused."""
    keys = ("w1", "w2", "w3")
    pairs = [(src, dst) for src in keys for dst in keys if src != dst]
    shots = [(lab.machine(lab.values[src]["pod"]), lab.values[dst]["pod_address"]) for src, dst in pairs]
    reached = {pair for pair, answer in zip(pairs, ping_many(shots), strict=True) if answer.reached}
    assert reached == ({("w1", "w2"), ("w2", "w1")} if backend == "host-gw" else set(pairs))
    log = lab.machine("worker1").run("cat /var/log/flanneld.log").stdout
    assert ("invalid gateway" in log) == (backend == "host-gw")


def test_the_journey_shows_what_is_put_around(lab: LiveLab, backend: str) -> None:
    journey = lab.follow_packet(lab.values["w1"]["pod"], lab.values["w3"]["pod"])
    assert journey.found == (backend in PORTS)
    seen = [hop.to_json() for hop in journey.hops if hop.machine == "router1"]
    ports = {layer["dport"] for hop in seen for layer in hop["layers"] if layer["name"] == "UDP"}
    assert sorted(ports) == PORTS.get(backend, [])
