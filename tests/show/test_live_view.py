"""The live view: what came and went with the last change, as signs and in words."""

from __future__ import annotations

from dataclasses import replace

from labkit.lab.network import LiveNetwork
from labkit.net.read.network import Network
from labkit.show.live_view import Seen, list_changes, render_seen_html
from tests.show.conftest import link
from tests.show.test_page import check_html


def change(network: Network, **links: object) -> Network:
    """The network with other links on worker1."""
    first, *rest = network.machines
    return replace(network, machines=(replace(first, **links), *rest))


def test_at_first_nothing_is_marked(network: Network) -> None:
    seen = Seen(LiveNetwork("03-bridge", network))
    assert list_changes(seen) == []
    html = render_seen_html(seen)
    assert check_html(html) >= {"svg", "details"}
    assert "Nothing has changed yet." in html
    assert ">+" not in html


def test_what_came_and_went_is_said_and_marked(network: Network) -> None:
    first = network.machines[0]
    now = change(network, links=(*first.links[:2], link("new0", "dummy")), routes=())
    seen = Seen(LiveNetwork("03-bridge", now), LiveNetwork("03-bridge", network))
    assert list_changes(seen) == [
        "new: link worker1 new0",
        "gone: link worker1 veth-web, route worker1 10.244.2.0/24 192.168.50.12 eth0",
    ]
    html = render_seen_html(seen)
    check_html(html)
    assert ">+new0</text>" in html
    assert html.partition("</svg>")[0].count(">+") == 1
    assert '<p class="lk-changes" role="status">new: link worker1 new0; gone: ' in html
    assert "+ and colour: came with the last change." in html


def test_states_of_links_are_said_too(network: Network) -> None:
    first = network.machines[0]
    links = (replace(first.links[0], up=False, master="cni0"), first.links[1], replace(first.links[2], master=None))
    seen = Seen(LiveNetwork("03-bridge", change(network, links=links)), LiveNetwork("03-bridge", network))
    assert list_changes(seen) == [
        "down: worker1 eth0",
        "port: worker1 eth0 of cni0",
        "no port any more: worker1 veth-web",
    ]


def test_many_changes_are_counted(network: Network) -> None:
    first = network.machines[0]
    now = change(network, links=(*first.links, *(link(f"d{number:02}", "dummy") for number in range(20))))
    (said,) = list_changes(Seen(LiveNetwork("x", now), LiveNetwork("x", network)))
    assert said.startswith("new: link worker1 d00, link worker1 d01")
    assert said.endswith("link worker1 d11 and 8 more")


def test_hostile_names_are_text(network: Network) -> None:
    now = change(network, links=(link("<script>x"), *network.machines[0].links))
    assert "script" not in check_html(render_seen_html(Seen(LiveNetwork("x", now), LiveNetwork("x", network))))
