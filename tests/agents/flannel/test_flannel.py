"""flannel in a real kernel: three backends, its CNI plugin, nodes that come and go, a killed agent, bad datagrams."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from labkit.agents.flannel.lease import plan_mac
from labkit.cni import Runtime, add_pod, check_pod, remove_pod
from labkit.fabric import Link, Machine, Port, Switch, Topology, build_netlink
from labkit.lab.outfit import find_outfit
from labkit.net import Capture, Frame, read_fdb, read_links, read_neighbors, read_routes
from labkit.probe import connect_tcp, follow_packet, ping
from labkit.world import MachineSpec, Process, World
from tests.waiting import wait_until

pytestmark = pytest.mark.world

NODES = {"worker1": ("192.168.50.11", 1), "worker2": ("192.168.50.12", 2)}
PODS = {"web": "worker1", "api": "worker2"}
WIRED = {"vxlan": 8472, "udp": 8285}
MTU = {"vxlan": 1450, "host-gw": 1500, "udp": 1472}
TTL = {"vxlan": 62, "host-gw": 62, "udp": 60}  # the encapsulator takes one off on each side, as routers do
CONFLIST = {
    "name": "cbr0",
    "cniVersion": "0.4.0",  # 0.3.1 in flannel's own; CHECK came later
    "plugins": [
        {"type": "flannel", "delegate": {"hairpinMode": True, "isDefaultGateway": True}},
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ],
}


def render_nodes(nodes: Mapping[str, tuple[str, int]]) -> str:
    items = [
        {
            "metadata": {"name": name},
            "spec": {"podCIDR": f"10.244.{number}.0/24"},
            "status": {"addresses": [{"type": "InternalIP", "address": address}]},
        }
        for name, (address, number) in nodes.items()
    ]
    return json.dumps({"kind": "NodeList", "items": items})


def plan_topology(backend: str) -> Topology:
    files = {
        "etc/kube-flannel/net-conf.json": json.dumps({"Network": "10.244.0.0/16", "Backend": {"Type": backend}}),
        "etc/kube-flannel/nodes.json": render_nodes(NODES),
        "etc/cni/net.d/10-flannel.conflist": json.dumps(CONFLIST),
    }
    addresses = {name: address for name, (address, _) in NODES.items()} | {"stranger": "192.168.50.66"}
    links = (
        Link(Port(name, "eth0", (f"{address}/24",)), Port("s1", f"s1-eth{number}"))
        for number, (name, address) in enumerate(addresses.items(), 1)
    )
    nodes = (Machine(name, "node", files=files) for name in NODES)
    return Topology((*nodes, Machine("stranger", "host")), (Switch("s1"),), tuple(links))


@dataclass
class Cluster:
    """Two nodes with flanneld and a pod each; `addresses` are the pods'."""

    world: World
    backend: str
    agents: dict[str, Process] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def start_agent(self, node: str) -> None:
        if node in self.agents:
            self.agents[node].close()
        machine = self.world.machine(node)
        machine.run("rm -f /run/flannel/subnet.env")
        null = os.open(os.devnull, os.O_RDWR)
        command = ["bash", "-c", "exec flanneld --ip-masq >/var/log/flanneld.log 2>&1"]
        self.agents[node] = machine.start_process(command, standard=(null, null, null))
        os.close(null)
        wait_until(lambda: machine.run("test -e /run/flannel/subnet.env").status == 0)

    def add_pod(self, pod: str, node: str) -> str:
        result = add_pod(self.world, pod, node, Runtime(self.world.machine(node)))
        return str(result["ips"][0]["address"]).partition("/")[0]

    def reaches(self, pod: str, address: str, **how: object) -> bool:
        return ping(self.world.machine(pod), address, **how).reached  # type: ignore[arg-type]

    def end(self) -> None:
        for agent in self.agents.values():
            agent.close()
        self.world.end()


@pytest.fixture(scope="module", params=["vxlan", "host-gw", "udp"])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    cluster = Cluster(
        World.start(f"flannel-{request.param}-{os.getpid()}", outfit=find_outfit(), hidden=True), request.param
    )
    try:
        build_netlink(cluster.world, plan_topology(cluster.backend))
        for node in NODES:
            cluster.start_agent(node)
            cluster.world.machine(node).run("cp /.labkit/bin/flannel /opt/cni/bin/flannel")
        cluster.addresses = {pod: cluster.add_pod(pod, node) for pod, node in PODS.items()}
        yield cluster
    finally:
        cluster.end()


@pytest.mark.user
def test_pods_reach_each_other_under_their_own_names(cluster: Cluster) -> None:
    web, api = cluster.world.machine("web"), cluster.world.machine("api")
    for src, dst in ((web, api), (api, web)):
        address = cluster.addresses[dst.name]
        for answer in (ping(src, address, at=dst), connect_tcp(src, address, 7000, at=dst)):
            assert answer.reached, answer.detail
            assert answer.seen_source == cluster.addresses[src.name]


def test_a_stream_comes_through_whole(cluster: Cluster) -> None:
    script = f"for n in 1 2 3 4 5; do head -c 300000 /dev/zero | nc -N -w 5 {cluster.addresses['api']} 9000 && exit; sleep 0.2; done; exit 1"
    listener = cluster.world.machine("api").run("(timeout 9 nc -l -N 9000 | wc -c >/tmp/got) >/dev/null 2>&1 &")
    assert listener.status == 0
    assert cluster.world.machine("web").run(script).status == 0
    wait_until(lambda: cluster.world.machine("api").run("cat /tmp/got").stdout.strip() == "300000")


def test_what_is_on_the_wire(cluster: Cluster) -> None:
    journey = follow_packet(cluster.world, "web", "api")
    assert journey.found
    assert journey.answered
    outer = [hop for hop in journey.hops if (hop.machine, hop.link, hop.direction) == ("worker1", "eth0", "out")]
    names = [layer.name for layer in outer[0].layers]
    ports = [layer.fields["dport"] for layer in outer[0].layers if layer.name == "UDP"]
    assert ports == ([WIRED[cluster.backend]] if cluster.backend in WIRED else [])
    assert names.count("IP") == (2 if cluster.backend in WIRED else 1)
    arrived = next(layer for layer in journey.hops[-1].layers if layer.name == "IP")
    assert arrived.fields["ttl"] == TTL[cluster.backend]


def test_the_largest_packet(cluster: Cluster) -> None:
    mtu = MTU[cluster.backend]
    for pod in PODS:
        (link,) = (link for link in read_links(cluster.world.machine(pod)) if link.name == "eth0")
        assert link.mtu == mtu
    target = cluster.addresses["api"]
    assert cluster.reaches("web", target, size=mtu - 28, dont_fragment=True)
    assert not cluster.reaches("web", target, size=mtu - 27, dont_fragment=True)


def test_subnet_env_to_the_letter(cluster: Cluster) -> None:
    assert cluster.world.machine("worker2").run("cat /run/flannel/subnet.env").stdout == (
        "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.2.1/24\n"
        f"FLANNEL_MTU={MTU[cluster.backend]}\nFLANNEL_IPMASQ=true\n"
    )


def read_entries(world: World) -> tuple[list[str], list[str], list[str]]:
    """worker1's routes, neighbours and forwarding entries for other nodes' pods."""
    node = world.machine("worker1")
    routes = [route for route in read_routes(node) if route.proto != "kernel" and route.destination != "default"]
    ways = [f"{each.destination} via {each.via} {each.dev} {' '.join(each.flags)}".strip() for each in routes]
    neighbors = [f"{each.address} {each.mac}" for each in read_neighbors(node) if each.state == "PERMANENT"]
    fdb = [f"{each.mac} {each.dst}" for each in read_fdb(node) if each.dst]
    return sorted(ways), sorted(neighbors), sorted(fdb)


def test_entries_follow_the_list_of_nodes(cluster: Cluster) -> None:
    """Exactly one of each kind for a remote node; away again when the node is gone."""
    before = read_entries(cluster.world)
    mac2, mac3 = plan_mac("worker2"), plan_mac("worker3")
    ways: dict[str, list[str]] = {
        "vxlan": ["10.244.{n}.0/24 via 10.244.{n}.0 flannel.1 onlink"],
        "host-gw": ["10.244.{n}.0/24 via 192.168.50.1{n} eth0"],
        "udp": [],
    }
    own = ["10.244.0.0/16 via None flannel0"] if cluster.backend == "udp" else []
    wrapped = cluster.backend == "vxlan"

    def plan_entries(numbers: Mapping[int, str]) -> tuple[list[str], list[str], list[str]]:
        return (
            [*own, *(way.format(n=n) for n in numbers for way in ways[cluster.backend])],
            sorted(f"10.244.{n}.0 {mac}" for n, mac in numbers.items() if wrapped),
            sorted(f"{mac} 192.168.50.1{n}" for n, mac in numbers.items() if wrapped),
        )

    assert before == plan_entries({2: mac2})
    write_nodes(cluster.world, {**NODES, "worker3": ("192.168.50.13", 3)})
    wait_until(lambda: read_entries(cluster.world) == plan_entries({2: mac2, 3: mac3}))
    write_nodes(cluster.world, NODES)
    wait_until(lambda: read_entries(cluster.world) == before)


def write_nodes(world: World, nodes: Mapping[str, tuple[str, int]]) -> None:
    done = world.machine("worker1").run("cat >/etc/kube-flannel/nodes.json", stdin=render_nodes(nodes))
    assert done.status == 0


def test_a_broken_list_of_nodes_changes_nothing(cluster: Cluster) -> None:
    before = read_entries(cluster.world)
    node = cluster.world.machine("worker1")
    node.run("echo '{' >/etc/kube-flannel/nodes.json")
    wait_until(lambda: "nodes.json is not JSON: " in node.run("cat /var/log/flanneld.log").stdout)
    assert read_entries(cluster.world) == before
    write_nodes(cluster.world, NODES)


def test_a_pods_life(cluster: Cluster) -> None:
    node = cluster.world.machine("worker1")
    runtime = Runtime(node)
    address = cluster.add_pod("short", "worker1")
    assert cluster.reaches("short", cluster.addresses["api"])
    check_pod(cluster.world.machine("short"), runtime)
    kept = node.run("cat /var/lib/cni/flannel/*").stdout
    assert '"type": "bridge"' in kept
    remove_pod(cluster.world, cluster.world.machine("short"), runtime)
    assert address not in node.run("ls /var/lib/cni/networks/cbr0").stdout.split()
    assert len(node.run("ls /var/lib/cni/flannel").stdout.split()) == 1


def test_a_second_flanneld_waits_and_gives_up(cluster: Cluster) -> None:
    ran = cluster.world.machine("worker1").run(["flanneld"], timeout=20)
    assert ran.status == 1
    assert "another flanneld runs on this node" in ran.stderr


def send_from(cluster: Cluster, machine: str, datagrams: list[bytes]) -> None:
    with cluster.world.machine(machine).open_socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in datagrams:
            sender.sendto(datagram, ("192.168.50.12", 8285))


def count_dropped(cluster: Cluster) -> int:
    shown = cluster.world.machine("worker2").run("cat /run/flannel/udp.json").stdout
    return sum(json.loads(shown or "{}").values())


def test_bad_datagrams_are_counted_and_nothing_is_forwarded(cluster: Cluster) -> None:
    if cluster.backend != "udp":
        assert cluster.world.machine("worker2").run("ss -Hlun sport = :8285").stdout == ""
        return
    dice = random.Random(8285)
    good = bytes.fromhex("450000150001000040110000") + bytes([10, 244, 1, 2, 10, 244, 2, 2]) + b"x"
    noise = [dice.randbytes(dice.randrange(200)) for _ in range(200)]
    cut = [good[:length] for length in range(len(good))]
    before = count_dropped(cluster)
    with Capture([cluster.world.machine("api")]) as capture:
        send_from(cluster, "worker1", noise + cut)
        send_from(cluster, "stranger", [good] * 10)
        wait_until(lambda: count_dropped(cluster) >= before + len(noise) + len(cut) + 10)
        frames: list[Frame] = capture.read_frames(0.1)
    assert not [
        frame for frame in frames if frame.link == "eth0" and frame.direction == "in" and b"\x08\0E" in frame.data
    ]
    assert cluster.reaches("web", cluster.addresses["api"])


def test_a_killed_agent_takes_only_its_own_path_along(cluster: Cluster) -> None:
    """Paths in the kernel stay. Started again, it finds what is there and goes on."""
    before = read_entries(cluster.world)
    cluster.agents["worker1"].signal(signal.SIGKILL)
    assert cluster.agents["worker1"].wait(5) is not None
    assert cluster.reaches("web", cluster.addresses["api"]) == (cluster.backend != "udp")
    assert read_entries(cluster.world) == before
    cluster.start_agent("worker1")
    assert read_entries(cluster.world) == before
    assert cluster.reaches("web", cluster.addresses["api"])


def test_it_ends_when_told_to(cluster: Cluster) -> None:
    cluster.agents["worker2"].signal(signal.SIGTERM)
    ended = cluster.agents["worker2"].wait(5)
    assert ended is not None
    assert ended[0] == 0
    cluster.start_agent("worker2")


def test_a_node_that_the_list_does_not_name(cluster: Cluster) -> None:
    cluster.world.add_machines([MachineSpec("worker9", "node")])
    node = cluster.world.machine("worker9")
    node.run("cat >/etc/kube-flannel/nodes.json", stdin=render_nodes(NODES))
    node.run(["tee", "/etc/kube-flannel/net-conf.json"], stdin='{"Network": "10.244.0.0/16"}')
    ran = node.run(["flanneld"], timeout=20)
    assert (ran.status, ran.stderr) == (
        1,
        "flanneld: node worker9 has no podCIDR (known are worker1, worker2)\n",
    )
