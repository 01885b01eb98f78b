"""The matrix, the journey, the live network, answers, hints and the journal as a person sees them."""

from __future__ import annotations

from html import escape
from xml.etree import ElementTree as ET

import pytest

from labkit.check.live import Hint
from labkit.errors import UsageError
from labkit.lab.journal import Entry
from labkit.lab.network import LiveNetwork
from labkit.lab.question import Question, Reply
from labkit.net import Connection, Layer
from labkit.net.netfilter.conntrack import Flow
from labkit.net.read.network import Network
from labkit.probe import Answer, Cell, Matrix
from labkit.probe.journey.hops import Hop
from labkit.probe.journey.lost import Lost
from labkit.probe.journey.value import Journey
from labkit.show.journal import render_journal
from labkit.show.journey import render_headers, render_journey
from labkit.show.journey_html import render_journey_html, render_step
from labkit.show.live import plan_live, render_live, render_live_html
from labkit.show.matrix import render_matrix, render_matrix_html
from labkit.show.matrix_svg import render_matrix_file
from labkit.show.replies import render_hint, render_questions, render_reply
from labkit.show.text import measure, render_table
from labkit.show.views import VIEWS
from tests.unit.show.test_page import check_html


def answer(*, reached: bool, detail: str) -> Answer:
    return Answer(reached, None, detail, 0.01, "ping -c 1 10.0.0.2")


MATRIX = Matrix(
    {"web": "10.0.0.1", "db": None},
    {
        ("web", "db"): Cell("web", "db", None),
        ("db", "web"): Cell("db", "web", answer(reached=False, detail="no <answer>")),
    },
)
ICMP = (
    Layer("Ether", {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}),
    Layer("IP", {"src": "10.244.1.2", "dst": "10.244.2.2", "ttl": 64, "flags": "DF"}),
    Layer("ICMP", {"type": 8}),
)
WRAPPED = (
    Layer("IP", {"src": "192.168.50.11", "dst": "192.168.50.12", "ttl": 63}),
    Layer("UDP", {"sport": 40000, "dport": 8472}),
    Layer("VXLAN", {"vni": 1, "flags": "Instance"}),
    *ICMP,
)
HOPS = (
    Hop("web", "eth0", "out", 0.0, ICMP),
    Hop("fabric", "s1-eth1", "in", 0.00004, WRAPPED, ("wrapped in VXLAN 1",), switch=True),
)
LOST = Journey(
    "web",
    "api",
    "10.244.2.2",
    "ICMP echo",
    found=False,
    answered=False,
    hops=HOPS,
    lost=Lost("worker1", "eth0", "in", ("why",)),
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
        Hop("worker1", "eth0", "out", 0.00002, ICMP, ("TTL 64 -> 63", "source NAT 10.244.1.2 -> 192.168.50.11")),
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


def test_the_matrix_as_text() -> None:
    assert render_matrix(MATRIX).splitlines() == [
        "     web  db",
        "web  ·    –",  # noqa: RUF001 - a sign, not a hyphen
        "db   ✗    ·",
        "✓ reached   ✗ not reached   – no address.  A row asks, a column answers.",  # noqa: RUF001
        "web -> db: db has no address",
        "db -> web: no <answer>",
    ]


def test_the_matrix_as_a_table() -> None:
    html = render_matrix_html(MATRIX)
    assert check_html(html) >= {"table", "th", "details"}
    assert '<td title="no &lt;answer&gt;"><span class="lk-badge lk-failed">✗ no</span></td>' in html


def test_the_matrix_as_a_file() -> None:
    root = ET.fromstring(render_matrix_file(MATRIX).encode())
    assert root.get("role") == "img"
    said = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert said == ["web", "web", "db", "db", "– none", "✗ no"]  # noqa: RUF001 - a sign, not a hyphen


def test_headers_outermost_first() -> None:
    assert render_headers(ICMP) == "IP 10.244.1.2 -> 10.244.2.2 ttl 64 | ICMP echo-request"
    assert render_headers(WRAPPED).startswith("IP 192.168.50.11 -> 192.168.50.12 ttl 63 | UDP 40000 -> 8472 | VXLAN 1")


def test_a_journey_as_text() -> None:
    lines = render_journey(LOST).splitlines()
    assert lines[0] == "web -> api (10.244.2.2): ICMP echo: it got lost; last seen going in by eth0 of worker1: why"
    assert lines[1].startswith("  1  out by eth0 of web   0.000 ms  IP 10.244.1.2 -> ")
    assert lines[2].startswith("  2  in by s1-eth1 of s1  0.040 ms  IP 192.168.50.11 -> ")
    assert lines[2].endswith("wrapped in VXLAN 1")


def test_a_journey_as_a_list_to_unfold() -> None:
    html = render_journey_html(LOST)
    assert check_html(html) >= {"ol", "li", "details", "summary", "table"}
    assert html.count("<details name=") == 2
    assert "vni 1" in html


def test_a_step_of_the_slider(network: Network) -> None:
    html = render_step(LOST, LiveNetwork("07-flannel", network), 2)
    assert check_html(html) >= {"svg", "code"}
    assert "web to api, hop 2 of 2: in by s1-eth1 of s1" in html
    assert html.count('class="lk-trail"') == 1
    assert html.count('class="lk-here"') == 1


def test_nat_is_shown_with_what_netfilter_keeps(network: Network) -> None:
    lines = render_journey(NATTED).splitlines()
    assert "source NAT 10.244.1.2 -> 192.168.50.11" in lines[2]
    assert lines[-1] == f"netfilter on worker1 keeps: {KEPT}"
    html = render_journey_html(NATTED)
    check_html(html)
    plain, natted, answer = html.split("<details name=")[1:4]
    assert f"netfilter keeps: <code>{escape(KEPT)}</code>" in natted, "beside the hop where it happened"
    assert "netfilter keeps" not in plain
    assert f"netfilter on worker1 keeps: <code>{escape(KEPT)}</code>" in answer, "and below"
    live = LiveNetwork("05-nat", network)
    assert escape(KEPT) in render_step(NATTED, live, 2)
    assert escape(KEPT) not in render_step(NATTED, live, 1)


def test_the_live_network(network: Network, start: frozenset[str]) -> None:
    live = LiveNetwork("03-bridge", network, start)
    lines = render_live(live).splitlines()
    assert lines[0] == "worker1 (node)"
    assert "  cni0      10.244.1.1/24     up  bridge of veth-web                + added" in lines
    assert "  eth0      192.168.50.11/24  up  cabled to switch s1" in lines
    assert "web (pod on worker1)  + added" in lines
    data = plan_live(live)
    assert data["lab"] == "03-bridge"
    assert [each["added"] for each in data["machines"]] == [False, True, False, False]
    assert ["worker1:eth0", "switch s1"] in data["cables"]
    assert check_html(render_live_html(live)) >= {"svg", "details"}


def test_answers() -> None:
    assert render_reply(Reply("ttl", "63", right=True, text="A bridge is no hop.")) == (
        "ttl = 63: that is what happens. A bridge is no hop."
    )
    assert render_reply(Reply("ttl", "62", right=False)) == "ttl = 62: not what happens here."
    assert render_reply(Reply("fault.where", "worker1")) == "fault.where = worker1: noted."
    assert render_hint(Hint("pods_talk", 2, 3, "Look there.")) == "Hint 2 of 3 for pods_talk: Look there."


def test_questions() -> None:
    questions = [
        Question("ttl", "Which TTL?", "number", "63"),
        Question("why", "Why?", "choice", "a", choices=("a", "b")),
    ]
    choices: dict[str, list[str]] = {"ttl": [], "why": ["a", "b"], "fault.cause": ["link-down"]}
    assert render_questions(questions, choices).splitlines() == [
        "ttl: Which TTL?", "    a number", "why: Why?", "    one of: a, b", "fault.cause: What is broken?", "    one of: link-down",
    ]  # fmt: skip
    assert render_questions(questions, choices, "why").startswith("why: ")
    with pytest.raises(UsageError, match="nothing called 'how'"):
        render_questions(questions, choices, "how")


def test_the_journal() -> None:
    entries = [
        Entry(kind="start", time=0.0),
        Entry(machine="left", script="ip link\nip route", status=2),
        Entry(machine="left", argv=("echo", "a b"), status=0),
        Entry(kind="answer", id="ttl", value="63"),
    ]
    lines = [line[10:] for line in render_journal(entries).splitlines()]
    assert lines == ["start", "left    ip link ⏎ ip route  (status 2)", "left    echo 'a b'", "answer  ttl 63"]
    assert render_journal([]) == "nothing has been done yet"


def test_tables_line_up_with_wide_letters() -> None:
    assert measure("노드") == 4
    assert render_table([("노드", "x"), ("node", "y"), ("n", "")]).splitlines() == ["노드  x", "node  y", "n"]


def test_every_view_is_of_a_type_that_exists() -> None:
    """They are registered by name: a type that moves would lose its view without a word."""
    import importlib

    for module, name in VIEWS:
        assert isinstance(getattr(importlib.import_module(module), name), type)
