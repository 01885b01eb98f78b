"""Felix, confd and BIRD on lab 11's nodes: the routes of every node in each of a pool's modes; killed, misled, put right."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from labkit.agents.calico.confd_agent import write_checked
from labkit.errors import LabkitError
from labkit.lab.lab import Lab
from labkit.lab.session import start_hidden_lab
from labkit.net import Capture, decode
from tests.waiting import wait_until

M1, W1, M2, W2 = "playcekube-master01", "playcekube-worker01", "playcekube-master02", "playcekube-worker02"
NODES = (M1, W1, M2, W2)
BEGIN = "daemon start felix && daemon start confd && daemon restart bird conf=/etc/calico/confd/config/bird.cfg"
PODS = {
    M1: "10.233.77.2 dev calibd0ecddfcf2 scope link", W1: "10.233.99.10 dev cali68caf03a5f4 scope link",
    W2: "10.233.106.12 dev calie57ed5aa5ae scope link",
}  # fmt: skip
BLOCKS = {M1: "10.233.77", W1: "10.233.99", M2: "10.233.113", W2: "10.233.106"}
# ipipMode and vxlanMode, in the order in which they are tried -> node -> its routes to the blocks .77, .99, .113, .106
TABLE = {
    ("CrossSubnet", "Never"): {
        M1: ("blackhole bird", "10.0.0.21 eth0 bird", "10.0.1.12 tunl0 bird onlink", "10.0.1.22 tunl0 bird onlink"),
        W1: ("10.0.0.11 eth0 bird", "blackhole bird", "10.0.1.12 tunl0 bird onlink", "10.0.1.22 tunl0 bird onlink"),
        M2: ("10.0.0.11 tunl0 bird onlink", "10.0.0.21 tunl0 bird onlink", "blackhole bird", "10.0.1.22 eth0 bird"),
        W2: ("10.0.0.11 tunl0 bird onlink", "10.0.0.21 tunl0 bird onlink", "10.0.1.12 eth0 bird", "blackhole bird"),
    },
    ("Always", "Never"): {
        M1: ("blackhole bird", "10.0.0.21 tunl0 bird onlink", "10.0.1.12 tunl0 bird onlink", "10.0.1.22 tunl0 bird onlink"),
        W1: ("10.0.0.11 tunl0 bird onlink", "blackhole bird", "10.0.1.12 tunl0 bird onlink", "10.0.1.22 tunl0 bird onlink"),
        M2: ("10.0.0.11 tunl0 bird onlink", "10.0.0.21 tunl0 bird onlink", "blackhole bird", "10.0.1.22 tunl0 bird onlink"),
        W2: ("10.0.0.11 tunl0 bird onlink", "10.0.0.21 tunl0 bird onlink", "10.0.1.12 tunl0 bird onlink", "blackhole bird"),
    },
    ("Never", "Always"): {
        M1: ("blackhole 80", "10.233.99.1 vxlan.calico onlink", "10.233.113.1 vxlan.calico onlink", "10.233.106.1 vxlan.calico onlink"),
        W1: ("10.233.77.1 vxlan.calico onlink", "blackhole 80", "10.233.113.1 vxlan.calico onlink", "10.233.106.1 vxlan.calico onlink"),
        M2: ("10.233.77.1 vxlan.calico onlink", "10.233.99.1 vxlan.calico onlink", "blackhole 80", "10.233.106.1 vxlan.calico onlink"),
        W2: ("10.233.77.1 vxlan.calico onlink", "10.233.99.1 vxlan.calico onlink", "10.233.113.1 vxlan.calico onlink", "blackhole 80"),
    },
    ("Never", "Never"): {
        M1: ("blackhole bird", "10.0.0.21 eth0 bird", "10.0.0.1 eth0 bird", "10.0.0.1 eth0 bird"),
        W1: ("10.0.0.11 eth0 bird", "blackhole bird", "10.0.0.1 eth0 bird", "10.0.0.1 eth0 bird"),
        M2: ("10.0.1.1 eth0 bird", "10.0.1.1 eth0 bird", "blackhole bird", "10.0.1.22 eth0 bird"),
        W2: ("10.0.1.1 eth0 bird", "10.0.1.1 eth0 bird", "10.0.1.12 eth0 bird", "blackhole bird"),
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("calico-node")
    with start_hidden_lab("11-calico-ipip", f"calico-node-{os.getpid()}", folder / "journal") as lab:
        with ThreadPoolExecutor(len(NODES)) as pool:
            for done in pool.map(lambda node: lab.machine(node).run(BEGIN, timeout=60), NODES):
                assert done.status == 0, done
        yield lab


def do(lab: Lab, machine: str, command: str) -> str:
    done = lab.machine(machine).run(command, timeout=30)
    assert done.status == 0, done
    return done.stdout


def read_routes(lab: Lab, node: str) -> set[str]:
    return {line.strip() for line in do(lab, node, "ip route").splitlines() if "10.233." in line.split("src")[0]}


def render_route(node: str, told: str) -> str:
    """A route as `ip route` shows it, from a cell of the table."""
    block = f"{BLOCKS[node]}.0/24"
    if told.startswith("blackhole"):
        return f"blackhole {block} proto {told.split()[1]}"
    via, link, *rest = told.split()
    return (
        f"{block} via {via} dev {link}"
        + (" proto bird" if "bird" in rest else "")
        + (" onlink" if "onlink" in rest else "")
    )


def plan_routes(mode: tuple[str, str], node: str) -> set[str]:
    cells = zip(BLOCKS, TABLE[mode][node], strict=True)
    return {render_route(block, told) for block, told in cells} | ({PODS[node]} if node in PODS else set())


def set_mode(lab: Lab, mode: tuple[str, str]) -> None:
    edit = f"sed 's/ipipMode: .*/ipipMode: {mode[0]}/; s/vxlanMode: .*/vxlanMode: {mode[1]}/'"
    do(lab, M1, f"calicoctl get ippool default-pool -o yaml | {edit} | calicoctl apply -f -")


def wait_for(lab: Lab, mode: tuple[str, str]) -> None:
    for node in NODES:
        wait_until(lambda: read_routes(lab, node) == plan_routes(mode, node), every=0.2)  # noqa: B023 - called at once


@pytest.mark.world
def test_every_nodes_routes_in_every_mode(lab: Lab) -> None:
    for mode in TABLE:
        set_mode(lab, mode)
        wait_for(lab, mode)
        reached = lab.machine("web").run("ping -c 1 -W 1 10.233.106.12").status == 0
        assert reached is (mode != ("Never", "Never")), mode  # router1 knows no pods
    set_mode(lab, ("CrossSubnet", "Never"))
    wait_for(lab, ("CrossSubnet", "Never"))
    assert "vxlan.calico" not in do(lab, W1, "ip link")


@pytest.mark.world
def test_felix_killed_changes_nothing_and_started_again_puts_right_what_was_changed(lab: Lab) -> None:
    wait_for(lab, ("CrossSubnet", "Never"))
    before = do(lab, W1, "iptables-save -t nat | grep cali")
    do(lab, W1, 'kill -9 "$(cat /run/calico/felix.pid)"')
    do(lab, "web", "ping -c 1 -W 5 10.233.106.12")
    do(lab, W1, """
        ip route del 10.233.99.10; ip addr flush dev tunl0; ip link set tunl0 mtu 1400 down
        iptables -t nat -F cali-nat-outgoing; iptables -t nat -I POSTROUTING -j ACCEPT; ipset flush cali40all-ipam-pools
        sysctl -qw net.ipv4.conf.cali68caf03a5f4.proxy_arp=0 net.ipv4.ip_forward=0""")  # fmt: skip
    assert lab.machine("web").run("ping -c 1 -W 1 10.233.106.12").status != 0
    do(lab, W1, "daemon start felix && iptables -t nat -D POSTROUTING -j ACCEPT")
    wait_for(lab, ("CrossSubnet", "Never"))
    do(lab, "web", "ping -c 1 -W 5 10.233.106.12")
    assert do(lab, W1, "iptables-save -t nat | grep cali") == before
    assert "10.233.64.0/18" in do(lab, W1, "ipset save cali40all-ipam-pools")
    assert "mtu 1480" in do(lab, W1, "ip link show tunl0")


@pytest.mark.world
def test_a_running_felix_hears_of_what_is_changed_behind_its_back(lab: Lab) -> None:
    do(lab, W1, "ip route del 10.233.99.10; ip route add 10.233.99.77 dev cali68caf03a5f4")
    wait_for(lab, ("CrossSubnet", "Never"))


@pytest.mark.world
def test_the_probes_say_what_is_missing(lab: Lab) -> None:
    do(lab, W2, "calico-node -bird-ready -felix-ready -felix-live && curl -sf http://localhost:9099/readiness")
    do(lab, W2, "touch /var/lib/calico/nodename; birdc disable Mesh_10_0_0_11; kill $(cat /run/calico/felix.pid)")
    told = lab.machine(W2).run("calico-node -bird-ready; echo; calico-node -felix-live").stdout
    assert told == (
        "calico/node is not ready: BIRD is not ready: BGP not established with 10.0.0.11\n"
        'calico/node is not ready: Felix is not live: Get "http://localhost:9099/liveness": dial tcp 127.0.0.1:9099: connect: connection refused'
    )
    do(lab, W2, "birdc enable Mesh_10_0_0_11; daemon start felix")


@pytest.mark.world
def test_pods_leave_the_pool_as_their_node(lab: Lab) -> None:
    with Capture([lab.world.machine("router1")]) as capture:
        do(lab, "web", "ping -c 1 -W 5 10.0.0.1")
        frames = [decode(frame) for frame in capture.read_frames(0.2) if frame.direction == "in"]
    pings = [
        next(layer.fields["src"] for layer in frame if layer.name == "IP")
        for frame in frames
        if any(layer.name == "ICMP" for layer in frame)
    ]
    assert pings == ["10.0.0.21"]


@pytest.mark.world
def test_a_peer_that_can_not_be_read_is_said_and_the_old_files_stay(lab: Lab) -> None:
    before = do(lab, W1, "cat /etc/calico/confd/config/bird.cfg")
    peer = "apiVersion: projectcalico.org/v3\nkind: BGPPeer\nmetadata: {name: wrong}\nspec: {nodeSelector: has(, peerIP: 10.0.0.1}\n"
    assert lab.machine(M1).run("calicoctl create -f -", stdin=peer, timeout=30).status == 0
    wait_until(lambda: "confd: the selector 'has(' can't be read" in do(lab, W1, "cat /var/log/confd.log"))
    assert do(lab, W1, "cat /etc/calico/confd/config/bird.cfg") == before
    do(lab, M1, "calicoctl delete bgppeer wrong")


GOBGP = """
[global.config]
as = 64512
router-id = "10.0.0.1"
"""
NEIGHBOUR = """
[[neighbors]]
[neighbors.config]
neighbor-address = "{}"
peer-as = 64512
[neighbors.transport.config]
local-address = "10.0.0.1"
passive-mode = true
"""
ADDRESSES = {M1: "10.0.0.11", W1: "10.0.0.21", M2: "10.0.1.12", W2: "10.0.1.22"}
PEER = """
apiVersion: projectcalico.org/v3
kind: BGPPeer
metadata: {name: router1}
spec: {peerIP: 10.0.0.1, asNumber: 64512}
"""


@pytest.mark.world
@pytest.mark.skipif(not shutil.which("gobgpd"), reason="gobgpd is missing: ./lab test installs it (Debian: gobgpd)")
def test_another_bgp_program_hears_exactly_the_blocks(lab: Lab) -> None:
    """gobgpd on router1, a peer of every node by one BGPPeer: each block by its own node, and nothing else."""
    router = lab.world.machine("router1")
    conf = GOBGP + "".join(NEIGHBOUR.format(address) for address in ADDRESSES.values())
    assert router.run("cat >/root/gobgpd.toml", stdin=conf).status == 0
    null = os.open(os.devnull, os.O_RDWR)
    with closing(router.start_process(["gobgpd", "-f", "/root/gobgpd.toml"], standard=(null, null, null))):
        assert lab.machine(M1).run("calicoctl create -f -", stdin=PEER, timeout=30).status == 0
        wanted = {f"{BLOCKS[node]}.0/24": {address} for node, address in ADDRESSES.items()}
        try:
            wait_until(lambda: read_heard(lab) == wanted, every=0.3)
            assert "10.0.0.1     | global" in do(lab, W2, "calicoctl node status")
        finally:
            do(lab, M1, "calicoctl delete bgppeer router1")
    os.close(null)


def read_heard(lab: Lab) -> dict[str, set[str]]:
    """Prefix -> next hops, of all that gobgpd knows."""
    told = lab.machine("router1").run("gobgp global rib -j", timeout=30).stdout
    heard = json.loads(told) if told.startswith("{") else {}
    return {prefix: {find_next_hop(path) for path in paths} for prefix, paths in heard.items()}


def find_next_hop(path: dict[str, Any]) -> str:
    return next(str(each["nexthop"]) for each in path["attrs"] if "nexthop" in each)


@pytest.mark.skipif(not shutil.which("bird"), reason="bird is missing: ./lab setup installs it (Debian: bird2)")
def test_what_bird_can_not_read_never_gets_into_its_folder(tmp_path: Path) -> None:
    write_checked(tmp_path / "config", {"bird.cfg": "router id 10.0.0.1; protocol device {}\n"})
    with pytest.raises(LabkitError, match=r"bird -p refuses: .*syntax error"):
        write_checked(tmp_path / "config", {"bird.cfg": "router id\n"})
    assert (tmp_path / "config/bird.cfg").read_text().startswith("router id 10.0.0.1")
