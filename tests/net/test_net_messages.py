"""Our messages read by pyroute2, which knows the kernel's headers by another way."""

from __future__ import annotations

from typing import Any

import pytest
from pyroute2.netlink.rtnl.fibmsg import fibmsg
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.ndmsg import ndmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from labkit.errors import UsageError
from labkit.net.write import netlink
from labkit.net.write.batch import Batch
from labkit.net.write.names import LinkTable, UnknownLinkError
from labkit.net.write.request import Context, Request

CREATE = netlink.NLM_F_CREATE | netlink.NLM_F_EXCL | netlink.NLM_F_REQUEST


class Place:
    """A machine that is never asked for anything: these batches are not committed."""

    name = "worker1"


@pytest.fixture
def batch() -> Batch:
    return Batch(Place())  # type: ignore[arg-type]


@pytest.fixture
def context() -> Context:
    return Context(LinkTable({"lo": 1, "eth0": 4, "cni0": 7}), lambda _: 33)


def decode(kind: Any, request: Request, context: Context) -> Any:
    message = kind(netlink.pack(request.encode(context), 5))
    message.decode()
    return message


def test_veth_with_its_peer_elsewhere(batch: Batch, context: Context) -> None:
    elsewhere: Any = Place()
    batch.add_link(
        "veth1", kind="veth", up=True, mtu=1400, mac="02:00:00:00:00:01", master="cni0",
        peer="eth0", peer_machine=elsewhere, peer_mac="02:00:00:00:00:02",
    )  # fmt: skip
    message = decode(ifinfmsg, batch.requests[0], context)
    assert message["header"]["type"] == 16
    assert message["header"]["flags"] == CREATE
    assert (message["index"], message["flags"], message["change"]) == (8, 1, 1)
    assert message.get_attr("IFLA_IFNAME") == "veth1"
    assert message.get_attr("IFLA_ADDRESS") == "02:00:00:00:00:01"
    assert message.get_attr("IFLA_MTU") == 1400
    assert message.get_attr("IFLA_MASTER") == 7
    info = message.get_attr("IFLA_LINKINFO")
    assert info.get_attr("IFLA_INFO_KIND") == "veth"
    peer = info.get_attr("IFLA_INFO_DATA").get_attr("VETH_INFO_PEER")
    assert peer["index"] == 0
    assert peer.get_attr("IFLA_IFNAME") == "eth0"
    assert peer.get_attr("IFLA_ADDRESS") == "02:00:00:00:00:02"
    assert peer.get_attr("IFLA_NET_NS_FD") == 33


def test_veth_of_one_queue_at_both_ends(batch: Batch, context: Context) -> None:
    batch.add_link("va", kind="veth", peer="vb", queues=1)
    message = decode(ifinfmsg, batch.requests[0], context)
    peer = message.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_DATA").get_attr("VETH_INFO_PEER")
    for end in (message, peer):
        assert end.get_attr("IFLA_NUM_TX_QUEUES") == end.get_attr("IFLA_NUM_RX_QUEUES") == 1
    assert batch.commands() == [
        "ip link add va numtxqueues 1 numrxqueues 1 type veth peer name vb numtxqueues 1 numrxqueues 1"
    ]


def test_bridge_counts_in_hundredths_of_a_second(batch: Batch, context: Context) -> None:
    batch.add_link("br0", kind="bridge", stp=False, ageing=30, forward_delay=2, mcast_snooping=False)
    data = decode(ifinfmsg, batch.requests[0], context).get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_DATA")
    assert data.get_attr("IFLA_BR_AGEING_TIME") == 3000
    assert data.get_attr("IFLA_BR_FORWARD_DELAY") == 200
    assert data.get_attr("IFLA_BR_STP_STATE") == 0
    assert data.get_attr("IFLA_BR_MCAST_SNOOPING") == 0


def test_vxlan(batch: Batch, context: Context) -> None:
    batch.add_link("flannel.1", kind="vxlan", id=1, dev="eth0", local="192.168.1.11", dstport=8472, learning=False)
    data = decode(ifinfmsg, batch.requests[0], context).get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_DATA")
    assert data.get_attr("IFLA_VXLAN_ID") == 1
    assert data.get_attr("IFLA_VXLAN_LINK") == 4
    assert data.get_attr("IFLA_VXLAN_LOCAL") == "192.168.1.11"
    assert data.get_attr("IFLA_VXLAN_PORT") == 8472
    assert data.get_attr("IFLA_VXLAN_LEARNING") == 0


def test_macvlan_lies_on_a_link(batch: Batch, context: Context) -> None:
    batch.add_link("mv0", kind="macvlan", dev="eth0", mode="bridge")
    message = decode(ifinfmsg, batch.requests[0], context)
    assert message.get_attr("IFLA_LINK") == 4
    data = message.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_DATA")
    assert data.get_attr("IFLA_MACVLAN_MODE") == "bridge"


def test_bridge_port_flags(batch: Batch, context: Context) -> None:
    batch.set_port("eth0", hairpin=True, learning=False, isolated=True)
    message = decode(ifinfmsg, batch.requests[0], context)
    assert (message["header"]["type"], message["family"], message["index"]) == (19, 7, 4)
    port = message.get_attr("IFLA_PROTINFO")
    assert port.get_attr("IFLA_BRPORT_MODE") == 1
    assert port.get_attr("IFLA_BRPORT_LEARNING") == 0
    assert port.get_attr("IFLA_BRPORT_ISOLATED") == 1


def test_address_has_a_broadcast_only_when_asked(batch: Batch, context: Context) -> None:
    batch.add_address("10.244.1.1/24", "cni0")
    batch.add_address("192.168.1.11/24", "eth0", broadcast="+")
    plain, asked = (decode(ifaddrmsg, request, context) for request in batch.requests)
    assert (plain["index"], plain["prefixlen"], plain["scope"]) == (7, 24, 0)
    assert plain.get_attr("IFA_LOCAL") == plain.get_attr("IFA_ADDRESS") == "10.244.1.1"
    assert plain.get_attr("IFA_BROADCAST") is None
    assert asked.get_attr("IFA_BROADCAST") == "192.168.1.255"


@pytest.mark.parametrize(
    ("destination", "options", "header"),
    [
        ("10.2.0.0/24", {"via": "10.1.0.1"}, (0, 1, 3)),
        ("10.2.0.0/24", {"dev": "eth0", "proto": "static"}, (253, 1, 4)),
        ("default", {"via": "10.1.0.1", "dev": "eth0", "onlink": True}, (0, 1, 3)),
        ("10.9.0.0/16", {"kind": "blackhole", "proto": "bird"}, (0, 6, 12)),
    ],
)
def test_route_defaults_are_ips(
    batch: Batch, context: Context, destination: str, options: Any, header: tuple[int, int, int]
) -> None:
    """`header`: scope, type, protocol."""
    batch.add_route(destination, **options)
    message = decode(rtmsg, batch.requests[0], context)
    assert (message["scope"], message["type"], message["proto"]) == header
    assert message["table"] == 254
    assert message["flags"] == (4 if options.get("onlink") else 0)
    assert message.get_attr("RTA_DST") == (None if destination == "default" else destination.split("/", maxsplit=1)[0])
    assert message.get_attr("RTA_GATEWAY") == options.get("via")


def test_route_of_a_large_table_with_all_there_is(batch: Batch, context: Context) -> None:
    batch.add_route("10.2.0.0/24", via="10.1.0.1", dev="eth0", src="10.1.0.5", metric=50, mtu=1400, table=1000)
    message = decode(rtmsg, batch.requests[0], context)
    assert message["table"] == 0
    assert message.get_attr("RTA_TABLE") == 1000
    assert message.get_attr("RTA_OIF") == 4
    assert message.get_attr("RTA_PREFSRC") == "10.1.0.5"
    assert message.get_attr("RTA_PRIORITY") == 50
    assert message.get_attr("RTA_METRICS").get_attr("RTAX_MTU") == 1400


def test_deleting_a_route_says_no_more_than_was_said(batch: Batch, context: Context) -> None:
    batch.del_route("10.2.0.0/24")
    message = decode(rtmsg, batch.requests[0], context)
    assert message["header"]["type"] == 25
    assert (message["scope"], message["proto"]) == (255, 0)


def test_neighbours_and_forwarding_entries(batch: Batch, context: Context) -> None:
    batch.add_neighbor("10.0.0.2", "eth0", mac="02:00:00:00:00:02")
    batch.add_neighbor("169.254.1.1", "eth0", proxy=True)
    batch.add_fdb("02:00:00:00:00:02", "cni0", dst="192.168.1.12")
    batch.add_fdb("02:00:00:00:00:02", "eth0", master=True, state="static")
    permanent, proxy, remote, port = (decode(ndmsg, request, context) for request in batch.requests)
    assert (permanent["family"], permanent["ifindex"], permanent["state"], permanent["flags"]) == (2, 4, 0x80, 0)
    assert permanent.get_attr("NDA_DST") == "10.0.0.2"
    assert permanent.get_attr("NDA_LLADDR") == "02:00:00:00:00:02"
    assert proxy["flags"] == 8
    assert (remote["family"], remote["state"], remote["flags"]) == (7, 0x80, 2)
    assert remote.get_attr("NDA_DST") == "192.168.1.12"
    assert (port["state"], port["flags"]) == (0x40, 4)


def test_rule(batch: Batch, context: Context) -> None:
    batch.add_rule(1000, source="10.1.0.0/16", mark="0x80/0x80", iif="eth0", table=100)
    message = decode(fibmsg, batch.requests[0], context)
    assert (message["src_len"], message["dst_len"], message["table"], message["action"]) == (16, 0, 100, 1)
    assert message.get_attr("FRA_SRC") == "10.1.0.0"
    assert message.get_attr("FRA_PRIORITY") == 1000
    assert (message.get_attr("FRA_FWMARK"), message.get_attr("FRA_FWMASK")) == (0x80, 0x80)
    assert message.get_attr("FRA_IIFNAME") == "eth0"


def test_links_of_the_same_batch_are_known_by_name(batch: Batch, context: Context) -> None:
    batch.add_link("va", kind="veth", peer="vb")
    batch.add_address("10.0.0.1/24", "vb")
    batch.set_link("vb", rename="vc")
    batch.add_address("10.0.0.2/24", "vc")
    batch.del_link("va")
    indexes = [decode(kind, request, context)["index"] for kind, request in zip(
        (ifinfmsg, ifaddrmsg, ifinfmsg, ifaddrmsg, ifinfmsg), batch.requests, strict=True
    )]  # fmt: skip
    assert indexes == [8, 9, 9, 9, 8]


def test_unknown_link_is_found_before_anything_is_sent(batch: Batch, context: Context) -> None:
    batch.add_address("10.0.0.1/24", "cni9")
    with pytest.raises(UnknownLinkError, match="cni9"):
        batch.requests[0].encode(context)


def test_option_of_another_kind_is_refused(batch: Batch) -> None:
    with pytest.raises(UsageError, match="kind vxlan has no option stp"):
        batch.add_link("vx", kind="vxlan", id=1, stp=True)
    assert len(batch) == 0


@pytest.mark.parametrize("prefix", ["10.0.0.1/33", "10.0.0.1/x", "10.0.0", "10.0.0.1/"])
def test_what_is_no_prefix(prefix: str) -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0"):
        netlink.parse_prefix(prefix)
