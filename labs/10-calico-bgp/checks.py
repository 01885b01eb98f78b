"""Lab 10: a node joins a mesh of BGP sessions; and a route reflector in the mesh's place."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from labkit.check import View, both_ways, check, draw_host, expect
from labkit.net import Capture, decode

OTHERS = ("m1", "m2", "m3", "w1")
NODES = (*OTHERS, "w2")
PORT = 179
LASTING = 0.5  # seconds
HEARD = ("birdc", "show", "route", "where", "source", "=", "RTS_BGP")
SESSIONS = ("ss", "-Htn", "state", "established", f"( sport = :{PORT} or dport = :{PORT} )")


@check(
    points=1,
    hints=(
        "Who has to know whom, so that two nodes talk BGP?",
        "`birdc show protocols` on playcekube-worker02 and on another node: what does Info say? `ss -tn` shows the connections.",
        "In worker02's `/etc/bird/bird.conf` a line `protocol bgp … from node { neighbor …; source address …; }` for every other node, then `daemon start bird`.",
    ),
)
def worker02_has_sessions(view: View) -> None:
    """playcekube-worker02 has BGP sessions with other nodes: TCP connections of port 179."""
    addresses = {view.place(key).address for key in OTHERS}
    found = list_sessions(view, "w2") & addresses
    expect(found, expected=f"a connection of port {PORT} with one of {', '.join(sorted(addresses))}", observed="none")


def list_sessions(view: View, key: str) -> set[str]:
    """The far ends of a node's connections of port 179 that last: BIRDs that refuse each other connect, too, and hang up."""
    before = list_connections(view, key)
    with Capture([view.machine(view.place(key).name)]) as capture:
        capture.read_frames(LASTING)
    return {far.rpartition(":")[0] for _, far in before & list_connections(view, key)}


def list_connections(view: View, key: str) -> set[tuple[str, str]]:
    """Both ends, with their ports."""
    lines = view.machine(view.place(key).name).probe(SESSIONS).stdout.splitlines()
    return {(line.split()[2], line.split()[3]) for line in lines}


@check(
    points=2,
    hints=(
        "Which block of addresses is worker02's, and who tells the others?",
        "`birdc show route protocol static1` on worker02; `birdc show route export Mesh_…`: what goes out by this session? On another node `ip route`.",
        "The block as a static route, and `if net = BLOCK then accept;` in the filter `to_peers`.",
    ),
)
def others_know_worker02(view: View) -> None:
    """Every other node has worker02's block in its kernel, learnt by BGP, with worker02 as the next hop."""
    expect_known(view, [(key, "w2") for key in OTHERS])


@check(
    points=2,
    hints=(
        "What do the other nodes tell, and what becomes of it on worker02?",
        "On worker02 `birdc show route`, then `ip route`: in which of the two are the others' blocks?",
        "`/etc/bird/common.conf` has the protocol kernel and the session's `import all`: include it.",
    ),
)
def worker02_knows_others(view: View) -> None:
    """worker02 has the block of every other node in its kernel, learnt by BGP, with that node as the next hop."""
    expect_known(view, [("w2", key) for key in OTHERS])


def expect_known(view: View, pairs: list[tuple[str, str]]) -> None:
    """The first has the second's block by BIRD, straight to the second, and BIRD has it from a neighbour."""
    with ThreadPoolExecutor(len(pairs)) as pool:
        told = list(pool.map(lambda pair: find_way(view, *pair), pairs))
    for (key, owner), way in zip(pairs, told, strict=True):
        node, other = view.place(key), view.place(owner)
        wanted = f"via {other.address} proto bird"
        expect(
            way == wanted,
            expected=f"{node.name}: {view.values[owner]['block']} {wanted}",
            observed=way or "no such route",
            by=view.find_evidence(node.name, "main"),
        )
    expect_heard(view, pairs)


def expect_heard(view: View, pairs: list[tuple[str, str]]) -> None:
    """BIRD's own word for where its routes are from: static ones look the same in the kernel."""
    nodes = sorted({key for key, _ in pairs})
    with ThreadPoolExecutor(len(nodes)) as pool:
        told = dict(zip(nodes, pool.map(lambda key: view.machine(view.place(key).name).run(HEARD), nodes), strict=True))
    for key, owner in pairs:
        node, block = view.place(key).name, view.values[owner]["block"]
        expect(
            any(line.startswith(f"{block} ") for line in told[key].stdout.splitlines()),
            expected=f"BIRD on {node} has {block} by BGP",
            observed=told[key].stderr.strip() or "not by BGP: it stands in a file of the node's own",
            by=view.find_evidence(node, HEARD[-1]),
        )


def find_way(view: View, key: str, owner: str) -> str:
    """The route to a block, in short; empty when there is none."""
    block = view.values[owner]["block"]
    routes = [route for route in view.machine(view.place(key).name).routes() if route.destination == block]
    ways = [
        f"via {', '.join(hop.via or '' for hop in route.nexthops) or route.via or route.kind} proto {route.proto}"
        for route in routes
    ]
    return "; ".join(ways)


@check(
    points=1,
    after=("others_know_worker02",),
    hints=(
        "What does worker02 know that is nobody else's affair?",
        "`ip route show proto bird` on another node: is there more than blocks? On worker02 `birdc show route export Mesh_…`.",
        "The filter `to_peers` accepts the block and rejects the rest.",
    ),
)
def only_blocks_are_told(view: View) -> None:
    """What the nodes have by BGP are blocks of the pool, one of each node, and nothing else."""
    blocks = {view.values[key]["block"] for key in NODES}
    for key in OTHERS:
        node = view.place(key).name
        more = sorted({each.destination for each in view.machine(node).routes() if each.proto == "bird"} - blocks)
        expect(not more, expected=f"{node} has blocks only by BIRD", observed=f"it has {', '.join(more)}")


@check(
    points=1,
    after=("others_know_worker02",),
    hints=(
        "worker02 tells everybody: the whole block is here. What does it do with an address of the block that no pod has?",
        "`ip route get ADDRESS` on worker02 with such an address, and `tcpdump -ni eth0 host ADDRESS` while another node pings it.",
        "`route BLOCK blackhole;` in the protocol static.",
    ),
)
def free_addresses_end_there(view: View) -> None:
    """A packet to an address of worker02's block that no pod has ends on worker02."""
    w2, block = view.place("w2").name, view.values["w2"]["block"]
    address = draw_host(block).partition("/")[0]
    while address == view.values["a"]["address"]:
        address = draw_host(block).partition("/")[0]
    with Capture([view.machine(w2)]) as capture:
        view.ping(view.place("m1").name, address, timeout=0.6)
        frames = [
            (frame.direction, frame.link)
            for frame in capture.read_frames(0.1)
            if any(layer.name == "IP" and layer.fields["dst"] == address for layer in decode(frame))
        ]
    expect(("in", "eth0") in frames, expected=f"a ping to {address} gets to {w2}", observed="it did not arrive")
    out = sorted({link for direction, link in frames if direction == "out"})
    expect(not out, expected=f"{w2} passes it to nobody", observed=f"it leaves again by {', '.join(out)}")


@check(
    points=2,
    hints=(
        "Which node has no route to which block? Both directions count.",
        "`%matrix`, then `ip route` on the pods' nodes.",
        "See the checks about routes first; then what stops packets on the way.",
    ),
)
def pods_talk(view: View) -> None:
    """Every pod reaches every other pod, and is seen under its own address."""
    view.expect_seen(both_ways(*view.places("a", "b", "c")))


@check(
    points=2,
    level="more",
    after=("others_know_worker02", "worker02_knows_others"),
    hints=(
        "How many sessions has each node, and how many does it need if one node tells everything it hears?",
        "`birdc show protocols | grep -c Established` on every node.",
        "On the reflector `rr client;` in each session; on the others only the session with it. `birdc configure` everywhere.",
    ),
)
def one_reflector(view: View) -> None:
    """Four sessions in all: one node reflects, the others talk with it alone; and still every node has every block."""
    with ThreadPoolExecutor(len(NODES)) as pool:
        sessions = dict(zip(NODES, pool.map(lambda key: list_sessions(view, key), NODES), strict=True))
    counts = Counter(len(peers) for peers in sessions.values())
    said = ", ".join(f"{view.place(key).name} {len(peers)}" for key, peers in sessions.items())
    wanted = {len(OTHERS): 1, 1: len(OTHERS)}
    expect(counts == wanted, expected="one node with 4 sessions, the others with 1", observed=said)
    expect_known(view, [(key, owner) for key in NODES for owner in NODES if key != owner])
