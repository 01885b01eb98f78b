"""Lab 05: pods behind two nodes, a host outside that does not know them."""

from __future__ import annotations

import contextlib
import secrets

from labkit import CannotTell
from labkit.check import View, both_ways, check, expect, wire_in_beside
from labkit.net import Capture, Frame, decode

PODS = ("a", "b")
SERVER = 80


@check(
    points=2,
    hints=(
        "The request arrives. To whom is the answer addressed, and who on its way knows that address?",
        "`%journey` from the pod to outside: where does the answer end?",
        "On each node: `iptables -t nat -A POSTROUTING -s ITS-PODS ! -d ALL-PODS -j MASQUERADE`.",
    ),
)
def pods_get_answers(view: View) -> None:
    """The pods of both nodes reach outside: every kind of packet is answered."""
    outside = view.place("outside")
    view.expect_reach((pod, outside) for pod in view.places(*PODS))


@check(
    points=2,
    after=("pods_get_answers",),
    hints=(
        "The answers come back. Under which address did the request arrive outside?",
        "`nc OUTSIDE 80` in the pod says who you are; `ip route` on router1 says whom it knows.",
        "No routes on router1; the node puts its own address on what leaves: `-j MASQUERADE`.",
    ),
)
def outside_sees_the_node(view: View) -> None:
    """Outside sees each node's address, never a pod's."""
    outside = view.place("outside")
    view.expect_seen([(pod, outside) for pod in view.places(*PODS)], source=lambda pod, _: view.node_of(pod).address)


@check(
    points=2,
    after=("outside_sees_the_node",),
    hints=(
        "Two pods talk across nodes. Who does each of them believe is calling?",
        "`nc POD-ADDRESS 80` from one pod to the other: the answer says who you are.",
        "Leave traffic between pods out of the rule: `! -d ALL-PODS`, or an accepting rule before it.",
    ),
)
def pods_keep_their_names(view: View) -> None:
    """Between pods nothing is translated: each is seen under its own address."""
    view.expect_seen(both_ways(*view.places(*PODS)))


@check(
    points=3,
    hints=(
        "A packet for the node's own address shall go on to a pod. At which moment must its destination change?",
        "`iptables -t nat -L PREROUTING -nv` on worker1: do the counters rise when outside calls?",
        "On worker1: `iptables -t nat -A PREROUTING -d NODE -p tcp --dport PORT -j DNAT --to-destination POD:80`.",
    ),
)
def port_forward_arrives(view: View) -> None:
    """Outside reaches the first pod's server through worker1's port, and the pod sees who is calling."""
    node, port = view.values["w1"]["address"], view.values["port"]
    pod, outside = view.place("a"), view.place("outside")
    answer = view.connect_tcp(outside.name, node, port, at=pod.name, at_port=SERVER)
    expect(answer.reached, expected=f"{node}:{port} leads outside to {pod.name}", observed=answer.detail)
    expect(
        answer.seen_source == outside.address,
        expected=f"{pod.name} is called by {outside.address}",
        observed=f"called by {answer.seen_source}",
    )


@check(
    points=1,
    after=("port_forward_arrives",),
    hints=(
        "One port was asked for. What happens to a call to the port beside it?",
        "`nc -vz NODE PORT+1` from outside.",
        "Match the port in the rule: `-p tcp --dport PORT`.",
    ),
)
def only_that_port(view: View) -> None:
    """No other port of worker1 leads to the pod, and the same port of other machines does not either."""
    node, port = view.values["w1"]["address"], view.values["port"]
    pod, outside = view.place("a"), view.place("outside")
    others = [port - 1, port + 1, 22, 443, *(secrets.randbelow(30000) + 1024 for _ in range(3))]
    with Capture([view.machine(pod.name), view.machine("worker1")]) as capture:
        control = view.connect_tcp(outside.name, node, port)
        for other in set(others) - {port}:
            view.connect_tcp(outside.name, node, other, timeout=0.3)
        calls = [call for frame in capture.read_frames(0.1) if (call := _find_call(frame))]
    # other checks call as well: each call is known at the node and in the pod by its source port
    asked = {source: called for machine, source, called in calls if machine == "worker1"}
    arrived = {asked[source] for machine, source, _ in calls if machine == pod.name and source in asked}
    if control.reached and port not in arrived:
        raise CannotTell(f"the capture in {pod.name} did not see the call to {port}", hint="check again")
    expect(control.reached, expected=f"{node}:{port} answers, so silence means something", observed=control.detail)
    wrong = sorted(arrived & set(others) - {port})
    expect(
        not wrong,
        expected=f"only {node}:{port} leads to {pod.name}",
        observed=f"ports {', '.join(map(str, wrong))} lead there as well",
        by=view.find_evidence(outside.name, str(wrong[0])) if wrong else None,
    )
    elsewhere = view.connect_tcp(pod.name, outside.address, port, at=outside.name)
    expect(elsewhere.reached, expected=f"port {port} of other machines is left alone", observed=elsewhere.detail)


def _find_call(frame: Frame) -> tuple[str, int, int] | None:
    """Where a frame that opens a connection came in, its source and its destination port."""
    tcp = {layer.name: layer.fields for layer in decode(frame)}.get("TCP", {})
    if frame.direction != "in" or tcp.get("flags") != "S" or frame.link != "eth0":
        return None
    return frame.machine, int(tcp["sport"]), int(tcp["dport"])


@check(
    points=1,
    acts=True,
    after=("outside_sees_the_node", "pods_keep_their_names"),
    hints=(
        "A node gets its next pod tomorrow. Does your rule name that pod, or the whole prefix of its node?",
        "`iptables -t nat -S POSTROUTING` on both nodes: is the source a single address?",
        "`-s` with the node's prefix, `! -d` with the prefix of all pods.",
    ),
)
def next_pods_get_out(view: View) -> None:
    """Pods that come later, one on each node, get out under their node's address, and other pods see them under their own."""
    pods, nodes, outside = view.places(*PODS), view.places("w1", "w2"), view.place("outside")
    with contextlib.ExitStack() as stack:
        new = [stack.enter_context(wire_in_beside(view, pod)) for pod in pods]
        seen_as = {(pod.name, outside.name): node.address for pod, node in zip(new, nodes, strict=True)}
        pairs = [(pod, outside) for pod in new] + list(zip(new, reversed(pods), strict=True)) + both_ways(*new)
        view.expect_seen(pairs, source=lambda src, dst: seen_as.get((src.name, dst.name), src.address))
