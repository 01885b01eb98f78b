"""The matrix, the live network, answers, hints and the journal as a person sees them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from labkit.check.live import Hint
from labkit.errors import UsageError
from labkit.lab.entries import AnswerGiven, Run, Start
from labkit.lab.network import LiveNetwork
from labkit.lab.question import Question, Reply
from labkit.net import Route
from labkit.net.read.agents import Agent
from labkit.net.read.network import MachineNetwork, Network
from labkit.probe import Answer, Cell, Matrix
from labkit.probe.reach import Pair, Reach
from labkit.show.journal import render_journal
from labkit.show.live import plan_live, render_live, render_live_html
from labkit.show.matrix import render_matrix, render_matrix_html
from labkit.show.matrix_svg import render_matrix_file
from labkit.show.reach import render_reach
from labkit.show.replies import render_hint, render_questions, render_reply, render_reply_html
from labkit.show.text import measure, render_table
from labkit.show.views import VIEWS
from tests.show.conftest import address, link
from tests.show.test_page import check_html


def answer(*, reached: bool, detail: str) -> Answer:
    return Answer(reached, None, detail, 0.01, ("ping", "-c", "1", "10.0.0.2"))


MATRIX = Matrix(
    {"web": "10.0.0.1", "db": None},
    {
        ("web", "db"): Cell("web", "db", None),
        ("db", "web"): Cell("db", "web", answer(reached=False, detail="no <answer>")),
    },
)


def test_the_matrix_as_text() -> None:
    assert render_matrix(MATRIX).splitlines() == [
        "     web  db",
        "web  ·    –",  # noqa: RUF001 - a sign, not a hyphen
        "db   ✗    ·",
        "✓ reached   ✗ not reached   – no address   · itself.  A row asks, a column answers.",  # noqa: RUF001
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
    assert said[:6] == ["web", "web", "db", "db", "– none", "✗ no"]  # noqa: RUF001 - a sign, not a hyphen
    assert (said[6] or "").startswith("✓ reached")


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"apart": frozenset({("db", "web")})}, "nor need it"),
        ({"before": frozenset({("db", "web")})}, "nor did it before the break"),
    ],
)
def test_what_is_no_fault_is_told_apart(known: dict[str, Any], words: str) -> None:
    matrix = replace(MATRIX, **known)
    text = render_matrix(matrix)
    assert "db   (✗)" in text
    assert f"(✗) {words}" in text
    html = render_matrix_html(matrix)
    check_html(html)
    assert '<span class="lk-badge ">(✗) no</span>' in html
    assert "(✗) no" in render_matrix_file(matrix)
    excuse = next(cell["excuse"] for cell in matrix.to_json()["cells"] if cell["src"] == "db")
    assert excuse in html
    assert words not in render_matrix(MATRIX)


def test_what_reached_before_the_break_is_missed_though_it_need_not_be() -> None:
    matrix = replace(MATRIX, apart=frozenset({("db", "web")}), before=frozenset({("web", "db")}))
    assert matrix.find_excuse(("db", "web")) == ""
    assert "<details open>" in render_matrix_html(matrix)


@pytest.mark.parametrize(
    ("detail", "said"),
    [("no route to it (ENETUNREACH)", "Network is unreachable"), ("host unreachable, says 10.0.0.1", "Destination Host Unreachable"),
     ("nobody answered ARP for 10.0.0.2 on eth0", "Destination Host Unreachable"), ("no answer within 1 s", "nothing")],
)  # fmt: skip
def test_the_matrix_speaks_the_words_of_ping_too(detail: str, said: str) -> None:
    cells = {**MATRIX.cells, ("db", "web"): Cell("db", "web", answer(reached=False, detail=detail))}
    assert f"db -> web: {detail}; ping says {said}" in render_matrix(replace(MATRIX, cells=cells))


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


def test_agents_encap_and_ipv6_are_in_the_text_too() -> None:
    machine = MachineNetwork(
        "worker1", "node", None, (link("pcap"), link("eth0")), (address("10.0.0.1/24", "eth0"), address("fd00::1/64", "eth0")),
        (Route("10.13.0.0/16", via="10.0.0.3", dev="eth0", encap="ip"),), (Agent("weave", 6783, ("pcap",)),),
    )  # fmt: skip
    live = LiveNetwork("08-weave", Network((machine,), ()))
    lines = render_live(live).splitlines()
    assert "  eth0  10.0.0.1/24, fd00::1/64  up" in lines
    assert "  agent weave  takes the frames of pcap, sends and gets wrapped packets by UDP port 6783" in lines
    assert "  10.13.0.0/16 encap ip via 10.0.0.3 dev eth0 proto boot" in lines
    (data,) = plan_live(live)["machines"]
    assert data["agents"] == [{"name": "weave", "port": 6783, "links": ["pcap"]}]


def test_answers() -> None:
    fits = Reply("ttl", "63", right=True, text="A bridge is no hop.", guess="63", truth="63")
    assert render_reply(fits).splitlines() == [
        "✓ ttl", "  you said      63", "  what happens  63", "A bridge is no hop."
    ]  # fmt: skip
    other = Reply("ttl", "62", right=False, text="A router.", explain="A bridge is none.", guess="62", truth="63")
    assert render_reply(other).splitlines() == [
        "≠ ttl", "  you said      62", "  what happens  63", "A router. A bridge is none."
    ]  # fmt: skip
    html = render_reply_html(other)
    assert "<td>62</td><td>63</td>" in html
    assert "≠ not as you said" in html
    assert render_reply(Reply("fault.where", "worker1")) == "fault.where = worker1: noted."
    assert render_hint(Hint("pods_talk", 2, 3, "Look there.")) == "Hint 2 of 3 for pods_talk: Look there."


def test_questions() -> None:
    questions = [
        Question("ttl", "Which TTL?", "number", "63"),
        Question("why", "Why?", "choice", "a", choices={"a": "the answer", "b": "the request"}),
    ]
    choices: dict[str, list[str]] = {"ttl": [], "why": ["a", "b"], "fault.cause": ["link-down"]}
    assert render_questions(questions, choices).splitlines() == [
        "ttl: Which TTL?", "    a number", "why: Why?", "    1  the answer", "    2  the request", "fault.cause: What is broken?", "    link-down  an interface is switched off",
    ]  # fmt: skip
    assert render_questions(questions, choices, "why").startswith("why: ")
    with pytest.raises(UsageError, match="nothing called 'how'"):
        render_questions(questions, choices, "how")


def test_reach() -> None:
    pair = Pair(SimpleNamespace(name="web"), SimpleNamespace(name="db"), "10.0.0.2")  # type: ignore[arg-type]
    told = Reach(
        pair, reached=False, detail="UDP of 84 bytes: no answer, and db got nothing", argv=(), seen={"ping": "10.0.0.1"}
    )
    assert render_reach(told).splitlines() == [
        "✗ web does not reach db at 10.0.0.2: UDP of 84 bytes: no answer, and db got nothing",
        "  ping  seen as 10.0.0.1",
    ]


def test_the_journal() -> None:
    entries = [
        Start(time=0.0),
        Run(machine="left", script="ip link\nip route", status=2),
        Run(machine="left", argv=("echo", "a b"), status=0),
        AnswerGiven(id="ttl", value="63"),
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
