"""Lab 02: three networks in a row, joined by two routers."""

from __future__ import annotations

from labkit.check import Place, View, both_ways, check, expect


@check(
    points=1,
    hints=(
        "A gateway is a neighbour. Which address must it have, so that a host on its cable can ask for it?",
        "`ip -br addr` on router1: one address in each of its two networks.",
        "`ip addr add ADDRESS/24 dev eth0` and the same for eth1 on router1.",
    ),
)
def gateways_answer(view: View) -> None:
    """The first address of both networks is router1's, and it answers."""
    hosts = view.places("a", "b")
    view.expect_reach(
        (host, Place("router1", view.values[key]["gateway"])) for host, key in zip(hosts, "ab", strict=True)
    )


@check(
    points=2,
    hints=(
        "Two packets must arrive, the request and the answer. Which of the two is lost, and where is it seen last?",
        "`%journey` from one host to the other; `ip route` on both, `sysctl net.ipv4.ip_forward` on router1.",
        "`ip route add default via GATEWAY` on both hosts, `sysctl -w net.ipv4.ip_forward=1` on router1.",
    ),
)
def near_networks_talk(view: View) -> None:
    """The hosts of the first two networks reach each other."""
    view.expect_reach(both_ways(*view.places("a", "b")))


@check(
    points=3,
    hints=(
        "Which machines does the packet pass, and which does the answer? Does each of them know both ends?",
        "`ip route` on router1: does it know the third network? On router2: does it know the first?",
        "`ip route add PREFIX via NEIGHBOUR` on router1 and router2; `ip route add default via GATEWAY` on the host.",
    ),
)
def far_network_talks(view: View) -> None:
    """The host of the third network and the other two reach each other."""
    a, b, c = view.places("a", "b", "c")
    view.expect_reach([(a, c), (c, a), (b, c), (c, b)])


@check(
    points=1,
    after=("far_network_talks",),
    hints=(
        "Who does the receiver think is talking to it?",
        "`tcpdump -nni eth0 icmp` on the host that is pinged: look at the source address.",
        "Take the translation away: `iptables -t nat -F`, `nft flush ruleset`; give the missing routes instead.",
    ),
)
def source_is_kept(view: View) -> None:
    """Every packet arrives with the address of the host that sent it."""
    view.expect_seen(both_ways(*view.places("a", "b", "c")))


@check(
    points=1,
    after=("far_network_talks",),
    hints=(
        "Which machines should take one off the TTL on the way from the first network to the third?",
        "`traceroute -nI -q 1 ADDRESS` on the first host: one line for each router, and one for the end.",
        "router1 routes between its two networks; a bridge there would make one network of them. Take it away.",
    ),
)
def two_routers_between(view: View) -> None:
    """A packet from the first network to the third passes two routers."""
    a, c = view.values["a"], view.values["c"]
    path = view.trace_path(a["name"], c["address"])
    expect(
        len(path) == 3 and path[-1] == c["address"],
        expected=f"two routers, then {c['address']}",
        observed=", ".join(hop or "silence" for hop in path) or "no way at all",
    )


@check(
    points=1,
    after=("gateways_answer",),
    hints=(
        "Whose MAC address should answer when somebody asks by ARP for an address, and who should keep silent?",
        "`arping -c 2 -I eth0 ADDRESS` on router2 and on the hosts; then `sysctl -a | grep proxy_arp` on the routers.",
        "A second owner: `ip addr del`. A proxy: `sysctl -w net.ipv4.conf.LINK.proxy_arp=0`, `…proxy_arp_pvlan=0`. An owner who keeps silent: `…arp_ignore=0`.",
    ),
)
def each_answers_for_itself(view: View) -> None:
    """On every cable, an address is answered for by its owner, and by nobody when the owner is elsewhere."""
    a, b, c, router2 = (view.values[key] for key in ("a", "b", "c", "router2"))
    near, middle = (find_link(view, "router1", each["gateway"]) for each in (a, b))
    owned = (
        (a["name"], a["gateway"], "eth0", "router1"),
        (b["name"], b["gateway"], "eth0", "router1"),
        (c["name"], c["gateway"], "eth0", "router2"),
        (b["name"], router2["address"], "eth0", "router2"),
        ("router1", router2["address"], middle, "router2"),
        ("router2", b["gateway"], "eth0", "router1"),
        ("router1", a["address"], near, a["name"]),
        ("router1", b["address"], middle, b["name"]),
        ("router2", b["address"], "eth0", b["name"]),
        ("router2", c["address"], find_link(view, "router2", c["gateway"]), c["name"]),
    )
    absent = [(here["name"], other["address"], "eth0") for here, other in ((a, c), (c, a), (b, a), (b, c))]
    answers = view.ask_arp_many([*absent, *(question[:3] for question in owned)])
    own = {name: {link.mac for link in view.machine(name).links().values()} for *_, name in owned}
    for (asking, address, _, owner), macs in zip(owned, answers[len(absent) :], strict=True):
        expect(
            macs and own[owner].issuperset(macs),
            expected=f"{owner} alone answers {asking} for {address}",
            observed=f"{len(macs)} answer: {', '.join(macs)}" if macs else "nobody answers",
            by=view.find_evidence(asking, address),
        )
    for (asking, address, _), macs in zip(absent, answers, strict=False):  # that ARP gets through was seen
        expect(
            not macs,
            expected=f"nobody on {asking}'s cable answers for {address}, which is elsewhere",
            observed=f"{', '.join(macs)} answers",
            by=view.find_evidence(asking, address),
        )


def find_link(view: View, machine: str, address: str) -> str:
    """The link of a machine that has this address."""
    return next((each.link for each in view.machine(machine).addresses() if each.address == address), "eth0")


@check(
    points=1,
    level="more",
    after=("far_network_talks",),
    hints=(
        "Which of the two routers is nearer to the third network, seen from the middle one?",
        "`ip route get ADDRESS` on the middle host: which gateway does it take?",
        "`ip route add PREFIX via ADDRESS-OF-ROUTER2` on the middle host.",
    ),
)
def middle_goes_straight(view: View) -> None:
    """From the middle network to the third a packet passes router2 only."""
    b, c = view.values["b"], view.values["c"]
    path = view.trace_path(b["name"], c["address"])
    expect(
        path == [view.values["router2"]["address"], c["address"]],
        expected=f"router2, then {c['address']}",
        observed=", ".join(hop or "silence" for hop in path) or "no way at all",
    )
