"""Lab 03: three pods and their node on one bridge."""

from __future__ import annotations

from labkit.check import Place, View, both_ways, check, draw_host, expect, wire_in_pod

BRIDGE = "cni0"
PODS = ("a", "b", "c")


@check(
    points=2,
    hints=(
        "What has to be true of a pod's eth0 before a frame can leave it, and of the other end before it can arrive?",
        "Look at `ip -br addr` in both pods and at `bridge link` on worker1.",
        "`ip link set veth-POD master cni0 up` on worker1; address and `ip link set eth0 up` in the pod.",
    ),
)
def first_two_talk(view: View) -> None:
    """The first two pods reach each other."""
    view.expect_reach(both_ways(*view.places("a", "b")))


@check(
    points=2,
    hints=(
        "What did you do for the second pod? In which order, and which of it is still missing here?",
        "Look at `ip netns`, `bridge link` and `ip -n POD -br addr` on worker1.",
        "`ip netns add POD`, `ip link add veth-POD type veth peer name eth0 netns POD`, master, address, both ends up.",
    ),
)
def third_pod_talks(view: View) -> None:
    """The third pod reaches the other two, and they reach it."""
    a, b, c = view.places(*PODS)
    view.expect_reach([(c, a), (c, b), (a, c), (b, c)])


@check(
    points=1,
    hints=(
        "A packet to one's own address never leaves the machine. Which interface does it take?",
        "`ip route get OWN-ADDRESS` and `ip -br link` in the pod.",
        "`ip link set lo up` in each pod.",
    ),
)
def each_pod_hears_itself(view: View) -> None:
    """Every pod reaches itself by its own address, as programs in one pod do."""
    view.expect_reach((pod, pod) for pod in view.places(*PODS))


@check(
    acts=True,
    points=2,
    hints=(
        "A pod that you have never seen is plugged into cni0. What would keep the others from hearing it?",
        "Look at `bridge link` on worker1: which links are in cni0?",
        "`ip link set veth-POD master cni0 up` for each of the three.",
    ),
)
def a_new_pod_joins(view: View) -> None:
    """A fourth pod, plugged into cni0 by the check, reaches all three, and they reach it."""
    pods = view.places(*PODS)
    kinds = {name: link.kind for name, link in view.machine("worker1").links().items()}
    expect(kinds.get(BRIDGE) == "bridge", expected=f"a bridge {BRIDGE} on worker1", observed="there is none")
    with wire_in_pod(view, "worker1", BRIDGE, draw_host(view.values["prefix"])) as new:
        view.expect_reach(pair for pod in pods for pair in ((new, pod), (pod, new)))


@check(
    points=1,
    hints=(
        "If two machines answer to one address, who gets the packet? And if nobody answers?",
        "Ask by ARP and count the answers: `arping -c 2 -I cni0 ADDRESS` on worker1, `arping -c 2 -I eth0 GATEWAY` in the pods.",
        "Take the address away where it does not belong: `ip addr del ADDRESS/LENGTH dev eth0` in that pod. Who keeps silent: `sysctl -a | grep arp_ignore`.",
    ),
)
def each_address_is_one_pod(view: View) -> None:
    """On the bridge, exactly one machine answers for each pod's address, and one for the gateway that a pod has."""
    pods = view.places(*PODS)
    ways = [(pod.name, route.via) for pod in pods for route in view.machine(pod.name).routes() if route.via]
    answers = view.ask_arp_many(
        [*(("worker1", pod.address, BRIDGE) for pod in pods), *((*way, "eth0") for way in ways)]
    )
    for pod, macs in zip(pods, answers, strict=False):
        expect(
            len(macs) == 1,
            expected=f"one machine that answers for {pod.address} ({pod.name})",
            observed=f"{len(macs)} answer: {', '.join(macs)}" if macs else "nobody answers",
            by=view.find_evidence("worker1", pod.address),
        )
    for (pod_name, gateway), macs in zip(ways, answers[len(pods) :], strict=True):
        expect(
            macs,  # a node with two links there has two MACs
            expected=f"{pod_name} is answered for its gateway {gateway}",
            observed="nobody answers",
            by=view.find_evidence(pod_name, gateway),
        )


@check(
    points=2,
    hints=(
        "Which of the node's interfaces is in the pods' network, and what is its address?",
        "`ip addr show cni0` and `ip route get POD-ADDRESS` on worker1.",
        "`ip addr add GATEWAY/24 dev cni0` on worker1.",
    ),
)
def node_reaches_pods(view: View) -> None:
    """The node reaches every pod."""
    node = Place("worker1", view.values["node_address"])
    view.expect_reach((node, pod) for pod in view.places(*PODS))


@check(
    points=2,
    hints=(
        "The node's own address is outside the pods' prefix. Whom does a pod ask about the rest of the world?",
        "`ip route` in each pod.",
        "`ip route add default via GATEWAY` in each pod.",
    ),
)
def pods_reach_node(view: View) -> None:
    """Every pod reaches the node by the node's own address, and the node sees who it really is."""
    node = Place("worker1", view.values["node_address"])
    view.expect_seen((pod, node) for pod in view.places(*PODS))
