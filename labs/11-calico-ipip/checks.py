"""Lab 11: pods' packets cross a router that knows no pods, in IP packets between nodes; and go bare where no router is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from labkit.check import Place, View, both_ways, check, expect
from labkit.net import Capture, Route

NEAR, FAR = ("m1", "w1"), ("m2", "w2")
NODES = (*NEAR, *FAR)
ACROSS = [pair for one in NEAR for other in FAR for pair in ((one, other), (other, one))]
WITHIN = [(one, other) for side in (NEAR, FAR) for one, other in (side, side[::-1])]
PODS = ("a", "b", "c")
PODS_ACROSS = (("a", "c"), ("c", "a"), ("b", "c"), ("c", "b"))
PODS_WITHIN = (("a", "b"), ("b", "a"))
CALLS = (
    ("m1", "c"),
    ("w1", "c"),
    ("m2", "a"),
    ("m2", "b"),
    ("w2", "a"),
    ("w2", "b"),
)  # a node, and a pod of the other subnet
TUNNEL, MTU = "tunl0", 1480
HEADERS = 28  # bytes of IP and ICMP around what ping -s sends
ETHERNET, WRAPPED = 14, 4  # bytes of its header; the protocol of a packet in a packet
Headers = list[tuple[str, str]]  # source and destination of IP headers, outermost first


@check(
    points=2,
    hints=(
        "What does a node need before a route can lead into its tunnel?",
        "`ip -br addr show dev tunl0` on every node.",
        "On each: `ip addr add FIRST-OF-ITS-BLOCK/32 dev tunl0`, `ip link set tunl0 up`.",
    ),
)
def tunnels_are_up(view: View) -> None:
    """On every node tunl0 is up, and has an address of the node's own block."""
    for key in NODES:
        node = view.place(key)
        links = view.machine(node.name).links()
        up = TUNNEL in links and links[TUNNEL].up
        expect(
            up, expected=f"{TUNNEL} is up on {node.name}", observed="it is down" if TUNNEL in links else "there is none"
        )
        expect(
            find_own(view, key),
            expected=f"{TUNNEL} of {node.name} has an address out of {view.values[key]['block']}",
            observed="it has none",
        )


def find_own(view: View, key: str) -> str:
    """The address by which a node speaks to pods of others: its tunnel's, out of its own block. Empty: it has none."""
    block = IPv4Network(view.values[key]["block"])
    found = view.machine(view.place(key).name).addresses(TUNNEL)
    return next((each.address for each in found if IPv4Address(each.address) in block), "")


@check(
    points=2,
    after=("tunnels_are_up",),
    hints=(
        "By which link does a packet for a pod of the other subnet leave now, and who is its next hop?",
        "`ip route` on every node: do the other subnet's blocks say `via NODE dev tunl0`? `birdc show route export kernel1` is what BIRD gives the kernel.",
        'In /etc/bird/to_kernel.conf: `ifname = "tunl0"; onlink = true; gw = bgp_next_hop;`, in this order, for what came by BGP; then `birdc configure`.',
    ),
)
def blocks_lead_into_the_tunnel(view: View) -> None:
    """Every node's route to a block of the other subnet leads into tunl0, with that block's node as the next hop."""
    for key, owner, route in find_ways(view, ACROSS):
        wanted = f"via {view.place(owner).address} dev {TUNNEL}"
        expect(
            route and (route.via, route.dev) == (view.place(owner).address, TUNNEL),
            expected=f"{view.place(key).name}: {view.values[owner]['block']} {wanted}",
            observed=render(route),
            by=view.find_evidence(view.place(key).name, "main"),
        )


def find_ways(view: View, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str, Route | None]]:
    """The first's route to the second's block."""
    asked = list(pairs)
    nodes = sorted({key for key, _ in asked})
    with ThreadPoolExecutor(len(nodes)) as pool:
        tables = dict(zip(nodes, pool.map(lambda key: view.machine(view.place(key).name).routes(), nodes), strict=True))
    found = {(key, each.destination): each for key, table in tables.items() for each in table}
    return [(key, owner, found.get((key, view.values[owner]["block"]))) for key, owner in asked]


def render(route: Route | None) -> str:
    """As a person reads it."""
    if route is None:
        return "no such route"
    return f"via {route.via} dev {route.dev}" if route.via else f"{route.kind} dev {route.dev}"


@check(
    points=2,
    hints=(
        "router1 knows its two cables and no pods. Which addresses must it read?",
        "`%journey` from one pod to the other; `tcpdump -ni eth0 proto 4` on router1 while it pings.",
        "Both nodes have to wrap: see the checks about tunl0 and about routes. router1 needs nothing.",
    ),
)
def router_sees_nodes_only(view: View) -> None:
    """Between the subnets pods' packets travel in IP packets of protocol 4, from node to node."""
    seen = list_packets(view, ("r1",), "", PODS_ACROSS)
    for src, dst in PODS_ACROSS:
        caller, called = view.place(src), view.place(dst)
        said = f"what {caller.name} sends to {called.name}"
        ways = {render_way(headers) for headers in seen if headers[-1] == (caller.address, called.address)}
        wanted = f"in IP {view.node_of(caller).address} to {view.node_of(called).address}"
        expect(
            ways == {wanted},
            expected=f"{said} passes router1 {wanted}",
            observed=", ".join(sorted(ways)) or "it did not",
        )


def list_packets(view: View, keys: Iterable[str], link: str, pairs: Iterable[tuple[str, str]]) -> list[Headers]:
    """What comes in on these machines (by one link) while pods reach each other, by pings, UDP and TCP."""
    places = [(view.place(src), view.place(dst)) for src, dst in pairs]
    with Capture([view.machine(view.values[key]["name"]) for key in keys]) as capture:
        view.expect_reach(places)
        frames = [frame for frame in capture.read_frames(0.1) if frame.direction == "in" and link in ("", frame.link)]
    asked = {(src.address, dst.address) for src, dst in places}
    return [headers for frame in frames if (headers := parse_packet(frame.data)) and headers[-1] in asked]


def parse_packet(data: bytes) -> Headers:
    """The IPv4 headers of an Ethernet frame, as far as one is in another (protocol 4, RFC 2003)."""
    headers: Headers = []
    at, protocol = ETHERNET, WRAPPED
    while protocol == WRAPPED and len(data) >= at + 20 and data[at] >> 4 == 4:
        headers.append((str(IPv4Address(data[at + 12 : at + 16])), str(IPv4Address(data[at + 16 : at + 20]))))
        first = int.from_bytes(data[at + 6 : at + 8]) & 0x1FFF == 0  # of its fragments
        at, protocol = at + (data[at] & 15) * 4, data[at + 9] if first else 0
    return headers


def render_way(headers: Headers) -> str:
    """How a packet travels."""
    return " ".join(f"in IP {src} to {dst}" for src, dst in headers[:-1]) or "bare"


@check(
    points=2,
    hints=(
        "Which pairs of pods have a router between them, and what do their nodes do with the packet?",
        "`%matrix`; `%journey` for a pair that fails.",
        "See the checks about tunl0 and about routes first; then what stops packets on the way.",
    ),
)
def pods_talk(view: View) -> None:
    """Every pod reaches every other pod, and is seen under its own address."""
    view.expect_seen(both_ways(*view.places(*PODS)))


@check(
    points=2,
    after=("blocks_lead_into_the_tunnel",),
    hints=(
        "Who is between two nodes of one subnet? What is the outer header for there?",
        "`ip route` on master01: which lines need not say tunl0? `tcpdump -ni eth0 proto 4` there, while the two pods of its subnet ping each other.",
        "In to_kernel.conf the three settings only `if ! (bgp_next_hop ~ OWN_SUBNET) then { … }`.",
    ),
)
def own_subnet_is_bare(view: View) -> None:
    """Within a subnet pods' packets go from node to node as they are."""
    for key, owner, route in find_ways(view, WITHIN):
        expect(
            route and (route.via, route.dev) == (view.place(owner).address, "eth0"),
            expected=f"{view.place(key).name}: {view.values[owner]['block']} via {view.place(owner).address} dev eth0",
            observed=render(route),
            by=view.find_evidence(view.place(key).name, "main"),
        )
    seen = list_packets(view, NEAR, "eth0", PODS_WITHIN)
    wrapped = sorted({render_way(headers) for headers in seen} - {"bare"})
    expect(seen, expected="what goes between the pods of one subnet passes their nodes' eth0", observed="they did not")
    expect(not wrapped, expected="no header more than the pods' own", observed=", ".join(wrapped))


@check(
    points=2,
    after=("pods_talk",),
    hints=(
        "How large is a packet of a pod once it is wrapped, and what do the cables carry?",
        "`ping -M do -s 1472` from a pod to one of the other subnet; `ip link show eth0` in the pods, `ip link show tunl0` on the nodes.",
        "20 bytes less than the cable: `ip link set eth0 mtu 1480` in every pod.",
    ),
)
def full_size_fits(view: View) -> None:
    """The largest packet that a pod's interface lets out gets to the other subnet in one piece: 1480 bytes, or more on better cables."""
    pairs = [(view.place(src), view.place(dst)) for src, dst in PODS_ACROSS]
    sizes = {place.name: find_mtu(view, place) for place in view.places(*PODS)}
    with ThreadPoolExecutor(len(pairs)) as pool:
        answers = list(pool.map(lambda pair: ping_whole(view, pair[0], pair[1], sizes), pairs))
    for (src, dst), answer in zip(pairs, answers, strict=True):
        said = f"{sizes[src.name]} bytes from {src.name} to {dst.name} are answered"
        expect(answer.reached, expected=said, observed=answer.detail)
    small = {name: size for name, size in sizes.items() if size < MTU}
    expect(
        not small,
        expected=f"pods send {MTU} bytes",
        observed=", ".join(f"{name}: {size}" for name, size in small.items()),
    )


def find_mtu(view: View, pod: Place) -> int:
    """Of a pod's interface."""
    links = view.machine(pod.name).links()
    return links["eth0"].mtu if "eth0" in links else 0


def ping_whole(view: View, src: Place, dst: Place, sizes: Mapping[str, int]) -> Any:
    """As large as the interface lets out, and not to be cut."""
    size = sizes[src.name] - HEADERS
    return view.ping(src.name, dst.address, size=max(size, HEADERS), dont_fragment=True)


@check(
    points=1,
    after=("tunnels_are_up",),
    hints=(
        "By which of its addresses does a node speak when it sends by tunl0 itself?",
        "`ip route get` on a node with a pod of the other subnet: `src`; `ping` from there, `tcpdump -ni eth0` in the pod.",
        "An address on tunl0, as the first check wants it; and no rule that translates.",
    ),
)
def nodes_call_from_the_tunnel(view: View) -> None:
    """A node reaches the pods of the other subnet, which see the address of its tunnel."""
    own = {view.place(key).name: find_own(view, key) for key in NODES}
    view.expect_seen(
        ((view.place(node), view.place(pod)) for node, pod in CALLS), source=lambda node, _: own[node.name]
    )
