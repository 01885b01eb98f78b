"""FelixConfiguration: what acts, what goes before what, and what is said of the rest."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from labkit.agents.calico.facts import Facts
from labkit.agents.calico.felix import devices
from labkit.agents.calico.felix.settings import USUAL, Settings, plan_settings
from tests.agents.calico.test_felix_plan import plan_site

DEFAULT = {"vxlanMTU": 1400, "ipipMTU": 1390, "logSeverityScreen": "Info"}


def read(felix: dict[str, Any], **environment: str) -> tuple[Settings, list[str]]:
    return plan_settings(Facts(felix=felix), "node1", environment)


def test_the_node_goes_before_all_nodes_and_the_environment_before_both() -> None:
    of_node = {"vxlanMTU": 1300, "ipipMTU": 1290}
    settings, said = read(
        {"default": DEFAULT, "node.node1": of_node, "node.node2": {"vxlanVNI": 7}}, FELIX_IPINIPMTU="1200"
    )
    assert settings == Settings(ipip_mtu=1200, vxlan_mtu=1300)
    assert said == ["settings that do not act here: logSeverityScreen"]


def test_nothing_said_is_as_usual() -> None:
    assert read({}) == (USUAL, [])


@pytest.mark.parametrize(
    ("felix", "environment", "said"),
    [
        ({"vxlanMTU": "big"}, {}, "FelixConfiguration default: vxlanMTU 'big' can't be read"),
        ({}, {"FELIX_DEFAULTENDPOINTTOHOSTACTION": "maybe"}, "FELIX_DEFAULTENDPOINTTOHOSTACTION: defaultEndpointToHostAction 'maybe' can't be read"),
        ({}, {"FELIX_BPFENABLED": "true"}, "settings that do not act here: FELIX_BPFENABLED"),
    ],
)  # fmt: skip
def test_what_does_not_act_is_named(felix: dict[str, Any], environment: dict[str, str], said: str) -> None:
    settings, lines = read({"default": felix}, **environment)
    assert (settings, lines) == (USUAL, [said])


def test_a_tunnels_mtu_is_the_pods_too() -> None:
    site = dataclasses.replace(plan_site(vxlan="Always"), settings=Settings(vxlan_mtu=1400, vxlan_vni=7))
    assert devices.plan(site)["mtu vxlan.calico"] == "1400"
    assert devices.plan(site)["link vxlan.calico"].startswith("id 7 dstport 4789 ")
    assert site.pod_mtu == 1400
    assert plan_site(vxlan="Always").pod_mtu == 1450
    assert plan_site().pod_mtu == 1500


def test_what_becomes_of_packets_to_the_node_is_a_setting() -> None:
    assert read({"default": {"defaultEndpointToHostAction": "Drop"}})[0].to_host == "DROP"
