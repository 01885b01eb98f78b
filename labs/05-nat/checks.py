"""Lab 05: pods behind two nodes, a host outside that does not know them."""

from __future__ import annotations

from labkit.check import View, check, expect
from labkit.net import Capture, Frame, decode

NODES = ("w1", "w2")
SERVER = 80


def read_pod(lab: View, key: str) -> tuple[str, str]:
    """Name and address of a node's pod."""
    return lab.values[key]["pod"], lab.values[key]["pod_address"]


@check(
    points=2,
    hints=(
        "The request arrives. To whom is the answer addressed, and who on its way knows that address?",
        "`%journey` from the pod to outside: where does the answer end?",
        "On each node: `iptables -t nat -A POSTROUTING -s ITS-PODS ! -d ALL-PODS -j MASQUERADE`.",
    ),
)
def pods_get_answers(lab: View) -> None:
    """The pods of both nodes get answers from outside, by ping and by TCP."""
    target = lab.values["outside"]["address"]
    for key in NODES:
        name, _ = read_pod(lab, key)
        for answer in (lab.ping(name, target), lab.connect_tcp(name, target, SERVER)):
            expect(answer.reached, expected=f"an answer from outside to {name}", observed=answer.detail)


@check(
    points=2,
    after=("pods_get_answers",),
    hints=(
        "The answers come back. Under which address did the request arrive outside?",
        "`nc OUTSIDE 80` in the pod says who you are; `ip route` on router1 says whom it knows.",
        "No routes on router1; the node puts its own address on what leaves: `-j MASQUERADE`.",
    ),
)
def outside_sees_the_node(lab: View) -> None:
    """Outside sees each node's address, never a pod's."""
    for key in NODES:
        name, _ = read_pod(lab, key)
        answer = lab.ping(name, lab.values["outside"]["address"], at="outside")
        expect(
            answer.seen_source == lab.values[key]["address"],
            expected=f"outside sees {lab.values[key]['address']} when {name} calls",
            observed=f"it sees {answer.seen_source}",
        )


@check(
    points=2,
    after=("outside_sees_the_node",),
    hints=(
        "Two pods talk across nodes. Who does each of them believe is calling?",
        "`nc POD-ADDRESS 80` from one pod to the other: the answer says who you are.",
        "Leave traffic between pods out of the rule: `! -d ALL-PODS`, or an accepting rule before it.",
    ),
)
def pods_keep_their_names(lab: View) -> None:
    """Between pods nothing is translated: each is seen under its own address."""
    for src, dst in (NODES, NODES[::-1]):
        (name, own), (peer, address) = read_pod(lab, src), read_pod(lab, dst)
        for answer in (lab.ping(name, address, at=peer), lab.connect_tcp(name, address, 7000, at=peer)):
            expect(answer.reached, expected=f"{name} reaches {peer}", observed=answer.detail)
            expect(answer.seen_source == own, expected=f"{peer} sees {own}", observed=f"it sees {answer.seen_source}")


@check(
    points=3,
    hints=(
        "A packet for the node's own address shall go on to a pod. At which moment must its destination change?",
        "`iptables -t nat -L PREROUTING -nv` on worker1: do the counters rise when outside calls?",
        "On worker1: `iptables -t nat -A PREROUTING -d NODE -p tcp --dport PORT -j DNAT --to-destination POD:80`.",
    ),
)
def port_forward_arrives(lab: View) -> None:
    """Outside reaches the first pod's server through worker1's port, and the pod sees who is calling."""
    node, port, caller = lab.values["w1"]["address"], lab.values["port"], lab.values["outside"]["address"]
    pod, _ = read_pod(lab, "w1")
    with Capture([lab.machine(pod)]) as capture:
        answer = lab.connect_tcp("outside", node, port)
        sources = {source for frame in capture.read_frames(0.1) if (source := parse_caller(frame))}
    expect(answer.reached, expected=f"{node}:{port} answers outside", observed=answer.detail)
    expect(
        caller in sources,
        expected=f"{pod} is called by {caller}",
        observed=f"called by {', '.join(sources) or 'nobody'}",
    )


def parse_caller(frame: Frame) -> str | None:
    """The source address of a frame that opens a connection to the server's port."""
    fields = {layer.name: layer.fields for layer in decode(frame)}
    tcp = fields.get("TCP", {})
    return str(fields["IP"]["src"]) if tcp.get("dport") == SERVER and tcp.get("flags") == "S" else None


@check(
    points=1,
    after=("port_forward_arrives",),
    hints=(
        "One port was asked for. What happens to a call to the port beside it?",
        "`nc -vz NODE PORT+1` from outside.",
        "Match the port in the rule: `-p tcp --dport PORT`.",
    ),
)
def only_that_port(lab: View) -> None:
    """No other port of worker1 leads to the pod."""
    node, port = lab.values["w1"]["address"], lab.values["port"]
    control = lab.connect_tcp("outside", node, port)
    expect(control.reached, expected=f"{node}:{port} answers, so silence means something", observed=control.detail)
    other = lab.connect_tcp("outside", node, port + 1)
    expect(not other.reached, expected=f"nobody behind {node}:{port + 1}", observed=other.detail)
