"""Lab 08: pods on one large Ethernet, carried between the nodes by agents; one agent's decision is the learner's."""

from __future__ import annotations

import ipaddress
import itertools
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from labkit.check import View, check, expect, plug_in_pod
from labkit.net import Capture, Frame, decode, read_addresses, read_bridge_ports, read_links

KEYS = ("w1", "w2", "w3")
NODES = {"w1": "worker1", "w2": "worker2", "w3": "worker3"}
BRIDGE = "weave"
SLEEVE, FASTDP = 6783, 6784
UNUSED = 700_000  # nobody's place in the pool


def read_pod(lab: View, key: str) -> tuple[str, str]:
    """A node's pod and the address it has to have."""
    values = lab.values[key]
    return values["pod"], values["pod_address"]


def expect_answers(lab: View, pairs: Iterable[tuple[str, str]]) -> None:
    """Every ping, from a machine to an address, is answered."""
    shots = list(pairs)
    lost = [
        f"{src} to {dst}: {answer.detail}"
        for (src, dst), answer in zip(shots, lab.ping_many(shots), strict=True)
        if not answer.reached
    ]
    expect(not lost, expected="an answer to every ping", observed="; ".join(lost))


def ask_weave(lab: View, node: str, *words: str) -> str:
    """What `weave …` says on a node."""
    ran = lab.machine(node).behind.run(["weave", *words], timeout=5)
    expect(ran.status == 0, expected=f"weave {' '.join(words)} answers on {node}", observed=ran.stderr.strip())
    return ran.stdout


def read_mac(lab: View, pod: str) -> str:
    """The MAC of a pod's eth0."""
    macs = [link.mac for link in read_links(lab.machine(pod)) if link.name == "eth0"]
    expect(macs, expected=f"eth0 in {pod}", observed="there is none")
    return str(macs[0])


def list_wrapped(
    frames: Iterable[Frame],
) -> Iterable[tuple[Frame, dict[str, Mapping[str, Any]], dict[str, Mapping[str, Any]]]]:
    """Datagrams of an overlay with the headers outside and inside, by name."""
    for frame in frames:
        layers = decode(frame)
        names = [layer.name for layer in layers]
        cut = next((at for at, name in enumerate(names) if name in ("Sleeve", "VXLAN")), None)
        if cut is not None:
            outer, inner = ({layer.name: layer.fields for layer in part} for part in (layers[:cut], layers[cut + 1 :]))
            yield frame, outer, inner


@check(
    points=2,
    hints=(
        "Who makes a pod's cable and gives it an address, and what does it have to be told?",
        "`weave ps` on worker1: is there a line for the pod? `ip addr` and `ip route` in the pod.",
        "`bash plug ADD POD` on worker1.",
    ),
)
def first_pod_is_plugged(lab: View) -> None:
    """The pod of worker1 hangs on the bridge weave, with the address that its agent gave it and a way out."""
    pod, address = read_pod(lab, "w1")
    length = ipaddress.IPv4Network(lab.values["pool"]).prefixlen
    own = [each.prefix for each in read_addresses(lab.machine(pod)) if each.link == "eth0"]
    expect(
        f"{address}/{length}" in own, expected=f"{address}/{length} on eth0", observed=", ".join(own) or "no address"
    )
    ports = [port.link for port in read_bridge_ports(lab.machine("worker1")) if port.bridge == BRIDGE]
    plugged = any(name.startswith("vethwepl") for name in ports)
    expect(plugged, expected="a port vethwepl… of weave on worker1", observed=", ".join(ports) or "no port")
    expect(f" {address}/" in ask_weave(lab, "worker1", "ps"), expected=f"{address} in `weave ps`", observed="not there")
    expect_answers(lab, [(pod, lab.values["w1"]["bridge"]), (pod, lab.values["w3"]["address"])])


@check(
    points=2,
    hints=(
        "The question is a broadcast, the answer is not. Which of the two gets lost, and at which agent?",
        "`tcpdump -ni vethwe-pcap arp` on worker1 and worker2: what comes, what goes?",
        "Broadcasts from the bridge go to all peers; what a peer sent goes to the bridge.",
    ),
)
def arp_crosses(lab: View) -> None:
    """A pod's ARP question for a pod on another node is answered by that pod, and by nobody else."""
    pairs = list(itertools.permutations(KEYS, 2))
    questions = [(read_pod(lab, src)[0], read_pod(lab, dst)[1], "eth0") for src, dst in pairs]
    wanted = [read_mac(lab, read_pod(lab, dst)[0]) for _, dst in pairs]
    # the kernels ask neighbours that they know too, but straight, not by broadcast: the answers to that don't count
    answers = lab.ask_arp_many(questions, anonymous=True)
    for (pod, address, _), mac, macs in zip(questions, wanted, answers, strict=True):
        expect(
            macs == [mac],
            expected=f"{mac} answers {pod} for {address}",
            observed=f"{', '.join(macs) or 'nobody'} answers",
        )


@check(
    points=2,
    hints=(
        "Follow one packet: does the frame reach the agent of its node, and does a datagram leave the node?",
        "`%journey` between two pods; `weave status` on worker1 says who decides, and what went wrong with it.",
        "From a peer: to the bridge. From the bridge: to the peer in the table, else to all peers.",
    ),
)
def pods_talk(lab: View) -> None:
    """Every pod reaches every other one and is seen under its own address."""
    for src, dst in itertools.permutations(KEYS, 2):
        (pod, own), (peer, address) = read_pod(lab, src), read_pod(lab, dst)
        answer = lab.ping(pod, address, at=peer)
        expect(answer.reached, expected=f"an answer from {peer} to {pod}", observed=answer.detail)
        expect(answer.seen_source == own, expected=f"{peer} sees {own}", observed=f"it sees {answer.seen_source}")


@check(
    points=2,
    after=("pods_talk",),
    hints=(
        "A ping to a pod whose place is known: how many nodes have to hear it?",
        "`tcpdump -ni eth0 udp port 6783` on worker1 while one pod pings another: to which addresses do datagrams go?",
        "`table[src] = came_from`; a frame whose `dst` is in the table goes to `[table[dst]]` only.",
    ),
)
def known_frames_go_to_one_peer(lab: View) -> None:
    """A frame for a pod whose place is known leaves worker1 once, to that pod's node."""
    pod, _ = read_pod(lab, "w1")
    size = secrets.choice(range(300, 900))  # other checks ping as well: this one is known by its size
    for key in ("w2", "w3"):
        peer, address = read_pod(lab, key)
        expect_answers(lab, [(pod, address)])
        with Capture([lab.machine("worker1")], keep=lambda data: len(data) > size) as capture:
            answer = lab.ping(pod, address, size=size)
            frames = capture.read_frames(0.15)
        expect(answer.reached, expected=f"an answer from {peer} to {pod}", observed=answer.detail)
        goals = [
            outer["IP"]["dst"]
            for frame, outer, inner in list_wrapped(frames)
            if frame.direction == "out"
            and "IP" in inner
            and (inner["IP"]["dst"], inner["IP"]["len"]) == (address, size + 28)
        ]
        only = lab.values[key]["address"]
        expect(
            goals == [only], expected=f"one datagram, to {only} ({peer})", observed=f"datagrams to {goals or 'nobody'}"
        )


@check(
    points=1,
    after=("pods_talk",),
    hints=(
        "worker2 sends its broadcast to all peers. Who has heard it when worker1 gets its copy?",
        "`tcpdump -ni eth0 udp port 6783` on worker1 while a pod of worker2 asks for an address that nobody has.",
        '`if came_from != "bridge": return ["bridge"]`',
    ),
)
def nothing_is_sent_on(lab: View) -> None:
    """A broadcast is wrapped by its own node only, once for each other node."""
    address = str(ipaddress.IPv4Network(lab.values["pool"])[UNUSED])
    nodes = [lab.machine(node) for node in NODES.values()]
    asked = ipaddress.IPv4Address(address).packed
    with Capture(nodes, keep=lambda data: asked in data) as capture:
        pods = [(read_pod(lab, key)[0], address, "eth0") for key in KEYS]
        macs = {read_mac(lab, pod): node for (pod, _, _), node in zip(pods, NODES.values(), strict=True)}
        lab.ask_arp_many(pods)
        frames = capture.read_frames(0.1)
    heard: dict[str, list[str]] = {node: [] for node in NODES.values()}
    for frame, _, inner in list_wrapped(frames):
        if frame.direction == "out" and "ARP" in inner and inner["ARP"]["pdst"] == address:
            origin = macs.get(str(inner["Ether"]["src"]), "somebody")
            heard.setdefault(origin, []).append(frame.machine)
    for origin, senders in heard.items():
        expect(
            senders and len(senders) % 2 == 0 and set(senders) == {origin},
            expected=f"a broadcast of {origin} is sent by {origin}, to two nodes",
            observed=f"it is sent by {', '.join(senders) or 'nobody'}",
        )


@check(
    points=2,
    hints=(
        "Who decides on worker1 at the moment, and since when?",
        "`weave status` on worker1, the line Forwarding: when your function failed, it says how.",
        "Put it right and `weave forward forward.py`.",
    ),
)
def your_function_decides(lab: View) -> None:
    """On worker1 your function decides, and it has not failed."""
    forwarding = json.loads(ask_weave(lab, "worker1", "report"))["forwarding"]
    why = forwarding["failed"] or f"{forwarding['by']}, {forwarding['decisions']} decisions"
    expect(
        forwarding["by"].endswith(".py") and not forwarding["failed"] and forwarding["decisions"] > 0,
        expected="a file of yours decides, and did so at least once",
        observed=why,
    )
    expect_answers(lab, [(read_pod(lab, "w1")[0], read_pod(lab, "w2")[1])])


@check(
    points=1,
    after=("pods_talk",),
    hints=(
        "What does a packet gain when it is wrapped, and how much room is left for it?",
        "`ip link show eth0` in each pod; `ping -M do -s SIZE`: which size is the largest that is answered?",
        "`ip link set eth0 mtu 1438` in the pod.",
    ),
)
def full_packets_arrive(lab: View) -> None:
    """The largest packet that a pod's own MTU allows reaches every other pod whole."""
    for src, dst in itertools.permutations(KEYS, 2):
        (pod, _), (peer, address) = read_pod(lab, src), read_pod(lab, dst)
        mtu = next((link.mtu for link in read_links(lab.machine(pod)) if link.name == "eth0"), 0)
        expect(mtu >= 1280, expected=f"an MTU of at least 1280 in {pod}", observed=str(mtu))
        answer = lab.ping(pod, address, size=mtu - 28, dont_fragment=True)
        expect(answer.reached, expected=f"{mtu} bytes from {pod} reach {peer}", observed=answer.detail)


@check(
    points=1,
    hints=(
        "A pod that comes next week on worker1: what plugs it in, and who forwards its frames?",
        "`labkit cni add test --node worker1` shows every call; `weave status connections` on worker1.",
        "`weave launch …` as the lab began, and a function that does not know any address by heart.",
    ),
)
def new_pod_joins(lab: View) -> None:
    """A new pod on worker1 gets an address that nobody has, reaches the others, and leaves nothing behind."""
    with plug_in_pod(lab, "worker1") as pod:
        others = {read_pod(lab, key)[1] for key in KEYS}
        expect(pod.address not in others, expected="a new address", observed=pod.address)
        expect_answers(lab, [(pod.name, read_pod(lab, key)[1]) for key in ("w2", "w3")])
    left = f" {pod.address}/" in ask_weave(lab, "worker1", "ps")
    expect(not left, expected=f"{pod.address} is free again", observed="it is still in `weave ps`")


@check(
    points=2,
    level="more",
    after=("pods_talk",),
    hints=(
        "Which of the three agents may use the fast datapath, and what does each connection use now?",
        "`weave status connections` on worker2: fastdp or sleeve, for each peer.",
        "On worker2 and worker3: `weave stop`, then `weave launch` as before, with `--mtu 1438` in place of `--no-fastdp`.",
    ),
)
def fast_datapath_between_two(lab: View) -> None:
    """Between worker2 and worker3 the kernel carries the frames, in VXLAN; with worker1 it is sleeve as before."""
    for src, dst, port in (("w2", "w3", FASTDP), ("w2", "w1", SLEEVE), ("w3", "w1", SLEEVE)):
        (pod, _), (_, address) = read_pod(lab, src), read_pod(lab, dst)
        wanted = ipaddress.IPv4Address(address).packed
        with Capture([lab.machine(NODES[src])], keep=lambda data, wanted=wanted: wanted in data) as capture:
            expect_answers(lab, [(pod, address)])
            frames = capture.read_frames(0.1)
        ports = {outer["UDP"]["dport"] for frame, outer, inner in list_wrapped(frames) if "ICMP" in inner}
        expect(
            ports == {port},
            expected=f"UDP port {port} between {NODES[src]} and {NODES[dst]}",
            observed=f"ports {sorted(ports)}",
        )
