"""Which of a node's addresses Calico takes, for each method, on a node with two uplinks and everything that does not count."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.agents.calico.autodetection import NoAddressFoundError, choose_address
from labkit.errors import UsageError


def plan_link(name: str, *addresses: str) -> dict[str, Any]:
    pairs = (each.split("/") for each in addresses)
    return {"ifname": name, "addr_info": [{"local": local, "prefixlen": int(length)} for local, length in pairs]}


LINKS = [
    plan_link("lo", "127.0.0.1/8"), plan_link("ens3", "10.1.1.11/16"), plan_link("ens4", "169.254.7.7/16", "10.0.0.11/16"),
    plan_link("docker0", "172.17.0.1/16"), plan_link("tunl0", "10.233.77.0/32"), plan_link("vxlan.calico", "10.233.77.1/32"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "found"),
    [
        ("", "10.0.0.11/16"),  # the youngest uplink
        ("first-found", "10.0.0.11/16"),
        ("skip-interface=ens4", "10.1.1.11/16"),
        ("interface=ens3", "10.1.1.11/16"),
        ("interface=eth.*, s3$", "10.1.1.11/16"),
        ("cidr=192.168.0.0/16,10.1.0.0/16", "10.1.1.11/16"),
        ("can-reach=10.1.200.1", "10.1.1.11/16"),
    ],
)
def test_each_method_takes_its_address(method: str, found: str) -> None:
    assert choose_address(method, LINKS, lambda _: "10.1.1.11") == found


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("interface=wlan0", r"Unable to auto-detect an IPv4 address \(interface=wlan0\)"),
        ("cidr=10.9.0.0/16", "Unable to auto-detect"),
        ("can-reach=10.9.0.1", "Unable to auto-detect"),
    ],
)
def test_where_no_address_fits_that_is_said(method: str, told: str) -> None:
    with pytest.raises(NoAddressFoundError, match=told):
        choose_address(method, LINKS, lambda _: "")


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("fastest", "Invalid IP autodetection method: fastest"),
        ("interface=ens(", "Invalid interface regex"),
        ("cidr=10.0.0.0/40", "Invalid CIDR"),
    ],
)
def test_a_slip_is_named(method: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        choose_address(method, LINKS, lambda _: "")
