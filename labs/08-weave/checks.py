"""Lab 08: pods on one large Ethernet, carried between the nodes by agents; one agent's decision is the learner's."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from labkit import CannotTell
from labkit.check import Failed, View, both_ways, check, expect, plug_in_pod
from labkit.net import Capture, Frame, decode

KEYS = ("a", "b", "c")
NODES = {"a": "worker1", "b": "worker2", "c": "worker3"}
BRIDGE, AGENTS_PORT = "weave", "vethwe-bridge"
IPV4, EXPERIMENT = bytes.fromhex("0800"), bytes.fromhex("88b6")  # EtherTypes; no kernel listens to the second
PACKETS = (socket.AF_PACKET, socket.SOCK_RAW)
SLOW = 0.1  # seconds for one decision
SLEEVE, FASTDP = 6783, 6784
LEAST_MTU = 1280
UNUSED = 700_000  # nobody's place in the pool


def ask_weave(view: View, node: str, *words: str) -> str:
    """What `weave …` says on a node: a claim, for the learner can put another program there."""
    ran = view.machine(node).run(["weave", *words], timeout=5)
    expect(ran.status == 0, expected=f"weave {' '.join(words)} answers on {node}", observed=ran.stderr.strip())
    return ran.stdout


def read_forwarding(view: View) -> dict[str, Any]:
    """What worker1's agent says about who decides: a claim, which can make a check red and tell why, never green."""
    said = ask_weave(view, "worker1", "report")
    try:
        told = json.loads(said)["forwarding"]
        return {"by": str(told["by"]), "failed": told["failed"], "seconds": float(told["seconds"])}
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


class Function:
    """worker1's agent as frames see it: one is given to an agent, and where worker1's puts it is seen on the wire.

    MACs are made up for each check: no table knows them by heart.
    """

    def __init__(self, view: View, capture: Capture, ports: Mapping[str, socket.socket]) -> None:
        self._view, self._capture, self._ports = view, capture, ports
        self._asker = invent_mac()
        self._nodes = {view.values[key]["address"]: view.values[key]["name"] for key in ("w1", "w2", "w3")}

    def follow(self, came_from: str, src: str, dst: str) -> list[str]:
        """Where worker1's agent puts a frame that comes from the bridge of a node: `bridge`, or nodes, one for each copy.

        A second frame, which any function passes on, says that the first was dealt with.
        """
        first, last = secrets.token_bytes(16), secrets.token_bytes(16)
        closing = (self._asker, invent_mac()) if came_from == "worker1" else (invent_mac(), self._asker)
        self._send(came_from, pack_frame(src, dst, first), pack_frame(*closing, last))
        frames = self._capture.read_frames(self._view.limit(2.0), enough=lambda frames: bool(self._find(frames, last)))
        if not self._find(frames, last):
            raise CannotTell(
                "worker1's agent did not come to a frame of this check in time", hint="`weave status` there"
            )
        return self._find(frames, first)

    def _send(self, node: str, *frames: bytes) -> None:
        try:
            for frame in frames:
                self._ports[node].send(frame)
        except OSError as error:
            raise Failed(expected=f"{AGENTS_PORT} of {node} carries a frame", observed=str(error)) from error

    def _find(self, frames: Iterable[Frame], mark: bytes) -> list[str]:
        return [place for frame in frames if mark in frame.data and (place := self._find_place(frame))]

    def _find_place(self, frame: Frame) -> str | None:
        """What worker1's agent does is seen where a frame leaves it: its own port of the bridge, or a datagram."""
        if (frame.link, frame.direction) == (AGENTS_PORT, "in"):
            return "bridge"
        if frame.direction == "out" and frame.data[12:14] == IPV4:
            return self._nodes.get(socket.inet_ntoa(frame.data[30:34]))  # the goal, in an IP header behind Ethernet's
        return None

    def expect(self, came_from: str, macs: tuple[str, str], places: list[str], *, why: str) -> None:
        """It goes to these places, a copy to each."""
        seen = self.follow(came_from, *macs)
        origin = "the own bridge" if came_from == "worker1" else came_from
        expect(
            sorted(seen) == sorted(places),
            expected=f"a frame from {origin} {why} goes to {', '.join(places) or 'nobody'}",
            observed=f"worker1's agent gives it to {', '.join(seen) or 'nobody'}",
        )


@contextlib.contextmanager
def watch_function(view: View) -> Iterator[Function]:
    """Frames can be given to the agents, and worker1's is watched, while this lasts."""
    with contextlib.ExitStack() as stack:
        ports = {node: stack.enter_context(view.machine(node).open_socket(*PACKETS)) for node in NODES.values()}
        for node, port in ports.items():
            bind_to_agent(node, port)
        kept = stack.enter_context(Capture([view.machine("worker1")], keep=lambda data: EXPERIMENT in data))
        yield Function(view, kept, ports)


def bind_to_agent(node: str, port: socket.socket) -> None:
    """What is sent here the node's agent takes for a frame of its own bridge."""
    try:
        port.bind((AGENTS_PORT, 0))
    except OSError as error:
        raise Failed(expected=f"{AGENTS_PORT} on {node}", observed=str(error)) from error


def invent_mac() -> str:
    """A unicast MAC that nobody has (IEEE 802: locally administered)."""
    return f"02:{secrets.token_bytes(5).hex(':')}"


def pack_frame(src: str, dst: str, mark: bytes) -> bytes:
    """An Ethernet frame that carries a mark."""
    macs = (bytes.fromhex(mac.replace(":", "")) for mac in (dst, src))
    return b"".join((*macs, EXPERIMENT, mark)).ljust(60, b"\0")


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
        "`weave status` on worker1, the line Forwarding: when your function failed, it says how, and how long a decision takes.",
        "Put it right and `weave forward forward.py`.",
    ),
)
def your_function_decides(view: View) -> None:
    """On worker1 your function decides, and it has not failed."""
    said = read_forwarding(view)
    why = said["failed"] or said["by"]
    expect(said["by"] != "own rules" and not said["failed"], expected="a file of yours decides", observed=why)
    expect(
        said["seconds"] < SLOW,
        expected=f"it decides about a frame within {SLOW:g} s",
        observed=f"{said['seconds']:g} s for each",
    )
    view.expect_reach(both_ways(*view.places("a", "b")))
    mac = invent_mac()
    with watch_function(view) as agent:
        agent.follow("worker1", mac, invent_mac())
        seen = agent.follow("worker2", mac, invent_mac())
    # the agent's own rules take this for a loop and drop it: what delivers it is the learner's
    expect(
        "bridge" in seen,
        expected="a frame from worker2 with a MAC that was on the own bridge goes to the bridge",
        observed=f"worker1's agent gives it to {', '.join(seen) or 'nobody'}, as its own rules do",
    )


@check(
    points=2,
    after=("known_frames_go_to_one_peer",),
    hints=(
        "A pod moves from one node to another: which of its frames tells your function so?",
        'Call it by hand: `python3 -i forward.py`, `t = {}`, `forward("x", "y", "bridge", t, ["worker2"])`, then from worker2: what is in `t`?',
        "`table[src] = came_from` for every frame, before anything else; for a `dst` on the own bridge: `[]`.",
    ),
)
def what_moves_is_found(view: View) -> None:
    """A frame goes where its receiver was heard last: one node, after a move another one; nowhere when that is worker1's own bridge."""
    mac, asker, other = (invent_mac() for _ in range(3))
    with watch_function(view) as agent:
        agent.expect("worker1", (asker, mac), ["worker2", "worker3"], why="for a MAC that was never heard")
        for home in ("worker1", "worker2", "worker3", "worker1"):
            expect_found(agent, home, mac, asker)
        agent.expect("worker3", (other, asker), ["bridge"], why="for a MAC of the own bridge")
        agent.expect("worker2", (invent_mac(), other), ["bridge"], why="for a MAC of worker3")


def expect_found(agent: Function, home: str, mac: str, asker: str) -> None:
    """A MAC that has moved to a node is found there by one on worker1's bridge."""
    if home == "worker1":
        agent.expect(home, (mac, invent_mac()), ["worker2", "worker3"], why="with a MAC that is new there")
        agent.expect("worker1", (asker, mac), [], why="for a MAC that was heard last from there")
    else:
        agent.expect(home, (mac, asker), ["bridge"], why="with a MAC that was somewhere else before")
        agent.expect("worker1", (asker, mac), [home], why=f"for a MAC that was heard last from {home}")


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
