"""Lab 07: pods on three nodes in two racks, by an overlay; first by hand, then flannel's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from labkit.check import View, check, expect, plug_in_pod
from labkit.net import Capture, Frame, decode, read_links
from labkit.probe import Answer

NODES = {"w1": "worker1", "w2": "worker2", "w3": "worker3"}
ACROSS = (("w1", "w3"), ("w3", "w1"), ("w2", "w3"), ("w3", "w2"))
NEIGHBOURS = (("w1", "w2"), ("w2", "w1"))
PORT, VNI, MTU = 8472, 1, 1450
HEADERS = 28  # bytes of IP and ICMP around what ping -s sends


def name(lab: View, key: str) -> str:
    """The pod of a node, by the node's key in lab.toml."""
    return str(lab.values[key]["pod"])


def address(lab: View, key: str) -> str:
    """Its address."""
    return str(lab.values[key]["pod_address"])


def expect_answers(lab: View, pairs: Iterable[tuple[str, str]]) -> None:
    """Every pod reaches the other one; both by their keys."""
    lab.expect_answers((name(lab, src), address(lab, dst)) for src, dst in pairs)


@check(
    points=2,
    hints=(
        "router1 knows only its two cables. Which address must it read, so that it can help?",
        "`%journey` from one pod to the other. On both nodes: `ip route`, `ip neigh show dev flannel.1`, `bridge fdb show dev flannel.1`.",
        "For the other node, on each of the two: `ip route add ITS-PODS via X.0 dev flannel.1 onlink`, `ip neigh add X.0 lladdr ITS-MAC dev flannel.1`, `bridge fdb add ITS-MAC dev flannel.1 dst ITS-ADDRESS`.",
    ),
)
def racks_talk(lab: View) -> None:
    """The pods of worker1 and worker3 reach each other."""
    expect_answers(lab, ACROSS[:2])


@check(
    points=2,
    hints=(
        "Three nodes. For which pairs has nobody made entries yet, and in which direction?",
        "`%matrix`, then `ip route` on the node whose pod gets no answers.",
        "worker2 needs a flannel.1 and three entries for worker3; worker3 needs three for worker2.",
    ),
)
def everybody_talks(lab: View) -> None:
    """Every pod reaches every other pod."""
    expect_answers(lab, (*ACROSS, *NEIGHBOURS))


@check(
    points=1,
    hints=(
        "Who does the other pod think is calling?",
        "`tcpdump -ni eth0` in the pod that is called; `iptables -t nat -S` on the caller's node.",
        "No rule of the nat table may hit a packet between pods; flannel's own start with `--ip-masq`.",
    ),
)
def nobody_translates(lab: View) -> None:
    """Each pod is seen under its own address, by ping and by TCP."""
    for src, dst in (("w1", "w3"), ("w3", "w2"), ("w2", "w1")):
        caller, peer, own = name(lab, src), name(lab, dst), address(lab, src)
        to = address(lab, dst)
        for answer in (lab.ping(caller, to, at=peer), lab.connect_tcp(caller, to, 7000, at=peer)):
            expect_seen(answer, own, f"{caller} by {peer}")


def expect_seen(answer: Answer, own: str, who: str) -> None:
    """It arrived, under this address."""
    expect(answer.reached, expected=f"{who} is heard", observed=answer.detail)
    expect(answer.seen_source == own, expected=f"{who} is seen as {own}", observed=f"seen as {answer.seen_source}")


def capture_pings(lab: View, machine: str, pairs: Sequence[tuple[str, str]]) -> list[Frame]:
    """What comes in on a machine while these pods ping each other; all have to be answered."""
    with Capture([lab.machine(machine)]) as capture:
        expect_answers(lab, pairs)
        return [frame for frame in capture.read_frames(0.1) if frame.direction == "in"]


def parse_ping(frame: Frame) -> tuple[list[Mapping[str, Any]], Mapping[str, Mapping[str, Any]]] | None:
    """The IP headers around a ping, outermost first, and the other layers by name; None for other frames."""
    layers = decode(frame)
    if not any(layer.name == "ICMP" for layer in layers):
        return None
    return [layer.fields for layer in layers if layer.name == "IP"], {layer.name: layer.fields for layer in layers}


@check(
    points=2,
    after=("racks_talk",),
    hints=(
        "What does router1 see of a packet between pods: the pods' addresses, or the nodes'?",
        "`tcpdump -ni eth0 udp port 8472` on router1 while a pod pings; `ip -d link show flannel.1` on the nodes.",
        "VXLAN with `id 1` and `dstport 8472` on every node, and no route for pods on router1.",
    ),
)
def racks_are_joined_by_vxlan(lab: View) -> None:
    """Between the racks pods' packets travel in UDP to port 8472, as VXLAN number 1, from node to node."""
    frames = capture_pings(lab, "router1", ACROSS)
    pings = [ping for frame in frames if (ping := parse_ping(frame))]
    pods = {address(lab, key) for key in NODES}
    bare = sorted({f"{ips[0]['src']} to {ips[0]['dst']}" for ips, _ in pings if ips[0]["dst"] in pods})
    expect(not bare, expected="router1 sees nodes' addresses only", observed=f"it sees {', '.join(bare)}")
    for src, dst in ACROSS:
        pair = (address(lab, src), address(lab, dst))
        wrapped = [(ips[0], layers) for ips, layers in pings if (ips[-1]["src"], ips[-1]["dst"]) == pair]
        said = f"the ping from {name(lab, src)} to {name(lab, dst)}"
        expect(wrapped, expected=f"{said} passes router1", observed="it did not")
        outer, layers = wrapped[0]
        way = (outer["src"], outer["dst"], layers["UDP"]["dport"], layers.get("VXLAN", {}).get("vni"))
        wanted = (lab.values[src]["address"], lab.values[dst]["address"], PORT, VNI)
        expect(way == wanted, expected=f"{said} in {render_way(wanted)}", observed=render_way(way))


def render_way(way: tuple[Any, ...]) -> str:
    """The outer headers in words."""
    return f"UDP {way[0]} to {way[1]} port {way[2]}, VXLAN {way[3]}"


@check(
    points=2,
    after=("racks_talk",),
    hints=(
        "How large is a packet of a pod once it is wrapped, and what do the cables carry?",
        "`ping -M do -s 1422` between the racks; `ip link` on both nodes: which MTUs are there?",
        "1450 on flannel.1 (`ip link set flannel.1 mtu 1450`), 1500 on the nodes' eth0.",
    ),
)
def full_size_fits(lab: View) -> None:
    """Between the racks packets of 1450 bytes fit: 1500, less what is put around them."""
    with ThreadPoolExecutor(len(ACROSS)) as pool:
        answers = list(pool.map(lambda pair: ping_sized(lab, pair, MTU), ACROSS))
    for (src, dst), answer in zip(ACROSS, answers, strict=True):
        way = f"from {name(lab, src)} to {name(lab, dst)}"
        expect(answer.reached, expected=f"{MTU} bytes {way} are answered", observed=answer.detail)


def ping_sized(lab: View, pair: tuple[str, str], size: int) -> Answer:
    """A ping of `size` bytes of IP that must not be cut."""
    src, dst = pair
    return lab.ping(name(lab, src), address(lab, dst), size=size - HEADERS, dont_fragment=True)


@check(
    points=1,
    hints=(
        "router1 knows no pods. Under whose address must they talk to it, to get an answer?",
        "`ping` router1 from a pod; `iptables -t nat -S` on its node.",
        "`flanneld --ip-masq` writes the rules: pods to the world are masqueraded, pods to pods are not.",
    ),
)
def pods_get_out(lab: View) -> None:
    """Whom a pod calls outside the pods' network sees the pod's node."""
    for key in NODES:
        router = lab.values["router"]["rack" if key == "w3" else "lan"]
        expect_seen(lab.ping(name(lab, key), router, at="router1"), lab.values[key]["address"], name(lab, key))


def expect_served(lab: View, key: str) -> None:
    """A new pod on this node reaches the pods of the other nodes, under its own address and with the right MTU."""
    node = NODES[key]
    with plug_in_pod(lab, node) as pod:
        links = {link.name: link.mtu for link in read_links(lab.machine(pod.name))}
        expect(links.get("eth0") == MTU, expected=f"MTU {MTU} in a new pod on {node}", observed=f"{links.get('eth0')}")
        for other in NODES.keys() - {key}:
            answer = lab.ping(pod.name, address(lab, other), at=name(lab, other))
            expect_seen(answer, pod.address, f"a new pod on {node} by {name(lab, other)}")


@check(
    points=3,
    once=True,
    after=("everybody_talks",),
    hints=(
        "Who tells a new pod's node which addresses are its own? And who calls whom when a pod is plugged in?",
        "`ls /etc/cni/net.d /opt/cni/bin`, `cat /run/flannel/subnet.env`, `cat /var/log/flanneld.log` on every node.",
        "The three lines of section 5 on each node: the program flannel, 10-flannel.conflist, `flanneld --ip-masq`.",
    ),
)
def new_pods_are_served(lab: View) -> None:
    """On every node a new pod gets an address by CNI and reaches the pods of the other nodes."""
    expect_answers(lab, ACROSS)  # plugging in pods takes time: not while it can't succeed
    with ThreadPoolExecutor(len(NODES)) as pool:
        list(pool.map(lambda key: expect_served(lab, key), NODES))


@check(
    points=2,
    level="more",
    after=("racks_are_joined_by_vxlan",),
    hints=(
        "worker1 and worker2 are on one cable. What is the wrapping good for there?",
        "`ip route` on worker1: by which link does it send to worker2's pods? `cat /etc/kube-flannel/net-conf.json`.",
        '`"Backend": { "Type": "vxlan", "DirectRouting": true }` on every node, then start flanneld anew.',
    ),
)
def neighbours_go_direct(lab: View) -> None:
    """Between worker1 and worker2, which share a cable, nothing is wrapped; between the racks it is."""
    pings = [ping for frame in capture_pings(lab, "worker2", NEIGHBOURS) if (ping := parse_ping(frame))]
    pods = {address(lab, key) for pair in NEIGHBOURS for key in pair}
    wrapped = [
        f"{ips[-1]['src']} to {ips[-1]['dst']}"
        for ips, _ in pings
        if len(ips) > 1 and {ips[-1]["src"], ips[-1]["dst"]} == pods
    ]
    expect(
        not wrapped,
        expected="no packet of a neighbour is wrapped",
        observed=f"wrapped: {', '.join(sorted(set(wrapped)))}",
    )
