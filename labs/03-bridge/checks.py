"""Lab 03: three pods and their node on one bridge."""

from __future__ import annotations

import contextlib
import ipaddress
import secrets
from collections.abc import Iterator

from labkit.check import View, Witness, check, expect
from labkit.net import Batch, read_links

BRIDGE = "cni0"
# A bridge takes the lowest MAC of its ports: the check's own cable must not become it (libvirt's trick, virnetdevtap.c).
HIGHEST_MAC = "fe:ff:ff:ff:ff:fe"


def read_pods(lab: View) -> list[tuple[str, str]]:
    """Name and address of the three pods."""
    return [(lab.values[key]["name"], lab.values[key]["address"]) for key in ("a", "b", "c")]


@contextlib.contextmanager
def plug_in(node: Witness, pod: Witness) -> Iterator[None]:
    """A cable from the bridge into the pod, pulled out again at the end: a namespace's own end takes the kernel a while."""
    cable = f"ve{pod.name}"
    plug, pull = Batch(node), Batch(node)
    plug.add_link(cable, kind="veth", mac=HIGHEST_MAC, peer="eth0", peer_machine=pod)
    plug.set_link(cable, master=BRIDGE, up=True)
    pull.del_link(cable)
    plug.commit()
    try:
        yield
    finally:
        pull.commit()


@check(
    points=2,
    hints=(
        "What has to be true of a pod's eth0 before a frame can leave it, and of the other end before it can arrive?",
        "Look at `ip -br addr` in both pods and at `bridge link` on worker1.",
        "`ip link set veth-POD master cni0 up` on worker1; address and `ip link set eth0 up` in the pod.",
    ),
)
def first_two_talk(lab: View) -> None:
    """The first two pods reach each other."""
    (a, a_address), (b, b_address), _ = read_pods(lab)
    lab.expect_answers([(a, b_address), (b, a_address)])


@check(
    points=2,
    hints=(
        "What did you do for the second pod? In which order, and which of it is still missing here?",
        "Look at `ip netns`, `bridge link` and `ip -n POD -br addr` on worker1.",
        "`ip netns add POD`, `ip link add veth-POD type veth peer name eth0 netns POD`, master, address, both ends up.",
    ),
)
def third_pod_talks(lab: View) -> None:
    """The third pod reaches the other two, and they reach it."""
    (a, a_address), (b, b_address), (c, c_address) = read_pods(lab)
    lab.expect_answers([(c, a_address), (c, b_address), (a, c_address), (b, c_address)])


@check(
    points=1,
    hints=(
        "A packet to one's own address never leaves the machine. Which interface does it take?",
        "`ip route get OWN-ADDRESS` and `ip -br link` in the pod.",
        "`ip link set lo up` in each pod.",
    ),
)
def each_pod_hears_itself(lab: View) -> None:
    """Every pod reaches itself by its own address, as programs in one pod do."""
    lab.expect_answers(read_pods(lab))


@check(
    points=2,
    hints=(
        "A pod that you have never seen is plugged into cni0. What would keep the others from hearing it?",
        "Look at `bridge link` on worker1: which links are in cni0?",
        "`ip link set veth-POD master cni0 up` for each of the three.",
    ),
)
def a_new_pod_joins(lab: View) -> None:
    """A fourth pod, plugged into cni0 by the check, reaches all three."""
    node = lab.machine("worker1")
    kinds = {link.name: link.kind for link in read_links(node)}
    expect(kinds.get(BRIDGE) == "bridge", expected=f"a bridge {BRIDGE} on worker1", observed="there is none")
    name = f"check-{secrets.token_hex(3)}"  # two checks at the same time, or soon after each other, shall not meet
    host = 200 + secrets.randbelow(50)
    with lab.add_pod("worker1", name) as pod, plug_in(node, pod):
        in_pod = Batch(pod)
        in_pod.set_link("eth0", up=True)
        in_pod.add_address(f"{ipaddress.IPv4Network(lab.values['prefix'])[host]}/24", "eth0")
        in_pod.commit()
        lab.expect_answers([(name, other) for _, other in read_pods(lab)])


@check(
    points=1,
    hints=(
        "If two machines answer to one address, who gets the packet?",
        "Ask by ARP and count the answers: `arping -c 2 -I cni0 ADDRESS` on worker1.",
        "Take the address away where it does not belong: `ip addr del ADDRESS/LENGTH dev eth0` in that pod.",
    ),
)
def each_address_is_one_pod(lab: View) -> None:
    """On the bridge, exactly one machine answers for each pod's address."""
    pods = read_pods(lab)
    answers = lab.ask_arp_many([("worker1", address, BRIDGE) for _, address in pods])
    for (name, address), macs in zip(pods, answers, strict=True):
        expect(
            len(macs) == 1,
            expected=f"one machine that answers for {address} ({name})",
            observed=f"{len(macs)} answer: {', '.join(macs)}" if macs else "nobody answers",
        )


@check(
    points=2,
    hints=(
        "Which of the node's interfaces is in the pods' network, and what is its address?",
        "`ip addr show cni0` and `ip route get POD-ADDRESS` on worker1.",
        "`ip addr add GATEWAY/24 dev cni0` on worker1.",
    ),
)
def node_reaches_pods(lab: View) -> None:
    """The node reaches every pod."""
    lab.expect_answers([("worker1", address) for _, address in read_pods(lab)])


@check(
    points=2,
    hints=(
        "The node's own address is outside the pods' prefix. Whom does a pod ask about the rest of the world?",
        "`ip route` in each pod.",
        "`ip route add default via GATEWAY` in each pod.",
    ),
)
def pods_reach_node(lab: View) -> None:
    """Every pod reaches the node by the node's own address, and the node sees who it really is."""
    target = lab.values["node_address"]
    for name, address in read_pods(lab):
        answer = lab.ping(name, target, at="worker1")
        expect(answer.reached, expected=f"an answer from {target} to {name}", observed=answer.detail)
        expect(
            answer.seen_source == address,
            expected=f"worker1 sees {name} as {address}",
            observed=f"worker1 sees {answer.seen_source}",
        )
