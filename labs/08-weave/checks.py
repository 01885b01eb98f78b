"""Lab 08: pods on one large Ethernet, carried between the nodes by agents; one agent's decision is the learner's."""

from __future__ import annotations

import ipaddress
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from labkit.check import Failed, View, both_ways, check, expect, plug_in_pod
from labkit.net import Capture, Frame, decode

KEYS = ("a", "b", "c")
NODES = {"a": "worker1", "b": "worker2", "c": "worker3"}
BRIDGE = "weave"
SLEEVE, FASTDP = 6783, 6784
LEAST_MTU = 1280
UNUSED = 700_000  # nobody's place in the pool


def ask_weave(view: View, node: str, *words: str) -> str:
    """What `weave …` says on a node."""
    ran = view.machine(node).run(["weave", *words], timeout=5)
    expect(ran.status == 0, expected=f"weave {' '.join(words)} answers on {node}", observed=ran.stderr.strip())
    return ran.stdout


def read_forwarding(view: View) -> dict[str, Any]:
    """What worker1's agent says about who decides: a claim, which has to fit what the check sends."""
    said = ask_weave(view, "worker1", "report")
    try:
        forwarding = json.loads(said)["forwarding"]
        return {"by": str(forwarding["by"]), "failed": forwarding["failed"], "decisions": int(forwarding["decisions"])}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Failed(expected="a report of worker1's agent", observed=said[:200] or "nothing") from None


def read_mac(view: View, pod: str) -> str:
    """The MAC of a pod's eth0."""
    link = view.machine(pod).links().get("eth0")
    expect(link, expected=f"eth0 in {pod}", observed="there is none")
    return str(link.mac) if link else ""


def carries(address: str) -> Callable[[bytes], bool]:
    """Whether a frame has this address in it."""
    packed = ipaddress.IPv4Address(address).packed
    return lambda data: packed in data


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
def first_pod_is_plugged(view: View) -> None:
    """The pod of worker1 hangs on the bridge weave, with the address that its agent gave it and a way out."""
    pod = view.place("a")
    length = ipaddress.IPv4Network(view.values["pool"]).prefixlen
    own = [each.prefix for each in view.machine(pod.name).addresses("eth0")]
    wanted = f"{pod.address}/{length}"
    expect(wanted in own, expected=f"{wanted} on eth0", observed=", ".join(own) or "no address")
    ports = [port.link for port in view.machine("worker1").ports(BRIDGE)]
    plugged = any(name.startswith("vethwepl") for name in ports)
    expect(plugged, expected="a port vethwepl… of weave on worker1", observed=", ".join(ports) or "no port")
    said = ask_weave(view, "worker1", "ps")
    expect(f" {pod.address}/" in said, expected=f"{pod.address} in `weave ps`", observed="not there")
    view.expect_answers([(pod.name, view.values["w1"]["bridge"]), (pod.name, view.values["w3"]["address"])])


@check(
    points=2,
    hints=(
        "The question is a broadcast, the answer is not. Which of the two gets lost, and at which agent?",
        "`tcpdump -ni vethwe-pcap arp` on worker1 and worker2: what comes, what goes?",
        "Broadcasts from the bridge go to all peers; what a peer sent goes to the bridge.",
    ),
)
def arp_crosses(view: View) -> None:
    """A pod's ARP question for a pod on another node is answered by that pod, and by nobody else."""
    pairs = both_ways(*view.places(*KEYS))
    wanted = [read_mac(view, dst.name) for _, dst in pairs]
    # the kernels ask neighbours that they know too, but straight, not by broadcast: the answers to that don't count
    answers = view.ask_arp_many([(src.name, dst.address, "eth0") for src, dst in pairs], anonymous=True)
    for (src, dst), mac, macs in zip(pairs, wanted, answers, strict=True):
        expect(
            macs == [mac],
            expected=f"{mac} answers {src.name} for {dst.address}",
            observed=f"{', '.join(macs) or 'nobody'} answers",
            by=view.find_evidence(src.name, dst.address),
        )


@check(
    points=2,
    hints=(
        "Follow one packet: does the frame reach the agent of its node, and does a datagram leave the node?",
        "`%journey` between two pods; `weave status` on worker1 says who decides, and what went wrong with it.",
        "From a peer: to the bridge. From the bridge: to the peer in the table, else to all peers.",
    ),
)
def pods_talk(view: View) -> None:
    """Every pod reaches every other one and is seen under its own address."""
    view.expect_seen(both_ways(*view.places(*KEYS)))


@check(
    points=2,
    after=("pods_talk",),
    hints=(
        "A ping to a pod whose place is known: how many nodes have to hear it?",
        "`tcpdump -ni eth0 udp port 6783` on worker1 while one pod pings another: to which addresses do datagrams go?",
        "`table[src] = came_from`; a frame whose `dst` is in the table goes to `[table[dst]]` only.",
    ),
)
def known_frames_go_to_one_peer(view: View) -> None:
    """A frame for a pod whose place is known leaves worker1 once, to that pod's node."""
    pod = view.place("a")
    size = secrets.choice(range(300, 900))  # other checks ping as well: this one is known by its size
    for key in ("b", "c"):
        peer = view.place(key)
        view.expect_answers([(pod.name, peer.address)])
        with Capture([view.machine("worker1")], keep=lambda data: len(data) > size) as capture:
            answer = view.ping(pod.name, peer.address, size=size)
            frames = capture.read_frames(0.15)
        expect(answer.reached, expected=f"an answer from {peer.name} to {pod.name}", observed=answer.detail)
        goals = [
            outer["IP"]["dst"]
            for frame, outer, inner in list_wrapped(frames)
            if frame.direction == "out"
            and "IP" in inner
            and (inner["IP"]["dst"], inner["IP"]["len"]) == (peer.address, size + 28)
        ]
        only = view.node_of(peer).address
        expect(
            goals == [only],
            expected=f"one datagram, to {only} ({peer.name})",
            observed=f"datagrams to {', '.join(goals) or 'nobody'}",
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
def nothing_is_sent_on(view: View) -> None:
    """A broadcast is wrapped by its own node only, once for each other node."""
    address = str(ipaddress.IPv4Network(view.values["pool"])[UNUSED])
    nodes = [view.machine(node) for node in NODES.values()]
    asked = ipaddress.IPv4Address(address).packed
    with Capture(nodes, keep=lambda data: asked in data) as capture:
        pods = [(view.place(key).name, address, "eth0") for key in KEYS]
        macs = {read_mac(view, pod): node for (pod, _, _), node in zip(pods, NODES.values(), strict=True)}
        view.ask_arp_many(pods)
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
def your_function_decides(view: View) -> None:
    """On worker1 your function decides, and it has not failed."""
    before = read_forwarding(view)
    why = before["failed"] or f"{before['by']}, {before['decisions']} decisions"
    expect(
        before["by"].endswith(".py") and not before["failed"] and before["decisions"] > 0,
        expected="a file of yours decides, and did so at least once",
        observed=why,
    )
    view.expect_reach(both_ways(*view.places("a", "b")))
    after = read_forwarding(view)
    made = after["decisions"] - before["decisions"]
    expect(
        made > 0 and not after["failed"],
        expected="it decides about the frames of this check",
        observed=f"{made} decisions",
    )


@check(
    points=1,
    hints=(
        "What does a packet gain when it is wrapped, and how much room is left for it?",
        "`ip link show eth0` in each pod; `ping -M do -s SIZE`: which size is the largest that is answered?",
        "`ip link set eth0 mtu 1438` in the pod.",
    ),
)
def full_packets_arrive(view: View) -> None:
    """The largest packet that a pod's own MTU allows reaches every other pod whole."""
    for src, dst in both_ways(*view.places(*KEYS)):
        links = view.machine(src.name).links()
        mtu = links["eth0"].mtu if "eth0" in links else 0
        expect(mtu >= LEAST_MTU, expected=f"an MTU of at least {LEAST_MTU} in {src.name}", observed=str(mtu))
        answer = view.ping(src.name, dst.address, size=mtu - 28, dont_fragment=True)
        expect(answer.reached, expected=f"{mtu} bytes from {src.name} reach {dst.name}", observed=answer.detail)


@check(
    acts=True,
    points=1,
    hints=(
        "A pod that comes next week on worker1: what plugs it in, and who forwards its frames?",
        "`labkit cni add test --node worker1` shows every call; `weave status connections` on worker1.",
        "`weave launch …` as the lab began, and a function that does not know any address by heart.",
    ),
)
def new_pod_joins(view: View) -> None:
    """A new pod on worker1 gets an address that nobody has, reaches the others, and leaves nothing behind."""
    with plug_in_pod(view, "worker1") as pod:
        others = view.places(*KEYS)
        expect(pod.address not in {each.address for each in others}, expected="a new address", observed=pod.address)
        view.expect_seen(pair for other in others for pair in ((pod, other), (other, pod)))
    left = f" {pod.address}/" in ask_weave(view, "worker1", "ps")
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
def fast_datapath_between_two(view: View) -> None:
    """Between worker2 and worker3 the kernel carries the frames, in VXLAN; with worker1 it is sleeve as before."""
    for src, dst, port in (("b", "c", FASTDP), ("b", "a", SLEEVE), ("c", "a", SLEEVE)):
        address = view.place(dst).address
        with Capture([view.machine(NODES[src])], keep=carries(address)) as capture:
            view.expect_answers([(view.place(src).name, address)])
            frames = capture.read_frames(0.1)
        own = view.place(src).address
        ports = {
            outer["UDP"]["dport"]
            for _, outer, inner in list_wrapped(frames)
            if "ICMP" in inner and own in (inner["IP"]["src"], inner["IP"]["dst"])
        }
        expect(
            ports == {port},
            expected=f"UDP port {port} between {NODES[src]} and {NODES[dst]}",
            observed=f"ports {', '.join(map(str, sorted(ports)))}",
        )
