"""One packet's journey as a person sees it: as text, and as one output that needs no script."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from xml.etree import ElementTree as ET

import pytest

from labkit.net import Connection, Layer
from labkit.net.netfilter.conntrack import Flow
from labkit.net.read.network import Network
from labkit.probe.journey.hops import Hop
from labkit.probe.journey.lost import Lost
from labkit.probe.journey.rule import Rule
from labkit.probe.journey.value import Journey
from labkit.show.headers import render_fields, render_headers
from labkit.show.journey import render_journey
from labkit.show.journey_html import render_journey_html
from labkit.show.journey_svg import render_journey_drawing
from labkit.world.places import FABRIC
from tests.show.test_page import check_html

SVG = "{http://www.w3.org/2000/svg}"
MASQUERADE = "iptables -t nat -A POSTROUTING -j MASQUERADE"
ICMP = (
    Layer("Ether", {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02", "type": 2048}),
    Layer("IP", {"src": "10.244.1.2", "dst": "10.244.2.2", "ttl": 64, "flags": "DF", "proto": 1, "chksum": 7}),
    Layer("ICMP", {"type": 8}),
    Layer("Raw", {"load": "00" * 56}),
)
WRAPPED = (
    Layer("IP", {"src": "192.168.50.11", "dst": "192.168.50.12", "ttl": 63}),
    Layer("UDP", {"sport": 40000, "dport": 8472}),
    Layer("VXLAN", {"vni": 1, "flags": "Instance"}),
    *ICMP,
)
HOPS = (
    Hop("web", "eth0", "out", 0.0, ICMP),
    Hop(FABRIC, "s1-eth1", "in", 0.00004, WRAPPED, ("wrapped in VXLAN 1",), switch=True),
)
LOST_HERE = Lost("worker1", "eth0", "in", ("why",))
LOST = Journey(
    "web",
    "api",
    "10.244.2.2",
    "ICMP echo",
    found=False,
    answered=False,
    hops=HOPS,
    lost=LOST_HERE,
)


NATTED = Journey(
    "web",
    "out",
    "203.0.113.9",
    "TCP port 80",
    found=True,
    answered=True,
    hops=(
        HOPS[0],
        Hop(
            "worker1",
            "eth0",
            "out",
            0.00002,
            ICMP,
            ("TTL 64 -> 63", "source NAT 10.244.1.2 -> 192.168.50.11"),
            rule=Rule("nat", "POSTROUTING", MASQUERADE, "iptables"),
        ),
    ),
    reply=(Hop("out", "eth0", "out", 0.00003, ICMP),),
    connections={
        "worker1": (
            Connection(
                "tcp",
                "SYN_RECV",
                60,
                Flow("10.244.1.2", "203.0.113.9", 40000, 80),
                Flow("203.0.113.9", "192.168.50.11", 80, 40000),
            ),
        )
    },
)
KEPT = "tcp 10.244.1.2:40000 -> 203.0.113.9:80, answered as 203.0.113.9:80 -> 192.168.50.11:40000"


@pytest.fixture
def natted(network: Network) -> Journey:
    return replace(NATTED, network=network)


def test_headers_outermost_first() -> None:
    assert render_headers(ICMP) == "IP 10.244.1.2 -> 10.244.2.2 ttl 64 | ICMP echo-request"
    assert render_headers(WRAPPED).startswith("IP 192.168.50.11 -> 192.168.50.12 ttl 63 | UDP 40000 -> 8472 | VXLAN 1")


def test_numbers_in_headers_are_said_in_words() -> None:
    ether, ip, icmp, raw = map(render_fields, ICMP)
    assert ether.endswith("type 0x0800 (IPv4)")
    assert "proto 1 (ICMP), chksum 0x0007" in ip
    assert icmp == "type 8 (echo request)"
    assert raw == "load 56 bytes: " + "0" * 38 + "…"
    assert render_fields(WRAPPED[1]) == "sport 40000, dport 8472 (flannel's VXLAN)"
    assert render_fields(Layer("ARP", {"op": 2, "ptype": 2048})) == "op 2 (reply), ptype 0x0800 (IPv4)"
    assert render_fields(Layer("TCP", {"flags": "SA"})) == "flags SA (SYN, ACK)"
    assert render_fields(Layer("Ether", {"type": 0x9999, "src": None})) == "type 0x9999"


def test_a_journey_as_text() -> None:
    lines = render_journey(LOST).splitlines()
    assert lines[0] == "web -> api (10.244.2.2): ICMP echo: it got lost; last seen going in by eth0 of worker1: why"
    assert lines[1].startswith("  1  out by eth0 of web   0.000 ms  IP 10.244.1.2 -> ")
    assert lines[2].startswith("  2  in by s1-eth1 of s1  0.040 ms  IP 192.168.50.11 -> ")
    assert lines[2].endswith("wrapped in VXLAN 1")


def test_packet_and_answer_have_one_numbering(natted: Journey) -> None:
    lines = render_journey(natted).splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["1", "2", "the", "3"]
    html = render_journey_html(natted)
    assert re.findall(r'aria-label="(hop \d+|the whole way)', html) == ["the whole way", "hop 1", "hop 2", "hop 3"]
    assert re.findall(r"(\d+)&nbsp; (\w+)", html) == [("1", "out"), ("2", "out"), ("3", "out")]


def test_a_journey_is_one_output_without_scripts(natted: Journey) -> None:
    html = render_journey_html(natted)
    assert check_html(html) >= {"style", "svg", "input", "label", "table"}
    assert html.count("<svg") == 1
    for number in (1, 2, 3):
        assert f".lk-journey:has(.lk-i{number}:checked) .lk-p{number} {{ display: block; }}" in html
        assert html.count(f'class="lk-panel lk-p{number}"') == html.count(f'class="lk-i{number}"') == 1
    assert html.count(" checked>") == 1, "the whole way at first"


def test_every_label_belongs_to_a_button_of_its_own_output(natted: Journey) -> None:
    """The same journey shown twice on one page: two rows of buttons."""
    one, other = render_journey_html(natted), render_journey_html(natted)
    for html in (one, other):
        ids = re.findall(r'<input type="radio" name="([\w-]+)" id="([\w-]+)"', html)
        assert len({name for name, _ in ids}) == 1
        assert set(re.findall(r'for="([\w-]+)"', html)) == {own for _, own in ids}
    assert not set(re.findall(r' name="([\w-]+)"', one)) & set(re.findall(r' name="([\w-]+)"', other))


def test_the_drawing_has_a_line_and_a_ring_for_each_hop(natted: Journey) -> None:
    root = ET.fromstring(render_journey_drawing(natted)[0])
    (way,) = [each for each in root.iter(f"{SVG}g") if each.get("class") == "lk-way"]
    assert [len(group) for group in way] == [0, 1, 0], "the third is not in the picture"
    assert {each.get("class") for each in root.iter(f"{SVG}g")} >= {"lk-mark lk-m1", "lk-mark lk-m2"}
    (line,) = way[1]
    assert line.get("marker-end", "").startswith("url(#lk-headtrail")


@pytest.mark.parametrize("hops", [(), HOPS])
def test_a_lost_packet_is_drawn_with_a_cross_where_it_ended(network: Network, hops: tuple[Hop, ...]) -> None:
    link = "eth0" if hops else ""
    lost = replace(LOST, network=network, hops=hops, lost=Lost("web", link, "out" if hops else "", ("why",)))
    html = render_journey_html(lost)
    check_html(html)
    assert html.count("<svg") == 1, "also when it never left"
    titles = [each.text or "" for each in ET.fromstring(render_journey_drawing(lost)[0]).iter(f"{SVG}title")]
    assert [title for title in titles if ("web" in title and "lost" in title) or "never" in title] == [
        "lost: last seen here, on web" if hops else "it never left web"
    ]


def test_hostile_names_are_text(network: Network) -> None:
    evil = '"><script>alert(1)</script>'
    hop = Hop(
        evil, evil, "out", 0.0, (Layer(evil, {evil: evil, "load": evil}),), (evil,), rule=Rule(evil, evil, evil, "nft")
    )
    journey = replace(
        LOST, src=evil, dst=evil, network=network, hops=(hop,), lost=Lost(evil, evil, "in", (evil,)), errors=(evil,)
    )
    assert "script" not in check_html(render_journey_html(journey))


def test_nat_is_shown_with_its_rule_and_what_netfilter_keeps(natted: Journey) -> None:
    lines = render_journey(natted).splitlines()
    assert f"source NAT 10.244.1.2 -> 192.168.50.11; changed by {MASQUERADE} (table nat, chain POSTROUTING)" in lines[2]
    assert lines[-1] == f"netfilter on worker1 keeps: {KEPT}"
    plain, changed, answer, rest = render_journey_html(natted).split('class="lk-panel lk-p')[1:5]
    assert f"netfilter keeps: <code>{escape(KEPT)}</code>" in changed, "beside the hop where it happened"
    assert f"changed by <code>{MASQUERADE}</code>" in changed
    assert "netfilter keeps" not in plain
    assert "netfilter keeps" not in answer
    assert f"netfilter on worker1 keeps: <code>{escape(KEPT)}</code>" in rest, "and below the list"


def test_a_rule_that_dropped_it_is_said_after_the_hop(network: Network) -> None:
    origin = "NetworkPolicy shop/db-from-api"
    rule = Rule("filter", "cali-tw-x", "iptables -A cali-tw-x -j DROP", "iptables", origin, drops=True)
    lost = replace(LOST_HERE, rule=rule)
    journey = replace(LOST, network=network, hops=(replace(HOPS[0], rule=rule),), lost=lost)
    where = f"(table filter, chain cali-tw-x), which comes from {origin}"
    assert render_journey(journey).splitlines()[1].endswith(f"then dropped by iptables -A cali-tw-x -j DROP {where}")
    assert f"then dropped by <code>iptables -A cali-tw-x -j DROP</code> {where}" in render_journey_html(journey)
    titles = [each.text or "" for each in ET.fromstring(render_journey_drawing(journey)[0]).iter(f"{SVG}title")]
    assert any(f"dropped by iptables -A cali-tw-x -j DROP {where}" in title for title in titles)


def test_what_no_trace_told_is_said_so() -> None:
    rule = Rule("filter", "FORWARD", "iptables -A FORWARD -j DROP", "iptables", told="counters", drops=True)
    assert "told by counters" in render_journey(replace(LOST, hops=(replace(HOPS[0], rule=rule),)))
