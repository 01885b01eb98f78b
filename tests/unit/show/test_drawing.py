"""The drawing of a network: what is on it, and that it can be read."""

from __future__ import annotations

import itertools
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.net.read.network import MachineNetwork, Network
from labkit.show.drawing.layers import plan_layers
from labkit.show.drawing.parts import Box, Picture
from labkit.show.drawing.plan import plan_picture
from labkit.show.drawing.svg import render_svg
from labkit.show.drawing.trail import plan_trail
from labkit.show.page import render_svg_file
from tests.unit.show.conftest import link

SVG = "{http://www.w3.org/2000/svg}"


def box(picture: Picture, name: str) -> Box:
    return next(each for each in picture.boxes if each.name == name)


def contains(outer: Box, inner: Box) -> bool:
    return (
        outer.x < inner.x
        and outer.y < inner.y
        and inner.x + inner.width < outer.x + outer.width
        and inner.y + inner.height < outer.y + outer.height
    )


def overlap(a: Box, b: Box) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


def test_every_machine_and_every_interface_is_on_it(network: Network) -> None:
    picture = plan_picture("now", network)
    assert {(each.name, each.shape) for each in picture.boxes} == {
        ("worker1", "node"), ("worker2", "node"), ("web", "pod"), ("api", "pod"), ("s1", "switch"),
    }  # fmt: skip
    assert {(dot.machine, dot.link) for dot in picture.dots} == {
        ("worker1", "eth0"), ("worker1", "cni0"), ("worker1", "veth-web"), ("web", "eth0"), ("s1", "s1-eth1"),
        ("worker2", "eth0"), ("worker2", "cni0"), ("worker2", "veth-api"), ("api", "eth0"), ("s1", "s1-eth2"),
    }  # fmt: skip
    assert {"cni0", "10.244.1.1/24", "web (pod)"} <= {text.text for text in picture.texts}


def test_pods_are_drawn_in_their_node_and_nothing_overlaps(network: Network) -> None:
    picture = plan_picture("now", network)
    assert contains(box(picture, "worker1"), box(picture, "web"))
    tops = [each for each in picture.boxes if each.shape != "pod"]
    assert not [(a.name, b.name) for a, b in itertools.combinations(tops, 2) if overlap(a, b)]
    assert box(picture, "s1").y < box(picture, "worker1").y
    assert box(picture, "worker1").x < box(picture, "worker2").x
    for dot in picture.dots:
        assert 0 < dot.x < picture.width
        assert 0 < dot.y < picture.height


def test_lines_are_cables_ports_and_routes(network: Network) -> None:
    lines = plan_picture("now", network).lines
    strokes = [line.stroke for line in lines]
    assert (strokes.count("cable"), strokes.count("port")) == (4, 2)
    routes = [line for line in lines if line.stroke == "route"]
    between = [line for line in routes if not line.inside]
    assert [line.both for line in between] == [True], "one arrow with two heads for a route there and one back"
    assert "worker1: 10.244.2.0/24 via 192.168.50.12 dev eth0" in between[0].title
    assert "worker2: 10.244.1.0/24 via 192.168.50.11 dev eth0" in between[0].title
    assert len([line for line in routes if line.inside]) == 2


def test_what_came_since_the_start_is_marked_by_a_sign_too(network: Network, start: frozenset[str]) -> None:
    picture = plan_picture("now", network, start)
    assert {(dot.machine, dot.link) for dot in picture.dots if dot.added} == {
        ("worker1", "cni0"), ("worker1", "veth-web"), ("web", "eth0"),
    }  # fmt: skip
    assert {text.text for text in picture.texts if text.added} == {"+cni0", "+veth-web", "+eth0", "+web (pod)"}
    assert not [text for text in plan_picture("now", network).texts if text.added], "without a start nothing is known"


def test_an_interface_that_is_down_says_so(network: Network) -> None:
    first = replace(network.machines[0], links=(link("eth0", up=False),))
    picture = plan_picture("now", Network((first,), ()))
    assert "(down)" in {text.text for text in picture.texts}
    assert 'class="lk-dot lk-down"' in render_svg(picture)


def test_encapsulation_is_a_double_line() -> None:
    ends = tuple(
        MachineNetwork(f"worker{n}", "node", None, (link("flannel.1", "vxlan", options={"id": 1}),), (), ())
        for n in (1, 2)
    )
    svg = render_svg(plan_picture("now", Network(ends, ())))
    assert svg.count('class="lk-tunnel"') == svg.count('class="lk-tunnel-core"') == 1


def test_the_svg_is_well_formed_named_and_without_scripts(network: Network) -> None:
    root = ET.fromstring(render_svg(plan_picture("<now> & then", network)))
    assert root.get("role") == "img"
    names = {
        each.get("id"): each.text for each in (root.find(f"{SVG}title"), root.find(f"{SVG}desc")) if each is not None
    }
    assert list(names) == (root.get("aria-labelledby") or "").split()
    assert "<now> & then" in names.values()
    assert not list(root.iter(f"{SVG}script"))
    assert not [name for each in root.iter() for name in each.attrib if "href" in name or name.startswith("on")]


def test_two_drawings_on_one_page_share_no_id(network: Network) -> None:
    one, other = (render_svg(plan_picture(title, network)) for title in ("one", "other"))
    assert not set(ids(one)) & set(ids(other))
    assert render_svg(plan_picture("one", network)) == one, "the same network gives the same drawing"


def ids(svg: str) -> list[str]:
    return [value for each in ET.fromstring(svg).iter() if (value := each.get("id"))]


def test_a_file_brings_its_colours(network: Network) -> None:
    text = render_svg_file(render_svg(plan_picture("now", network)))
    root = ET.fromstring(text.encode())
    style = root.find(f"{SVG}style")
    assert style is not None
    assert "--lk-ink" in (style.text or "")


def test_a_packet_s_trail_ends_where_it_is(network: Network) -> None:
    picture = plan_picture("now", network)
    way = [("web", "eth0"), ("worker1", "veth-web"), ("worker1", "gone"), ("worker1", "eth0"), ("fabric", "s1-eth1")]
    trail = plan_trail(picture, way)
    assert [line.stroke for line in trail.lines].count("trail") == 3
    here = next((dot.x, dot.y) for dot in picture.dots if dot.link == "s1-eth1")
    assert trail.here == here
    assert 'class="lk-here"' in render_svg(trail)


def test_layers_begin_in_the_middle() -> None:
    names = ["router1", "s1", "s2", "a", "b"]
    pairs = [("router1", "s1"), ("router1", "s2"), ("s1", "a"), ("s2", "b")]
    assert plan_layers(names, pairs) == [["router1"], ["s1", "s2"], ["a", "b"]]
    assert plan_layers(["s1", "a"], [("s1", "a")]) == [["s1"], ["a"]], "where two are in the middle: the first named"
    assert plan_layers(["a", "b"], []) == [["a", "b"]]


def test_layers_have_few_crossings() -> None:
    pairs = [("s1", "a"), ("s2", "b"), ("router1", "s2"), ("router1", "s1")]
    _, switches, hosts = plan_layers(["router1", "s1", "s2", "b", "a"], pairs)
    assert [hosts[switches.index(name)] for name in ("s1", "s2")] == ["a", "b"]


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12), st.integers(1, 6))
def test_any_network_can_be_drawn(pairs: list[tuple[int, int]], count: int) -> None:
    """Cables between any machines, loops and doubles among them."""
    ends = [(a % count, f"l{at}a", b % count, f"l{at}b") for at, (a, b) in enumerate(pairs)]
    machines = tuple(
        MachineNetwork(
            f"m{n}",
            "host",
            None,
            tuple(link(name) for a, x, b, y in ends for at, name in ((a, x), (b, y)) if at == n),
            (),
            (),
        )
        for n in range(count)
    )
    cables = tuple(((f"m{a}", x), (f"m{b}", y)) for a, x, b, y in ends)
    picture = plan_picture("any", Network(machines, cables))
    assert len(picture.dots) == 2 * len(pairs)
    assert [line.stroke for line in picture.lines].count("cable") == len(pairs)
    assert not [(a, b) for a, b in itertools.combinations(picture.boxes, 2) if overlap(a, b)]
    ET.fromstring(render_svg(picture))
