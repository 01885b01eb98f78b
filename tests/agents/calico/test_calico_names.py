"""Names, blocks and tables as the real Calico makes them: every golden value is the source document's, or Go's own."""

from __future__ import annotations

import itertools

import pytest

from labkit.agents.calico import names
from labkit.agents.calico.choice import hash_fnv, list_blocks
from labkit.agents.calico.ctl.status import render_status
from labkit.agents.calico.gorand import GoRand
from labkit.agents.calico.sessions import Session, parse_sessions
from labkit.agents.calico.tables import render_box, render_columns

POOL = "10.233.64.0/18"


def test_the_numbers_of_gos_generator() -> None:
    """What Go's own test of rand.Seed(1) expects."""
    rand = GoRand(1)
    assert [rand.draw_63() for _ in range(3)] == [5577006791947779410, 8674665223082153551, 6129484611666145821]


@pytest.mark.parametrize(
    ("node", "block"),
    [
        ("playcekube-master01", "10.233.77.0/24"),
        ("playcekube-master02", "10.233.113.0/24"),
        ("playcekube-master03", "10.233.88.0/24"),
        ("playcekube-worker01", "10.233.99.0/24"),
        ("playcekube-worker02", "10.233.106.0/24"),
        ("playcekube-worker03", "10.233.65.0/24"),
    ],
)
def test_the_sources_nodes_get_the_sources_blocks(node: str, block: str) -> None:
    assert next(list_blocks(POOL, 24, node)) == block


@pytest.mark.parametrize(("node", "number"), [("node1", 666), ("worker1", 942), ("kube-node-2", 678), ("n3", 392)])
def test_the_first_block_in_calicos_own_pool(node: str, number: int) -> None:
    third, fourth = divmod(number * 64, 256)
    assert next(list_blocks("192.168.0.0/16", 26, node)) == f"192.168.{third}.{fourth}/26"


def test_every_block_once_and_around() -> None:
    blocks = list(list_blocks(POOL, 24, "playcekube-worker01"))
    assert len(set(blocks)) == len(blocks) == 64
    assert blocks[1:3] == ["10.233.100.0/24", "10.233.101.0/24"]
    assert blocks[-1] == "10.233.98.0/24"
    assert list(itertools.islice(list_blocks("10.0.0.0/24", 24, "alone"), 2)) == ["10.0.0.0/24"]


def test_blocks_larger_than_the_pool() -> None:
    with pytest.raises(ValueError, match="no blocks of /16"):
        next(list_blocks(POOL, 16, "node"))


def test_fnv_of_nothing_and_of_a_letter() -> None:
    """Landon Curt Noll's published values of FNV-1."""
    assert (hash_fnv(""), hash_fnv("a")) == (0x811C9DC5, 0x050C5D7E)


@pytest.mark.parametrize(
    ("namespace", "pod", "link"),
    [
        ("cattle-system", "cattle-cluster-agent-679697c475-9l4p6", "cali529aed0cdfd"),
        ("default", "nginx-deployment-84cd76b964-jnt76", "cali382bc0c1cbe"),
        ("default", "nginx-volume-deployment-69c9474d89-hh48q", "cali146ae769172"),
        ("default", "nginx-volume-deployment-69c9474d89-v6zdm", "cali7d09eb87bd4"),
    ],
)
def test_the_sources_links(namespace: str, pod: str, link: str) -> None:
    assert names.name_link(namespace, pod) == link


def test_a_workloads_name_there_and_back() -> None:
    name = names.name_workload("playcekube-worker02", "nginx-84cd-jnt76")
    assert name == "playcekube--worker02-k8s-nginx--84cd--jnt76-eth0"
    assert names.parse_workload(name) == ("playcekube-worker02", "k8s", "nginx-84cd-jnt76", "eth0")
    with pytest.raises(ValueError, match="no workload"):
        names.parse_workload("eth0")


def test_handles_and_the_vteps_mac() -> None:
    assert names.name_handle("cni0", "abc") == "cni0.abc"
    assert names.name_tunnel_handle("ipip", "node11") == "ipip-tunnel-addr-node11"
    assert names.name_vtep_mac("node11") == "66:b7:4c:23:61:5a"


BIRDC = """BIRD 2.0.12 ready.
Name       Proto      Table      State  Since         Info
static1    Static     master4    up     14:28:40
Mesh_10_0_0_22 BGP        ---        up     14:28:46      Established
Global_10_0_0_1_port_180 BGP        ---        start  14:30:06      Active        Socket: Connection refused
mine       BGP        ---        up     14:28:46      Established
"""


def test_sessions_have_calicos_names_only() -> None:
    assert list(parse_sessions(BIRDC)) == [
        Session("10.0.0.22", "node-to-node mesh", "up", "14:28:46", "Established"),
        Session("10.0.0.1", "global", "start", "14:30:06", "Active Socket: Connection refused"),
    ]


def test_node_status_as_the_source_shows_it() -> None:
    said = render_status([Session("10.0.0.22", "node-to-node mesh", "up", "14:28:46", "Established")])
    assert said.splitlines() == [
        "Calico process is running.",
        "",
        "IPv4 BGP status",
        "+--------------+-------------------+-------+----------+-------------+",
        "| PEER ADDRESS |     PEER TYPE     | STATE |  SINCE   |    INFO     |",
        "+--------------+-------------------+-------+----------+-------------+",
        "| 10.0.0.22    | node-to-node mesh | up    | 14:28:46 | Established |",
        "+--------------+-------------------+-------+----------+-------------+",
        "",
        "IPv6 BGP status",
        "No IPv6 peers found.",
        "",
    ]
    assert render_status(None) == "Calico process is not running.\n"
    assert "No IPv4 peers found.\n" in render_status([])


def test_numbers_stand_on_the_right() -> None:
    box = render_box(("Grouping", "CIDR", "IPs total", "IPs in use"), [("IP Pool", POOL, "16384", "25 (0%)")])
    assert box.splitlines()[1:4:2] == [
        "| GROUPING |      CIDR      | IPS TOTAL | IPS IN USE |",
        "| IP Pool  | 10.233.64.0/18 |     16384 | 25 (0%)    |",
    ]


def test_columns_as_get_prints_them() -> None:
    text = render_columns(("NAME", "CIDR", "NAT"), [("default-pool", POOL, "true")])
    assert text.splitlines() == ["NAME           CIDR             NAT    ", "default-pool   10.233.64.0/18   true   "]
