"""What Felix wants of the kernel follows from Calico's objects alone; and only what differs is changed."""

from __future__ import annotations

import dataclasses

import pytest

from labkit.agents.calico.facts import BlockFacts, Facts, NodeFacts, PoolFacts, WorkloadFacts
from labkit.agents.calico.felix import devices, firewall, masquerade, neighbours, routes, sysctls
from labkit.agents.calico.felix.difference import plan_difference
from labkit.agents.calico.felix.site import Site
from labkit.agents.calico.names import name_link
from labkit.agents.calico.policy.policing import Policing

POOL = PoolFacts("default-pool", "10.233.64.0/18", nat=True)
WEB = name_link("default", "web")
MINE = NodeFacts("node1", "10.0.0.11/24", ipip="10.233.77.0", vxlan="10.233.77.1")
NEAR = NodeFacts("node2", "10.0.0.12/24", ipip="10.233.88.0", vxlan="10.233.88.1", vxlan_mac="66:00:00:00:00:02")
FAR = NodeFacts("node3", "10.0.1.13/24", ipip="10.233.99.0", vxlan="10.233.99.1", vxlan_mac="66:00:00:00:00:03")
FACTS = Facts(
    nodes=(MINE, NEAR, FAR),
    blocks=(BlockFacts("10.233.77.0/24", "node1"), BlockFacts("10.233.88.0/24", "node2"), BlockFacts("10.233.99.0/24", "node3")),
    workloads=(WorkloadFacts("default", "web", "node1", "10.233.77.5"), WorkloadFacts("default", "api", "node2", "10.233.88.5")),
)  # fmt: skip


def plan_site(**how: str) -> Site:
    pool = dataclasses.replace(POOL, **how)  # type: ignore[arg-type]
    return Site(dataclasses.replace(FACTS, pools=(pool,)), MINE, "eth0", 1500, frozenset({WEB}))


POD = {"route 10.233.77.5": f"dev {WEB} scope link"}
HOLE = {"route 10.233.77.0/24": "blackhole proto 80"}


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ({}, POD),
        ({"ipip": "Always"}, POD),  # BIRD has the others
        ({"vxlan": "Always"}, POD | HOLE | {
            "route 10.233.88.0/24": "via 10.233.88.1 dev vxlan.calico onlink",
            "route 10.233.99.0/24": "via 10.233.99.1 dev vxlan.calico onlink",
        }),
        ({"vxlan": "CrossSubnet"}, POD | HOLE | {
            "route 10.233.88.0/24": "via 10.0.0.12 dev eth0 proto 80 onlink",
            "route 10.233.99.0/24": "via 10.233.99.1 dev vxlan.calico onlink",
        }),
    ],
)  # fmt: skip
def test_routes_by_the_pools_mode(how: dict[str, str], wanted: dict[str, str]) -> None:
    assert routes.plan(plan_site(**how)) == wanted


def test_a_borrowed_address_has_a_way_of_its_own() -> None:
    site = plan_site(vxlan="Always")
    strangers = (*FACTS.workloads, WorkloadFacts("default", "db", "node3", "10.233.88.9"))
    site = dataclasses.replace(site, facts=dataclasses.replace(site.facts, workloads=strangers))
    assert routes.plan(site)["route 10.233.88.9"] == "via 10.233.99.1 dev vxlan.calico onlink"


@pytest.mark.parametrize(("how", "room", "links"), [
    ({}, 1500, set()), ({"ipip": "CrossSubnet"}, 1480, {"link tunl0"}), ({"vxlan": "Always"}, 1450, {"link vxlan.calico"}),
])  # fmt: skip
def test_tunnels_and_the_room_that_they_leave(how: dict[str, str], room: int, links: set[str]) -> None:
    site = plan_site(**how)
    wanted = devices.plan(site)
    assert site.pod_mtu == room
    assert {slot for slot in wanted if slot.startswith("link ")} == links
    assert {value for slot, value in wanted.items() if slot.startswith("mtu ")} == ({str(room)} if links else set())


def test_a_vxlan_link_of_another_form_is_made_anew_and_tunl0_only_loses_its_address() -> None:
    site = plan_site(vxlan="Always")
    found = {
        **devices.plan(site),
        "link vxlan.calico": "id 4096 dstport 4789 local 10.0.0.9 dev eth0",
        "address tunl0": "10.233.77.0/32",
    }
    lines = devices.render(site, plan_difference(devices.plan(site), {**found, "link tunl0": ""}))
    assert lines[:3] == [
        "link del vxlan.calico", "addr del 10.233.77.0/32 dev tunl0",
        "link add vxlan.calico type vxlan id 4096 dstport 4789 local 10.0.0.11 dev eth0 nolearning",
    ]  # fmt: skip
    bare = plan_site()
    assert devices.render(bare, plan_difference(devices.plan(bare), found))[0] == "link del vxlan.calico"


def test_each_other_node_has_a_neighbour_and_an_entry() -> None:
    wanted = neighbours.plan(plan_site(vxlan="Always"))
    assert wanted == {
        "neigh 10.233.88.1": "lladdr 66:00:00:00:00:02", "neigh 10.233.99.1": "lladdr 66:00:00:00:00:03",
        "fdb 66:00:00:00:00:02": "dst 10.0.0.12", "fdb 66:00:00:00:00:03": "dst 10.0.1.13",
    }  # fmt: skip
    lines = neighbours.render(plan_site(), plan_difference({}, {"neigh 10.233.88.1": "lladdr 66:00:00:00:00:02"}))
    assert lines == ["neigh del 10.233.88.1 lladdr 66:00:00:00:00:02 dev vxlan.calico"]


def test_only_what_differs_is_changed_and_what_is_nobodys_goes() -> None:
    wanted = routes.plan(plan_site(vxlan="Always"))
    found = {
        **wanted,
        "route 10.233.99.0/24": "via 10.233.99.7 dev vxlan.calico onlink",
        "route 10.233.1.0/24": "blackhole proto 80",
    }
    assert routes.render(plan_site(), plan_difference(wanted, found)) == [
        "route del blackhole 10.233.1.0/24 proto 80",
        "route replace 10.233.99.0/24 via 10.233.99.1 dev vxlan.calico onlink",
    ]
    assert not plan_difference(wanted, wanted)


def test_a_cable_that_is_not_there_is_nobodys_affair() -> None:
    gone = dataclasses.replace(plan_site(), links=frozenset())
    assert (routes.plan(gone), set(sysctls.plan(gone))) == ({}, {"net/ipv4/ip_forward"})
    assert f"net/ipv4/conf/{WEB}/proxy_arp" in sysctls.plan(plan_site())


def test_without_nat_outgoing_nothing_is_translated() -> None:
    site = plan_site()
    off = dataclasses.replace(
        site, facts=dataclasses.replace(site.facts, pools=(dataclasses.replace(POOL, nat=False),))
    )
    assert masquerade.plan_rules(off)["cali-nat-outgoing"] == []
    assert firewall.plan_sets(off) == {
        "set cali40all-ipam-pools": "hash:net 10.233.64.0/18",
        "set cali40masq-ipam-pools": "hash:net",
    }


def test_without_namespaces_felix_keeps_nothing_but_nat() -> None:
    """Labs 09 to 11: their datastore has no Kubernetes in it, so nobody could write a policy."""
    assert set(firewall.plan(plan_site()).tables) == {"nat"}
    policed = dataclasses.replace(plan_site(ipip="Always"), policing=Policing())
    assert set(firewall.plan(policed).tables) == {"raw", "mangle", "filter", "nat"}
    assert firewall.plan_sets(policed)["set cali40all-hosts-net"] == "hash:net 10.0.0.11 10.0.0.12 10.0.1.13"
