"""Lab 07: pods on three nodes in two racks, by an overlay; first by hand, then flannel's."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from labkit.check import Place, View, both_ways, check, expect, plug_in_pod
from labkit.net import Capture, Frame, decode
from labkit.probe import Answer

PODS = ("a", "b", "c")
ACROSS = (("a", "c"), ("c", "a"), ("b", "c"), ("c", "b"))
NEIGHBOURS = (("a", "b"), ("b", "a"))
PORT, VNI, MTU = 8472, 1, 1450
HEADERS = 28  # bytes of IP and ICMP around what ping -s sends
# what the reference plugins and flannel's make with their first pod and leave for the next one
PORTMAP_LEAVES = ("* CNI-*", "chain *", "rule *CNI-*", "sysctl *route_localnet*")
Ping = tuple[
    list[Mapping[str, Any]], Mapping[str, Mapping[str, Any]]
]  # IP headers, outermost first, and the layers by name


@check(
    points=2,
    hints=(
        "router1 knows only its two cables. Which address must it read, so that it can help?",
        "`%journey` from one pod to the other. On both nodes: `ip route`, `ip neigh show dev flannel.1`, `bridge fdb show dev flannel.1`.",
        "For the other node, on each of the two: `ip route add ITS-PODS via X.0 dev flannel.1 onlink`, `ip neigh add X.0 lladdr ITS-MAC dev flannel.1`, `bridge fdb add ITS-MAC dev flannel.1 dst ITS-ADDRESS`.",
    ),
)
def racks_talk(view: View) -> None:
    """The pods of worker1 and worker3 reach each other."""
    view.expect_reach(both_ways(*view.places("a", "c")))


@check(
    points=2,
    hints=(
        "Three nodes. For which pairs has nobody made entries yet, and in which direction?",
        "`%matrix`, then `ip route` on the node whose pod gets no answers.",
        "worker2 needs a flannel.1 and three entries for worker3; worker3 needs three for worker2.",
    ),
)
def everybody_talks(view: View) -> None:
    """Every pod reaches every other pod."""
    view.expect_reach(both_ways(*view.places(*PODS)))


@check(
    after=("everybody_talks",),
    points=1,
    hints=(
        "Who does the other pod think is calling?",
        "`tcpdump -ni eth0` in the pod that is called; `iptables -t nat -S` on the caller's node.",
        "No rule of the nat table may hit a packet between pods; flannel's own start with `--ip-masq`.",
    ),
)
def nobody_translates(view: View) -> None:
    """Each pod is seen by every other one under its own address."""
    view.expect_seen(both_ways(*view.places(*PODS)))


def list_pings(view: View, machine: str, pairs: Sequence[tuple[str, str]]) -> list[Ping]:
    """What comes in on a machine while these pods ping each other; all have to be answered."""
    places = [(view.place(src), view.place(dst)) for src, dst in pairs]
    with Capture([view.machine(machine)]) as capture:
        view.expect_answers((src.name, dst.address) for src, dst in places)
        frames = [frame for frame in capture.read_frames(0.1) if frame.direction == "in"]
    return [ping for frame in frames if (ping := parse_ping(frame))]


def ping_sized(view: View, src: Place, dst: Place) -> Answer:
    """A ping of full size, as IP counts, that must not be cut."""
    return view.ping(src.name, dst.address, size=MTU - HEADERS, dont_fragment=True)


def parse_ping(frame: Frame) -> Ping | None:
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
def racks_are_joined_by_vxlan(view: View) -> None:
    """Between the racks pods' packets travel in UDP to port 8472, as VXLAN number 1, from node to node."""
    pings = list_pings(view, "router1", ACROSS)
    pods = {view.place(key).address for key in PODS}
    bare = sorted({f"{ips[0]['src']} to {ips[0]['dst']}" for ips, _ in pings if ips[0]["dst"] in pods})
    expect(not bare, expected="router1 sees nodes' addresses only", observed=f"it sees {', '.join(bare)}")
    for src, dst in ACROSS:
        caller, called = view.place(src), view.place(dst)
        pair = (caller.address, called.address)
        wrapped = [(ips[0], layers) for ips, layers in pings if (ips[-1]["src"], ips[-1]["dst"]) == pair]
        said = f"the ping from {caller.name} to {called.name}"
        expect(wrapped, expected=f"{said} passes router1", observed="it did not")
        outer, layers = wrapped[0]
        way = (outer["src"], outer["dst"], layers["UDP"]["dport"], layers.get("VXLAN", {}).get("vni"))
        wanted = (view.node_of(caller).address, view.node_of(called).address, PORT, VNI)
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
def full_size_fits(view: View) -> None:
    """Between the racks packets of 1450 bytes fit: 1500, less what is put around them."""
    sized = [(view.place(src), view.place(dst)) for src, dst in ACROSS]
    with ThreadPoolExecutor(len(sized)) as pool:
        answers = list(pool.map(lambda pair: ping_sized(view, *pair), sized))
    for (src, dst), answer in zip(sized, answers, strict=True):
        expect(
            answer.reached, expected=f"{MTU} bytes from {src.name} to {dst.name} are answered", observed=answer.detail
        )
    for pod in view.places(*PODS):
        links = view.machine(pod.name).links()
        mtu = links["eth0"].mtu if "eth0" in links else 0
        expect(mtu >= MTU, expected=f"an eth0 in {pod.name} that sends {MTU} bytes", observed=f"its MTU is {mtu}")


@check(
    points=1,
    hints=(
        "router1 knows no pods. Under whose address must they talk to it, to get an answer?",
        "`ping` router1 from a pod; `iptables -t nat -S` on its node.",
        "`flanneld --ip-masq` writes the rules: pods to the world are masqueraded, pods to pods are not.",
    ),
)
def pods_get_out(view: View) -> None:
    """Whom a pod calls outside the pods' network sees the pod's node."""
    view.expect_seen(
        zip(view.places(*PODS), list_ways_out(view), strict=True), source=lambda pod, _: view.node_of(pod).address
    )


def list_ways_out(view: View) -> list[Place]:
    """router1, by its address on the cable of each pod's node."""
    return [Place("router1", view.values["router"]["rack" if key == "c" else "lan"]) for key in PODS]


@check(
    points=3,
    acts=True,
    may_leave=PORTMAP_LEAVES,
    after=("everybody_talks",),
    hints=(
        "What does the new pod lack: an address, the right MTU, the way to others and outside, or its own name? Who is to see to each of these?",
        "Address: `ls /etc/cni/net.d /opt/cni/bin`. MTU: `cat /run/flannel/subnet.env`. Way: `ip route`, `cat /var/log/flanneld.log`. Name, and outside: `iptables -t nat -S`. On every node.",
        "On each node `bash /root/flannel-pod`: the program flannel, 10-flannel.conflist, `flanneld --ip-masq`. Rules that name single pods go.",
    ),
)
def new_pods_are_served(view: View) -> None:
    """On every node a new pod gets an address by CNI, gets out, and all pods of other nodes, old and new, reach each other under their own addresses."""
    old, ways_out = view.places(*PODS), list_ways_out(view)
    nodes = [view.node_of(pod) for pod in old]
    with contextlib.ExitStack() as stack:
        with ThreadPoolExecutor(len(nodes)) as pool:
            new = list(pool.map(lambda node: stack.enter_context(plug_in_pod(view, node.name)), nodes))
        for pod, node in zip(new, nodes, strict=True):
            mtu = view.machine(pod.name).links()["eth0"].mtu
            expect(mtu == MTU, expected=f"MTU {MTU} in a new pod on {node.name}", observed=str(mtu))
        seen_as = {pod.name: node.address for pod, node in zip(new, nodes, strict=True)}  # outside
        pairs = [(pod, other) for pod, other in itertools.product(new, old) if new.index(pod) != old.index(other)]
        view.expect_seen(
            [*zip(new, ways_out, strict=True), *pairs, *((dst, src) for src, dst in pairs), *both_ways(*new)],
            source=lambda src, dst: seen_as[src.name] if dst in ways_out else src.address,
        )


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
def neighbours_go_direct(view: View) -> None:
    """Between worker1 and worker2, which share a cable, nothing is wrapped; between the racks it is."""
    pings = list_pings(view, "worker2", NEIGHBOURS)
    pods = {view.place(key).address for pair in NEIGHBOURS for key in pair}
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
