"""Lab 09: pods that hang on the node by a cable of their own, with one address each and no bridge."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from ipaddress import IPv4Address, IPv4Network

from labkit.check import Place, View, both_ways, check, expect, plug_in_pod
from labkit.net import Capture

PODS = ("a", "b", "c")
OURS = ("a", "c")  # on worker01, which the learner wires
GATEWAY = "169.254.1.1"
# what the reference plugins make with their first pod and leave for the next one
PORTMAP_LEAVES = ("* CNI-*", "chain *", "rule *CNI-*", "sysctl *route_localnet*")
BROADCAST = bytes.fromhex("ffffffffffff 02000000cafe 88b5") + bytes(46)  # local experimental EtherType (IEEE 802)


@check(
    points=2,
    hints=(
        "Which addresses can a pod reach without a gateway, if its own prefix has one address?",
        "In the pod: `ip addr show eth0`, `ip route`.",
        "In the pod `ip addr add ADDRESS/32 dev eth0`, `ip route add 169.254.1.1 dev eth0`, `ip route add default via 169.254.1.1`.",
    ),
)
def pods_stand_alone(view: View) -> None:
    """The two pods of worker01 have their address as /32, and send everything to 169.254.1.1."""
    for pod in view.places(*OURS):
        machine = view.machine(pod.name)
        prefixes = [each.prefix for each in machine.addresses("eth0")]
        expect(
            f"{pod.address}/32" in prefixes and len(prefixes) == 1,
            expected=f"{pod.address}/32 and no other address on eth0 of {pod.name}",
            observed=", ".join(prefixes) or "none",
        )
        gateways = [route.via for route in machine.routes() if route.destination == "default"]
        expect(
            gateways == [GATEWAY],
            expected=f"one default route in {pod.name}, via {GATEWAY}",
            observed=", ".join(map(str, gateways)) or "none",
        )


@check(
    points=2,
    after=("pods_stand_alone",),
    hints=(
        "The pod wants to send to its gateway. What does it ask for first, and who could answer?",
        "In the pod `arping -c 1 -I eth0 169.254.1.1`; on worker01 `sysctl net.ipv4.conf.LINK.proxy_arp`.",
        "On worker01 `sysctl -w net.ipv4.conf.LINK.proxy_arp=1` for the pod's link. A node without a default route does not answer.",
    ),
)
def gateway_is_answered_for(view: View) -> None:
    """Whoever asks on a pod's cable for 169.254.1.1 gets one answer, from worker01's end of that cable."""
    pods = view.places(*OURS)
    answers = view.ask_arp_many([(pod.name, GATEWAY, "eth0") for pod in pods])
    macs = {link.mac: name for name, link in view.machine(view.place("w1").name).links().items()}
    for pod, told in zip(pods, answers, strict=True):
        expect(
            len(set(told)) == 1 and told[0] in macs,
            expected=f"{pod.name}: one answer, with the MAC address of a link of worker01",
            observed=", ".join(told) or "nobody answers",
            by=view.find_evidence(pod.name, GATEWAY),
        )


@check(
    points=1,
    after=("pods_stand_alone",),
    hints=(
        "By which link does worker01 reach each pod, and what is it called?",
        "On worker01 `ip route get` with a pod's address.",
        "The name is `cali` and 11 hexadecimal digits of a hash of `default.POD`; the lab's text has it. `ip link set OLD name NEW` renames a link that is down.",
    ),
)
def links_have_calicos_names(view: View) -> None:
    """worker01 reaches each of its pods by the link that Calico would name after it."""
    for pod in view.places(*OURS):
        wanted = [pod.address, "dev", name_link(pod.name)]
        told = view.machine(view.place("w1").name).probe(("ip", "route", "get", pod.address))
        way = told.stdout.partition(" src ")[0].split()
        expect(way[:3] == wanted, expected=" ".join(wanted), observed=" ".join(way) or told.stderr.strip())


def name_link(pod: str) -> str:
    """As Calico hashes it."""
    return "cali" + hashlib.sha1(f"default.{pod}".encode(), usedforsecurity=False).hexdigest()[:11]


@check(
    points=2,
    hints=(
        "Which way does a packet take there, and which way back? At which of them is a line missing?",
        "`%journey` from one pod to the other; on the nodes `ip route get ADDRESS`.",
        "On worker01 one line for each pod: `ip route add ADDRESS dev LINK`.",
    ),
)
def pods_talk(view: View) -> None:
    """Every pod reaches every other pod, on its own node and on the other, and is seen under its own address."""
    view.expect_seen(both_ways(*view.places(*PODS)))


@check(
    points=1,
    after=("pods_talk",),
    hints=(
        "Who hears a broadcast of one pod?",
        "`ip -d link` on worker01: is a pod's link a port of a bridge? `tcpdump -ni eth0` in the other pod.",
        "No bridge: a cable for each pod, and a route to it.",
    ),
)
def no_bridge_between(view: View) -> None:
    """What one pod says to everybody on its cable gets to the node, and to no other pod."""
    node = view.place("w1").name
    for src, dst in both_ways(*view.places(*OURS)):
        with Capture([view.machine(dst.name), view.machine(node)]) as capture:
            view.send_frame(src.name, "eth0", BROADCAST)
            seen = {frame.machine for frame in capture.read_frames(0.3) if frame.data[12:14] == BROADCAST[12:14]}
        expect(node in seen, expected=f"the node hears {src.name}", observed="it does not")
        expect(dst.name not in seen, expected=f"{dst.name} does not hear {src.name}", observed="it does")


@check(
    points=2,
    acts=True,
    may_leave=PORTMAP_LEAVES,
    after=("pods_talk",),
    hints=(
        "Who does for a new pod what you did by hand, and where does the runtime look for it?",
        "`ls /etc/cni/net.d /opt/cni/bin` on worker01; `labkit cni add new --node playcekube-worker01`.",
        "The program `calico` in /opt/cni/bin, `/root/10-calico.conflist` in /etc/cni/net.d.",
    ),
)
def new_pods_are_wired(view: View) -> None:
    """A new pod on worker01 gets an address of the block by CNI, as /32, and all others reach it."""
    node = view.place("w1").name
    with contextlib.ExitStack() as stack:
        new = stack.enter_context(plug_in_pod(view, node))
        prefixes = [each.prefix for each in view.machine(new.name).addresses("eth0")]
        block = IPv4Network(view.values["w1"]["block"])
        expect(
            prefixes == [f"{new.address}/32"] and IPv4Address(new.address) in block,
            expected=f"one address of {block}, as /32",
            observed=", ".join(prefixes) or "none",
        )
        old = view.places(*PODS)
        view.expect_seen([*itertools.product([new], old), *itertools.product(old, [new])])


@check(
    points=2,
    level="more",
    after=("pods_talk",),
    hints=(
        "The address is of worker01's block. Who has to know that it is somewhere else?",
        "`ip route get ADDRESS` on worker01, on worker02, and then in the pod `ip addr`.",
        "In the pod a second address /32; on worker02 a line by the pod's link; on worker01 a line via worker02.",
    ),
)
def borrowed_address_is_reached(view: View) -> None:
    """An address of worker01's block is on a pod of worker02, and worker01's pods reach it there."""
    there = Place(view.place("b").name, str(view.values["borrowed"]))
    view.expect_reach([(pod, there) for pod in view.places(*OURS)])
