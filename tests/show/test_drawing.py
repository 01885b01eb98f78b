"""The drawing of a network: what is on it, and that it can be read."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.net import Route
from labkit.net.read.agents import Agent
from labkit.net.read.network import MachineNetwork, Network
from labkit.show.drawing.layers import plan_layers
from labkit.show.drawing.legend import add_legend, list_legend
from labkit.show.drawing.parts import Box, Dot, Picture
from labkit.show.drawing.plan import plan_picture
from labkit.show.drawing.svg import render_svg
from labkit.show.drawing.trail import plan_trail
from labkit.show.page import render_svg_file
from labkit.world.places import FABRIC
from tests.show.conftest import address, link
from tests.show.overlaps import box_area, list_faults

SVG = "{http://www.w3.org/2000/svg}"


def box(picture: Picture, name: str) -> Box:
    return next(each for each in picture.boxes if each.name == name)


def dot(picture: Picture, machine: str, link: str) -> Dot:
    return next(each for each in picture.dots if (each.machine, each.link) == (machine, link))


def test_every_machine_and_every_interface_is_on_it(network: Network) -> None:
    picture = plan_picture("now", network)
    assert {(each.machine, each.name, each.shape) for each in picture.boxes} == {
        ("worker1", "worker1", "node"), ("worker2", "worker2", "node"), ("web", "web", "pod"), ("api", "api", "pod"),
        ("s1", "s1", "switch"), ("worker1", "cni0", "bridge"), ("worker2", "cni0", "bridge"),
    }  # fmt: skip
    assert {(dot.machine, dot.link) for dot in picture.dots} == {
        ("worker1", "eth0"), ("worker1", "cni0"), ("worker1", "veth-web"), ("web", "eth0"), ("s1", "s1-eth1"),
        ("worker2", "eth0"), ("worker2", "cni0"), ("worker2", "veth-api"), ("api", "eth0"), ("s1", "s1-eth2"),
    }  # fmt: skip
    assert {"cni0 (bridge)", "10.244.1.1/24", "web (pod)"} <= {text.text for text in picture.texts}


def test_pods_are_drawn_in_their_node_and_nothing_overlaps(network: Network) -> None:
    picture = plan_picture("now", network)
    assert box_area(box(picture, "worker1")).contains(box_area(box(picture, "web")))
    assert box(picture, "s1").y < box(picture, "worker1").y
    assert box(picture, "worker1").x < box(picture, "worker2").x
    assert list_faults(picture) == []


def test_a_bridge_looks_like_a_switch(network: Network) -> None:
    """Its ports are on its lower edge, and what hangs from them is straight below."""
    picture = plan_picture("now", network)
    bridge, port, pod = box(picture, "cni0"), dot(picture, "worker1", "veth-web"), dot(picture, "web", "eth0")
    assert port.y == bridge.y + bridge.height
    assert bridge.x < port.x < bridge.x + bridge.width
    assert port.x == pod.x
    assert port.y < pod.y
    assert dot(picture, "worker1", "cni0").x == bridge.x


def test_lines_are_cables_and_routes(network: Network) -> None:
    lines = plan_picture("now", network).lines
    assert [line.stroke for line in lines].count("cable") == 4
    routes = {line.title: line for line in lines if line.stroke == "route"}
    between = [line for title, line in routes.items() if "192.168" in title]
    assert [line.heads for line in between] == [(True, True)], "one arrow with two heads for a route there and one back"
    assert "worker1: 10.244.2.0/24 via 192.168.50.12 dev eth0" in between[0].title
    assert "worker2: 10.244.1.0/24 via 192.168.50.11 dev eth0" in between[0].title
    assert routes["web: default via 10.244.1.1 dev eth0"].heads == (False, True)
    assert len(routes) == 3


def test_a_port_on_the_machine_s_edge_hangs_on_its_bridge() -> None:
    """eth1 of a machine that is a switch: a cable to another machine, and a line to the bridge in it."""
    hub = MachineNetwork(
        "hub", "host", None, (link("br0", "bridge"), link("eth1", master="br0"), link("eth2", master="br0")), (), ()
    )
    ends = tuple(MachineNetwork(name, "host", None, (link("eth0"),), (), ()) for name in ("a", "b"))
    picture = plan_picture(
        "hub", Network((hub, *ends), ((("hub", "eth1"), ("a", "eth0")), (("hub", "eth2"), ("b", "eth0"))))
    )
    ports = [line for line in picture.lines if line.stroke == "port"]
    assert {line.title for line in ports} == {"eth1 is a port of br0 on hub", "eth2 is a port of br0 on hub"}
    assert all(line.points[0][0] == line.points[-1][0] for line in ports), "straight down"
    assert list_faults(picture) == []


LONG = "vethwepla6985fe"  # 15 characters, the most that a name has


def plan_long(pods: int, bridges: int) -> Network:
    """A node full of long names: pods on each bridge, an agent, a tunnel, pairs that lead nowhere yet."""
    names = [f"p{number:014}" for number in range(pods)]
    ports = [link(f"v{number:014}", master=f"b{number % bridges:014}") for number in range(pods)]
    own = [link(f"b{number:014}", "bridge") for number in range(bridges)]
    more = [link("vethwe-bridge", master=own[0].name), link("vethwe-pcap"), link("vxlan-1234567890"[:15], "vxlan", options={"id": 7}),
            link("loose-123456789"), link("esool-123456789"), link("eth0"), link("tunnel-12345678", "vxlan", master=own[0].name)]  # fmt: skip
    node = MachineNetwork("worker1", "node", None, (*own, *ports, *more), tuple(address("10.100.200.100/24", each.name) for each in (*own, *more)), (),
                          (Agent("weave", 6783, ("vethwe-pcap",)),))  # fmt: skip
    inside = tuple(
        MachineNetwork(name, "pod", "worker1", (link(LONG), link("net1")), (address("10.100.200.200/24", LONG),), (Route("default", via="10.100.200.100", dev=LONG),))
        for name in names
    )  # fmt: skip
    cables = [(("worker1", port.name), (name, LONG)) for port, name in zip(ports, names, strict=True)]
    cables += [
        (("worker1", "vethwe-bridge"), ("worker1", "vethwe-pcap")),
        (("worker1", "loose-123456789"), ("worker1", "esool-123456789")),
    ]
    return Network((node, *inside), tuple(cables))


@pytest.mark.parametrize("pods", [0, 1, 2, 5])
@pytest.mark.parametrize("bridges", [1, 2])
def test_names_of_fifteen_characters_lie_over_nothing(pods: int, bridges: int) -> None:
    network = plan_long(pods, bridges)
    for start in (frozenset(), frozenset({"machine worker1"})):
        assert list_faults(plan_picture("long", network, start)) == []


def test_an_agent_is_drawn_with_what_it_takes_and_whom_it_sends_to() -> None:
    machines = tuple(
        MachineNetwork(f"worker{n}", "node", None, (link("weave", "bridge"), link("vethwe-bridge", master="weave"), link("vethwe-pcap")), (), (),
                       (Agent("weave", 6783, ("vethwe-pcap",)),))
        for n in (1, 2)
    )  # fmt: skip
    cables = tuple(((f"worker{n}", "vethwe-bridge"), (f"worker{n}", "vethwe-pcap")) for n in (1, 2))
    picture = plan_picture("agents", Network(machines, cables))
    agents = [each for each in picture.boxes if each.shape == "agent"]
    assert [(each.machine, each.name) for each in agents] == [("worker1", "weave"), ("worker2", "weave")]
    assert dot(picture, "worker1", "vethwe-pcap").y == agents[0].y
    (tunnel,) = [line for line in picture.lines if line.stroke == "tunnel"]
    assert tunnel.title.endswith("wrap packets for each other: weave over UDP port 6783")
    assert {"weave (agent)", "UDP 6783"} <= {text.text for text in picture.texts}
    assert list_faults(picture) == []


def test_an_only_agent_has_the_tunnel_device() -> None:
    machine = MachineNetwork("worker1", "node", None, (link("flannel0", "tun"),), (), (), (Agent("flanneld", 8285),))
    picture = plan_picture("udp", Network((machine,), ()))
    assert dot(picture, "worker1", "flannel0").y == box(picture, "flanneld").y


def test_an_ipv6_address_stands_beside_the_others() -> None:
    machine = MachineNetwork(
        "a", "host", None, (link("eth0"),), (address("10.0.0.1/24", "eth0"), address("fd00::1/64", "eth0")), ()
    )
    assert {"10.0.0.1/24", "fd00::1/64"} <= {text.text for text in plan_picture("v6", Network((machine,), ())).texts}


def test_what_came_since_the_start_is_marked_by_a_sign_too(network: Network, start: frozenset[str]) -> None:
    picture = plan_picture("now", network, start)
    assert {(dot.machine, dot.link) for dot in picture.dots if dot.added} == {
        ("worker1", "cni0"), ("worker1", "veth-web"), ("web", "eth0"),
    }  # fmt: skip
    assert {text.text for text in picture.texts if text.added} == {
        "+cni0 (bridge)", "+veth-web", "+eth0", "+web (pod)",
    }  # fmt: skip
    assert not [text for text in plan_picture("now", network).texts if text.added], "without a start nothing is known"


def test_an_interface_that_is_down_says_so(network: Network) -> None:
    first = replace(network.machines[0], links=(link("eth0", up=False),))
    picture = plan_picture("now", Network((first,), ()))
    assert "(down)" in {text.text for text in picture.texts}
    assert 'class="lk-dot lk-down"' in render_svg(picture)


def test_encapsulation_is_a_double_line_outside_the_boxes() -> None:
    ends = tuple(
        MachineNetwork(
            f"worker{n}", "node", None, (link("flannel.1", "vxlan", options={"id": 1}), link("cni0", "bridge")), (), ()
        )
        for n in (1, 2, 3)
    )
    picture = plan_picture("now", Network(ends, ()))
    svg = render_svg(picture)
    assert svg.count('class="lk-tunnel"') == svg.count('class="lk-tunnel-core"') == 2
    bottom = max(each.y + each.height for each in picture.boxes)
    for line in picture.lines:
        assert all(y >= bottom for _, y in line.points)
    assert list_faults(picture) == []


def test_other_tunnels_are_not_joined() -> None:
    links = (link("vxlan1", "vxlan", options={"id": 1}), link("vxlan2", "vxlan", options={"id": 2}))
    ends = tuple(MachineNetwork(f"worker{n}", "node", None, (each,), (), ()) for n, each in enumerate(links))
    assert not plan_picture("now", Network(ends, ())).lines


def test_the_legend_says_what_is_there(network: Network, start: frozenset[str]) -> None:
    assert [sentence.partition(":")[0] for sentence in list_legend(plan_picture("now", network, start))] == [
        "+ and colour", "Grey box in a machine", "Dashed arrow",
    ]  # fmt: skip
    alone = MachineNetwork("a", "host", None, (link("eth0"),), (), ())
    assert list_legend(plan_picture("now", Network((alone,), ()))) == []
    whole = add_legend(plan_picture("now", network, start))
    assert list_faults(whole) == []
    assert not [text for text in whole.texts if text.added and "colour" in text.text]


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


def test_a_packet_s_trail_follows_cables_and_bridges(network: Network) -> None:
    picture = plan_picture("now", network)
    way = [
        ("web", "eth0"),
        ("worker1", "veth-web"),
        ("worker1", "cni0"),
        ("worker1", "gone"),
        ("worker1", "eth0"),
        (FABRIC, "s1-eth1"),
    ]
    stops = plan_trail(picture, way, [("worker1", "eth0")])
    assert [stop.line is not None for stop in stops] == [False, True, True, False, True, True, True]
    assert [stop.dot.link if stop.dot else None for stop in stops] == [
        "eth0",
        "veth-web",
        "cni0",
        None,
        "eth0",
        "s1-eth1",
        "eth0",
    ]
    lines = tuple(stop.line for stop in stops if stop.line)
    assert [line.stroke for line in lines] == ["trail"] * 4 + ["answer"]
    assert all(line.heads == (False, True) for line in lines), "which way it goes"
    assert lines[-1].points[::-1] != lines[-2].points, "the answer runs beside the packet"
    assert list_faults(picture, lines) == []


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
@settings(deadline=None)  # the first draws on a busy machine import networkx
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
    assert list_faults(picture) == []
    ET.fromstring(render_svg(picture))
