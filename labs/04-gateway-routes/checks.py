"""Lab 04: pods on four nodes in two racks, by routes alone."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterable

from labkit.check import View, check, expect

NEIGHBOURS = ("w1", "w2", "w3")
FAR = "w4"


def read_pod(lab: View, key: str) -> tuple[str, str]:
    """Name and address of a node's pod: the second address of the node's prefix."""
    values = lab.values[key]
    return values["pod"], str(ipaddress.IPv4Network(values["prefix"])[2])


def expect_answers(lab: View, pairs: Iterable[tuple[str, str]]) -> None:
    """Every pod reaches the other one; both named by their keys in lab.toml."""
    lab.expect_answers((read_pod(lab, src)[0], read_pod(lab, dst)[1]) for src, dst in pairs)


@check(
    points=2,
    hints=(
        "There are two packets, the question and the answer. Which of the two gets lost, and where?",
        "`%journey` from one to the other; then `ip route` on the machine where it ends.",
        "On worker1 `ip route add PREFIX-OF-WORKER2 via ADDRESS-OF-WORKER2`, and the same the other way round; forwarding on.",
    ),
)
def first_two_talk(lab: View) -> None:
    """The pods of worker1 and worker2 reach each other."""
    expect_answers(lab, [("w1", "w2"), ("w2", "w1")])


@check(
    points=3,
    hints=(
        "Three nodes, each must know the other two. How many routes is that, and how many do you see?",
        "`ip route` on worker1, worker2 and worker3: two lines with `via` on each.",
        "On worker3: `ip route add PREFIX via ADDRESS` for worker1 and worker2; on both of them one for worker3.",
    ),
)
def mesh_is_complete(lab: View) -> None:
    """Every pod of the first rack reaches every other one there."""
    expect_answers(lab, itertools.permutations(NEIGHBOURS, 2))


@check(
    points=3,
    hints=(
        "Which machines does a packet to the other rack pass, and does each of them know both ends?",
        "`ip route` on router1: does it know the prefix of every node?",
        "`ip route add PREFIX via ROUTER` on the nodes; `ip route add PREFIX via NODE` on router1 for all four.",
    ),
)
def other_rack_is_reached(lab: View) -> None:
    """The pod behind the router and the three others reach each other."""
    expect_answers(lab, [pair for key in NEIGHBOURS for pair in ((key, FAR), (FAR, key))])


@check(
    points=1,
    hints=(
        "Who does the other pod think is talking to it?",
        "`tcpdump -ni eth0 icmp` in the pod that is pinged: look at the source address.",
        "Take the translation away: `iptables -t nat -F`, and give the missing routes instead.",
    ),
)
def nobody_translates(lab: View) -> None:
    """Each pod is seen under its own address, by ping and by TCP."""
    for src, dst in (("w1", "w2"), ("w2", "w3"), ("w3", FAR), (FAR, "w1")):
        (name, own), (peer, address) = read_pod(lab, src), read_pod(lab, dst)
        for answer in (lab.ping(name, address, at=peer), lab.connect_tcp(name, address, 8080, at=peer)):
            expect(answer.reached, expected=f"{name} reaches {peer}", observed=answer.detail)
            expect(answer.seen_source == own, expected=f"{peer} sees {own}", observed=f"it sees {answer.seen_source}")


@check(
    points=1,
    hints=(
        "Two nodes hang on the same switch. Which machines does a packet between their pods have to pass?",
        "`traceroute -n` from one pod to the other: two hops, or three?",
        "On each node: `ip route add PREFIX via THE-OTHER-NODE`, not via the router.",
    ),
)
def neighbours_need_no_router(lab: View) -> None:
    """Between neighbours a packet passes their two nodes and nobody else."""
    pods = [(read_pod(lab, src), read_pod(lab, dst)) for src, dst in itertools.combinations(NEIGHBOURS, 2)]
    paths = lab.trace_paths([(name, address) for (name, _), (_, address) in pods])
    for ((name, _), (peer, address)), path in zip(pods, paths, strict=True):
        shown = " -> ".join(hop or "*" for hop in path) or "no answer at all"
        expect(path[-1:] == [address], expected=f"{name} reaches {peer}", observed=shown)
        expect(len(path) == 3, expected=f"two nodes between {name} and {peer}", observed=shown)
