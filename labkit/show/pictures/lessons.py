"""The pictures themselves. Their descriptions say the same as the drawings: they are what a screen reader says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from labkit.show.drawing.parts import Picture
from labkit.show.pictures.cards import Arrow, Card, plan_cards
from labkit.show.pictures.packet import Brace, Part, plan_packet
from labkit.show.pictures.sequence import Message, plan_sequence

_ETHER: Final = "14"
_PING: Final = Part("data", "what ping sends", "56")


def plan_hooks() -> Picture:
    """Lab 05: where on a packet's way netfilter asks rules."""
    cards = (
        Card("in", 0, 1, ("in by an", "interface"), "end"),
        Card("PREROUTING", 1, 1, ("PREROUTING", "DNAT: a new destination")),
        Card("routing", 2, 1, ("whose is it?", "the routing decision"), "question"),
        Card("FORWARD", 3, 1, ("FORWARD", "may it pass?")),
        Card("POSTROUTING", 4, 1, ("POSTROUTING", "MASQUERADE, SNAT:", "a new source")),
        Card("out", 5, 1, ("out by an", "interface"), "end"),
        Card("INPUT", 2, 2, ("INPUT", "may it come in?")),
        Card("program", 3, 2, ("a program of", "this machine"), "end"),
        Card("OUTPUT", 4, 2, ("OUTPUT", "may it leave? DNAT too")),
    )
    arrows = (
        Arrow("in", "PREROUTING"), Arrow("PREROUTING", "routing"), Arrow("routing", "FORWARD", "another's"), Arrow("FORWARD", "POSTROUTING"),
        Arrow("POSTROUTING", "out"), Arrow("routing", "INPUT", "its own"), Arrow("INPUT", "program"), Arrow("program", "OUTPUT"),
        Arrow("OUTPUT", "POSTROUTING"),
    )  # fmt: skip
    return plan_cards(
        "the five hooks of netfilter",
        "A packet that comes in passes PREROUTING (DNAT); then it is decided whose it is. Another's passes FORWARD and POSTROUTING "
        "(MASQUERADE, SNAT) and leaves. Its own passes INPUT to a program. What a program sends passes OUTPUT and POSTROUTING.",
        cards, arrows,
    )  # fmt: skip


def plan_decision() -> Picture:
    """Lab 02: what a kernel asks about a packet before it leaves, and how each no shows."""
    cards = (
        Card("packet", 0, 0, ("a packet for D", "came in, or is to be sent"), "end"),
        Card("own", 0, 1, ("Is D an address of mine?",), "question"),
        Card("program", 1, 1, ("to a program here",), "end"),
        Card("forward", 0, 2, ("Sent here, or is ip_forward 1?",), "question"),
        Card("silence", 1, 2, ("dropped: silence",), "end"),
        Card("route", 0, 3, ("Which line of ip route fits D?", "The longest prefix wins."), "question"),
        Card("unreachable", 1, 3, ("Network is unreachable", "(a router says Destination Net Unreachable)"), "end"),
        Card("hop", 0, 4, ("The next hop is the line's via,", "or D itself. Who has it? (ARP)"), "question"),
        Card("nobody", 1, 4, ("Destination Host Unreachable",), "end"),
        Card("frame", 0, 5, ("a frame to that MAC address", "(a router takes one off the TTL)"), "end"),
    )
    arrows = (
        Arrow("packet", "own"), Arrow("own", "program", "yes"), Arrow("own", "forward", "no"), Arrow("forward", "silence", "no"),
        Arrow("forward", "route", "yes"), Arrow("route", "unreachable", "none"), Arrow("route", "hop", "one"),
        Arrow("hop", "nobody", "nobody answers"), Arrow("hop", "frame", "answered"),
    )  # fmt: skip
    return plan_cards(
        "what a kernel decides about a packet",
        "Is the destination its own? Then to a program. Else, unless it was sent here, ip_forward must be 1, or it is dropped in silence. Then "
        "the longest prefix in ip route: without any, Network is unreachable. Then ARP for the next hop: without an answer, Destination "
        "Host Unreachable. Else a frame goes to that MAC address.",
        cards, arrows,
    )  # fmt: skip


def plan_arp() -> Picture:
    """Lab 01: a question to everybody, an answer to one, and the ping that could then be sent."""
    messages = (
        Message(0, 1, "ARP: who has B's address?"), Message(1, 2, "a copy to every port"), Message(1, 3, copy=True),
        Message(2, 1, "ARP: I do, my MAC is b"), Message(1, 0, "to A's port only"),
        Message(0, 1, "ping: to MAC b"), Message(1, 2, "to B's port only"), Message(2, 1, "answer: to MAC a"), Message(1, 0, "to A's port only"),
    )  # fmt: skip
    return plan_sequence(
        "ARP, and then the ping",
        "A asks everybody who has B's address; the switch copies the question to every port. B alone answers, to A alone. Then A sends the "
        "ping to B's MAC address, and the switch hands it, and the answer, to one port only.",
        ("A", "switch", "B", "C"), messages,
    )  # fmt: skip


def plan_vxlan() -> Picture:
    """Lab 07: what flannel's link puts around a pod's packet."""
    parts = (
        Part("Ethernet", "node to router", _ETHER, wrapping=True), Part("IP", "node to node", "20", wrapping=True),
        Part("UDP", "port 8472", "8", wrapping=True), Part("VXLAN", "number 1", "8", wrapping=True),
        Part("Ethernet", "flannel.1 to flannel.1", _ETHER), Part("IP", "pod to pod", "20"), Part("ICMP", "echo", "8"), _PING,
    )  # fmt: skip
    braces = (
        Brace(5, 7, "the pod's packet: unchanged but for its TTL"),
        Brace(1, 4, "put around it; the nodes' cable carries 1500 bytes from the outer IP header on"),
    )
    return plan_packet(
        "a ping between pods in VXLAN, between two nodes",
        "From the outside in: Ethernet 14 bytes, IP from node to node 20, UDP port 8472 8, VXLAN 8, Ethernet from flannel.1 to flannel.1 14, "
        "IP from pod to pod 20, ICMP 8, data 56.",
        parts, braces,
    )  # fmt: skip


def plan_sleeve() -> Picture:
    """Lab 08: what the agent puts around a pod's frame; the sum is the learner's to find."""
    parts = (
        Part("Ethernet", "node to node", _ETHER, wrapping=True), Part("IP", "node to node", "20", wrapping=True),
        Part("UDP", "port 6783", "8", wrapping=True), Part("sleeve", "3 names of 6, length 2", "20", wrapping=True),
        Part("Ethernet", "pod to pod", _ETHER), Part("IP", "pod to pod", "20"), Part("ICMP", "echo", "8"), _PING,
    )  # fmt: skip
    return plan_packet(
        "a ping between pods in sleeve's datagram, between two nodes",
        "From the outside in: Ethernet 14 bytes, IP from node to node 20, UDP port 6783 8, sleeve's own header 20 (the sender's name, two "
        "peers, a length), the pod's Ethernet 14, IP from pod to pod 20, ICMP 8, data 56.",
        parts, (Brace(4, 7, "the pod's frame, as it left the pod"),),
    )  # fmt: skip


def plan_course(labs: Sequence[tuple[str, str, Sequence[str]]]) -> Picture:
    """The labs as a map: (name, title, what it builds on); each stands below all that it builds on, joined with those right above."""
    depth: dict[str, int] = {}
    columns: dict[str, int] = {}
    for name, _, needs in labs:
        depth[name] = max((depth[need] + 1 for need in needs if need in depth), default=0)
        columns[name] = sum(row == depth[name] for row in depth.values()) - 1
    above = {name: [need for need in needs if depth.get(need) == depth[name] - 1] for name, _, needs in labs}
    _clear_ways(columns, depth, above)
    cards = [Card(name, columns[name], depth[name], (name, title)) for name, title, _ in labs]
    arrows = [Arrow(need, name, down=columns[need] > columns[name]) for name, needs in above.items() for need in needs]
    words = "; ".join(f"{name} after {' and '.join(needs)}" if needs else name for name, needs in above.items())
    return plan_cards("the course: what builds on what", f"{words}.", cards, arrows)


def _clear_ways(columns: dict[str, int], depth: Mapping[str, int], above: Mapping[str, Sequence[str]]) -> None:
    """An arrow to a column further right runs along its own row first, one to the left along the other's at last: whoever stands there moves to the right of all that."""
    for need, name in [(need, name) for name, needs in above.items() for need in needs]:
        last = max(columns[other] for other, needs in above.items() if need in needs)
        for other, column in tuple(columns.items()):
            if depth[other] == depth[need] and columns[need] < column <= columns[name]:
                columns[other] = last + 1
            if depth[other] == depth[name] and columns[name] < column <= columns[need]:
                columns[other] = columns[need] + 1
