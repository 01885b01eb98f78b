"""Lab 04: pods on four nodes in two racks, by routes alone."""

from __future__ import annotations

import contextlib
import itertools

from labkit.check import View, both_ways, check, expect, wire_in_beside

NEIGHBOURS = ("a", "b", "c")
FAR = "d"


@check(
    points=2,
    hints=(
        "There are two packets, the question and the answer. Which of the two gets lost, and where?",
        "`%journey` from one to the other; then `ip route` on the machine where it ends.",
        "On worker1 `ip route add PREFIX-OF-WORKER2 via ADDRESS-OF-WORKER2`, and the same the other way round; forwarding on.",
    ),
)
def first_two_talk(view: View) -> None:
    """The pods of worker1 and worker2 reach each other."""
    view.expect_reach(both_ways(*view.places("a", "b")))


@check(
    points=3,
    hints=(
        "Three nodes, each must know the other two. How many routes is that, and how many do you see?",
        "`ip route` on worker1, worker2 and worker3: two lines with `via` on each.",
        "On worker3: `ip route add PREFIX via ADDRESS` for worker1 and worker2; on both of them one for worker3.",
    ),
)
def mesh_is_complete(view: View) -> None:
    """Every pod of the first rack reaches every other one there."""
    view.expect_reach(both_ways(*view.places(*NEIGHBOURS)))


@check(
    points=3,
    hints=(
        "Which machines does a packet to the other rack pass, and does each of them know both ends?",
        "`ip route` on router1: does it know the prefix of every node?",
        "`ip route add PREFIX via ROUTER` on the nodes; `ip route add PREFIX via NODE` on router1 for all four.",
    ),
)
def other_rack_is_reached(view: View) -> None:
    """The pod behind the router and the three others reach each other."""
    far = view.place(FAR)
    view.expect_reach(pair for pod in view.places(*NEIGHBOURS) for pair in ((pod, far), (far, pod)))


@check(
    points=1,
    after=("mesh_is_complete", "other_rack_is_reached"),
    hints=(
        "Who does the other pod think is talking to it?",
        "`tcpdump -ni eth0 icmp` in the pod that is pinged: look at the source address.",
        "Take the translation away: `iptables -t nat -F`, and give the missing routes instead.",
    ),
)
def nobody_translates(view: View) -> None:
    """Each pod is seen by every other one under its own address."""
    view.expect_seen(both_ways(*view.places(*NEIGHBOURS, FAR)))


@check(
    points=1,
    hints=(
        "Two nodes hang on the same switch. Which machines does a packet between their pods have to pass?",
        "`traceroute -n` from one pod to the other, and back: three lines, or four?",
        "On each node: `ip route add PREFIX via THE-OTHER-NODE`, not via the router.",
    ),
)
def neighbours_need_no_router(view: View) -> None:
    """Between neighbours a packet passes their two nodes and nobody else."""
    pairs = list(both_ways(*view.places(*NEIGHBOURS)))  # the answers have a way of their own
    paths = view.trace_paths([(src.name, dst.address) for src, dst in pairs])
    for (src, dst), path in zip(pairs, paths, strict=True):
        shown = " -> ".join(hop or "*" for hop in path) or "no answer at all"
        expect(path[-1:] == [dst.address], expected=f"{src.name} reaches {dst.name}", observed=shown)
        expect(len(path) == 3, expected=f"two nodes between {src.name} and {dst.name}", observed=shown)


@check(
    points=2,
    acts=True,
    after=("mesh_is_complete", "other_rack_is_reached"),
    hints=(
        "A node gets its next pod tomorrow. Does a route name that pod, or the whole prefix of its node? And does every machine answer ARP?",
        "`ip route` on every node and on router1: which destinations are single addresses? Then `ip neigh flush all` everywhere, and one ping.",
        "Routes for the prefixes: `ip route add PREFIX-OF-NODE via ADDRESS-OF-NODE`. Who keeps silent to ARP: `sysctl -a | grep arp_ignore`, `ip link` (NOARP).",
    ),
)
def next_pods_are_served(view: View) -> None:
    """Pods that come later, one on every node, are reached by the others and reach them, also when all ARP tables are empty."""
    old = view.places(*NEIGHBOURS, FAR)
    with contextlib.ExitStack() as stack:
        new = [stack.enter_context(wire_in_beside(view, pod)) for pod in old]
        apart = [(pod, other) for pod, other in itertools.product(new, old) if new.index(pod) != old.index(other)]
        ring = list(zip(old, new[1:] + new[:1], strict=True))
        view.expect_seen([*both_ways(*new), *ring, *((pod, other) for other, pod in ring)])
        view.expect_found(apart)
