"""Any network that a learner may build can be read in its drawing: random nodes full of bridges, pods, agents and tunnels."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.net import Link, Route
from labkit.net.read.agents import Agent
from labkit.net.read.network import End, MachineNetwork, Network
from labkit.show.drawing.plan import plan_picture
from labkit.show.drawing.svg import render_svg
from labkit.show.drawing.trail import plan_trail
from labkit.world.places import FABRIC
from tests.show.conftest import address, link
from tests.show.overlaps import list_faults


@dataclass(frozen=True)
class Drawn:
    """One node as it is drawn at random; `pods`: for each the bridge it hangs from, if any (-1: a loose end, -2: no cable)."""

    bridges: int
    pods: tuple[int, ...]
    bridged_eth0: bool
    vxlan: int
    agent: bool
    pair: bool
    routed: bool


NODES = st.lists(
    st.builds(
        Drawn,
        bridges=st.integers(0, 3),
        pods=st.lists(st.integers(-2, 2), max_size=4).map(tuple),
        bridged_eth0=st.booleans(),
        vxlan=st.integers(0, 2),
        agent=st.booleans(),
        pair=st.booleans(),
        routed=st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


def build(drawn: list[Drawn], switches: int) -> Network:
    machines: list[MachineNetwork] = []
    cables: list[tuple[End, End]] = []
    ports: list[Link] = []
    for number, node in enumerate(drawn):
        machines += build_node(number, node, len(drawn), cables)
        switch = f"s{number % switches + 1}"
        ports.append(link(f"{switch}-eth{number}", master=switch))
        cables.append(((f"worker{number}", "eth0"), (FABRIC, ports[-1].name)))
    hidden = (*(link(f"s{number + 1}", "bridge") for number in range(switches)), *ports)
    return Network((*machines, MachineNetwork(FABRIC, "fabric", None, hidden, (), ())), tuple(cables))


def build_node(number: int, node: Drawn, nodes: int, cables: list[tuple[End, End]]) -> list[MachineNetwork]:
    name, bridges = f"worker{number}", [f"br-{at}" for at in range(node.bridges)]
    links = [link("eth0", master=bridges[0] if bridges and node.bridged_eth0 else None)]
    links += [link(bridge, "bridge") for bridge in bridges]
    links += [link(f"vxlan{at}", "vxlan", master=bridges[-1] if bridges and at else None, options={"id": at}) for at in range(node.vxlan)]  # fmt: skip
    if node.pair:
        links += [link("one"), link("other", up=False)]
        cables.append(((name, "one"), (name, "other")))
    pods = []
    for at, place in enumerate(node.pods):
        pod = f"pod{number}{at}"
        pods.append(MachineNetwork(pod, "pod", name, (link("eth0"),), (address(f"10.{number}.0.{at + 2}/24", "eth0"),),
                                   (Route("default", via=f"10.{number}.0.1", dev="eth0"),)))  # fmt: skip
        if place > -2:
            links.append(link(f"veth-{pod}", master=bridges[place] if 0 <= place < len(bridges) else None))
            cables.append(((name, f"veth-{pod}"), (pod, "eth0")))
    if node.agent:
        links.append(link("pcap"))
    addresses = [
        address(f"192.168.0.{number + 1}/24", "eth0"),
        *(address(f"10.{number}.0.1/24", bridge) for bridge in bridges[:1]),
    ]
    routes = tuple(
        Route(f"10.{other}.0.0/24", via=f"192.168.0.{other + 1}", dev="eth0")
        for other in range(nodes)
        if node.routed and other != number
    )
    agents = (Agent("weave", 6783, ("pcap",)),) if node.agent else ()
    return [MachineNetwork(name, "node", None, tuple(links), tuple(addresses), routes, agents), *pods]


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@settings(deadline=None)  # the first draws on a busy machine import networkx
@given(NODES, st.integers(1, 3))
def test_nothing_lies_over_a_text_in_any_network(drawn: list[Drawn], switches: int) -> None:
    network = build(drawn, switches)
    picture = plan_picture("any", network)
    links = {
        (machine.name, each.name) for machine in network.machines if machine.kind != "fabric" for each in machine.links
    }
    assert {(dot.machine, dot.link) for dot in picture.dots if not dot.link.startswith("s")} == links
    assert list_faults(picture) == []
    ET.fromstring(render_svg(picture))


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@settings(deadline=None)  # the first draws on a busy machine import networkx
@given(NODES, st.integers(1, 3), st.data())
def test_a_packet_s_way_crosses_no_text_in_any_network(drawn: list[Drawn], switches: int, data: st.DataObject) -> None:
    picture = plan_picture("any", build(drawn, switches))
    ends = st.sampled_from([(dot.machine, dot.link) for dot in picture.dots])
    stops = plan_trail(picture, data.draw(st.lists(ends, max_size=6)), data.draw(st.lists(ends, max_size=6)))
    drawn_lines = tuple(stop.line for stop in stops if stop.line)
    straight = {line for line in drawn_lines if len(line.points) == 2 and line.points[0][0] != line.points[1][0]}
    assert list_faults(picture, tuple(line for line in drawn_lines if line not in straight)) == []
