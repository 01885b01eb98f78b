"""What flanneld makes of a node, as the lines that a person would type."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest

from labkit.agents.flannel.conf import Backend, NetConf
from labkit.agents.flannel.lease import Lease
from labkit.agents.flannel.masquerade import render_rules
from labkit.agents.flannel.plan import Site, Uplink, plan_changes, plan_device, plan_lease

NETWORK = IPv4Network("10.244.0.0/16")


def lease(number: int, address: str = "") -> Lease:
    return Lease(
        f"worker{number}",
        IPv4Network(f"10.244.{number}.0/24"),
        IPv4Address(address or f"192.168.50.1{number}"),
        f"0e:00:00:00:00:0{number}",
    )


def site(kind: str, **options: object) -> Site:
    ports = {"vxlan": 8472, "udp": 8285, "host-gw": 0}
    backend = Backend(kind, port=ports[kind], **options)  # type: ignore[arg-type]
    return Site(NetConf(NETWORK, backend), lease(1), Uplink("eth0", IPv4Interface("192.168.50.11/24"), 1500))


def test_vxlan_is_one_route_one_neighbour_one_forwarding_entry() -> None:
    assert plan_lease(site("vxlan"), lease(2)) == [
        "neigh replace 10.244.2.0 lladdr 0e:00:00:00:00:02 dev flannel.1 nud permanent",
        "fdb replace 0e:00:00:00:00:02 dev flannel.1 dst 192.168.50.12",
        "route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink",
    ]


def test_host_gw_is_one_route() -> None:
    assert plan_lease(site("host-gw"), lease(2)) == ["route replace 10.244.2.0/24 via 192.168.50.12 dev eth0"]


def test_udp_has_the_table_itself() -> None:
    assert plan_lease(site("udp"), lease(2)) == []


def test_direct_routing_wraps_only_for_nodes_behind_a_router() -> None:
    here = site("vxlan", direct=True)
    assert plan_lease(here, lease(2)) == ["route replace 10.244.2.0/24 via 192.168.50.12 dev eth0"]
    assert len(plan_lease(here, lease(3, "192.168.60.13"))) == 3


@pytest.mark.parametrize(("kind", "mtu"), [("vxlan", 1450), ("host-gw", 1500), ("udp", 1472)])
def test_the_mtu_leaves_room_for_what_is_put_around(kind: str, mtu: int) -> None:
    assert site(kind).plan_env(ip_masq=True).render().splitlines()[2] == f"FLANNEL_MTU={mtu}"


ADD = "link add flannel.1 type vxlan id 1 dev eth0 local 192.168.50.11 dstport 8472 nolearning"
SET = ["link set flannel.1 address 0e:00:00:00:00:01 mtu 1450 up", "addr replace 10.244.1.0/32 dev flannel.1"]
THERE = {"id": 1, "port": 8472, "local": "192.168.50.11", "link": "eth0", "learning": False}


def test_a_vxlan_link_is_made() -> None:
    assert plan_device(site("vxlan"), None) == [ADD, *SET]


def test_one_that_fits_is_kept() -> None:
    assert plan_device(site("vxlan"), {"linkinfo": {"info_data": THERE}}) == SET


@pytest.mark.parametrize(
    "other", [{"id": 2}, {"port": 4789}, {"local": "192.168.50.99"}, {"link": "eth1"}, {"learning": True}]
)
def test_one_of_another_form_is_replaced(other: dict[str, object]) -> None:
    lines = plan_device(site("vxlan"), {"linkinfo": {"info_data": THERE | other}})
    assert lines == ["link del flannel.1", ADD, *SET]


def test_the_tunnel_takes_the_whole_network() -> None:
    lines = plan_device(site("udp"), None)
    assert lines[0] == "link add flannel0 type veth peer name flannel0-udp"
    assert "link set flannel0 mtu 1472 arp off up" in lines
    assert lines[-1] == "route replace 10.244.0.0/16 dev flannel0 src 10.244.1.0"
    assert plan_device(site("udp"), {}) == lines[1:]


def test_a_node_that_is_gone_takes_its_entries_with_it() -> None:
    assert plan_changes(site("vxlan"), frozenset({lease(2), lease(3)}), frozenset({lease(3)})) == [
        "neigh del 10.244.2.0 lladdr 0e:00:00:00:00:02 dev flannel.1",
        "fdb del 0e:00:00:00:00:02 dev flannel.1 dst 192.168.50.12",
        "route del 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink",
    ]


def test_a_node_with_a_new_address_keeps_its_route() -> None:
    moved = replace(lease(2), address=IPv4Address("192.168.50.99"))
    lines = plan_changes(site("vxlan"), frozenset({lease(2)}), frozenset({moved}))
    assert not [line for line in lines if line.startswith("route del")]
    assert lines[-2:] == [
        "fdb replace 0e:00:00:00:00:02 dev flannel.1 dst 192.168.50.99",
        "route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink",
    ]


def test_nothing_changed_is_nothing_to_do() -> None:
    assert plan_changes(site("vxlan"), frozenset({lease(2)}), frozenset({lease(2)})) == []


def test_pods_among_themselves_are_returned_before_anything_is_translated() -> None:
    rules = [line for line in render_rules(site("vxlan")).splitlines() if line.startswith("-A FLANNEL-POSTRTG")]
    assert [line.rpartition("-j ")[2].split()[0] for line in rules] == ["RETURN"] * 4 + ["MASQUERADE"] * 2
    assert rules[1].startswith("-A FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 ")
