"""A batch as the lines a person would type, and as the words of an error."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from labkit.net import Batch, NetError
from labkit.net.errors import Refusal


class Place:
    name = "worker1"


@pytest.fixture
def batch() -> Batch:
    return Batch(Place())  # type: ignore[arg-type]


def test_links(batch: Batch) -> None:
    elsewhere: Any = Place()
    batch.add_link("cni0", kind="bridge", up=True, stp=False, ageing=300)
    batch.add_link("veth1", kind="veth", master="cni0", mtu=1400, peer="eth0", peer_machine=elsewhere)
    batch.add_link("flannel.1", kind="vxlan", id=1, dev="eth0", local="192.168.1.11", dstport=8472, learning=False)
    batch.add_link("mv0", kind="macvlan", dev="eth0", mode="bridge")
    batch.set_link("veth1", master="")
    batch.set_link("veth1", rename="veth2", up=False)
    batch.set_port("veth2", hairpin=True, state="blocking")
    batch.del_link("mv0")
    assert batch.commands() == [
        "ip link add cni0 up type bridge ageing_time 30000 stp_state 0",
        "ip link add veth1 mtu 1400 master cni0 type veth peer name eth0 mtu 1400 netns worker1",
        "ip link add flannel.1 type vxlan id 1 local 192.168.1.11 nolearning dstport 8472 dev eth0",
        "ip link add mv0 link eth0 type macvlan mode bridge",
        "ip link set veth1 nomaster",
        "ip link set veth1 name veth2 down",
        "bridge link set dev veth2 hairpin on state 4",
        "ip link del mv0",
    ]


def test_tables(batch: Batch) -> None:
    batch.add_address("10.244.1.1/24", "cni0", broadcast="+")
    batch.del_address("10.244.1.1/24", "cni0")
    batch.add_route("10.244.2.0/24", via="10.244.2.0", dev="flannel.1", onlink=True, src="10.244.1.0")
    batch.add_route("10.9.0.0/16", kind="blackhole", proto="bird")
    batch.add_route("default", via="10.0.0.1", metric=5, table=100, replace=True)
    batch.del_route("default", via="10.0.0.1")
    batch.add_neighbor("10.0.0.2", "eth0", mac="02:00:00:00:00:02", replace=True)
    batch.add_neighbor("169.254.1.1", "eth0", proxy=True)
    batch.add_fdb("02:00:00:00:00:02", "flannel.1", dst="192.168.1.12", append=True)
    batch.del_fdb("02:00:00:00:00:02", "veth1", master=True)
    batch.add_rule(1000, source="10.1.0.0/16", mark="0x80/0x80", table=100)
    assert batch.commands() == [
        "ip addr add 10.244.1.1/24 broadcast + dev cni0",
        "ip addr del 10.244.1.1/24 dev cni0",
        "ip route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 src 10.244.1.0 onlink",
        "ip route add blackhole 10.9.0.0/16 proto bird",
        "ip route replace default via 10.0.0.1 metric 5 table 100",
        "ip route del default via 10.0.0.1",
        "ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0",
        "ip neigh add proxy 169.254.1.1 dev eth0",
        "bridge fdb append 02:00:00:00:00:02 dev flannel.1 dst 192.168.1.12 self permanent",
        "bridge fdb del 02:00:00:00:00:02 dev veth1 master",
        "ip rule add from 10.1.0.0/16 fwmark 0x80/0x80 lookup 100 priority 1000",
    ]


def test_words_name_the_message_and_its_object(batch: Batch) -> None:
    batch.add_link("cni0", kind="bridge")
    batch.set_link("cni0", up=True)
    batch.del_link("cni0")
    batch.add_address("10.244.1.1/24", "cni0")
    batch.add_route("10.2.0.0/24", via="10.1.0.1")
    batch.add_neighbor("10.0.0.2", "eth0", mac="02:00:00:00:00:02")
    batch.add_fdb("02:00:00:00:00:02", "vx", dst="10.0.0.2")
    batch.del_rule(5, table=100)
    assert [request.words() for request in batch.requests] == [
        "RTM_NEWLINK cni0 type bridge",
        "RTM_SETLINK cni0 up",
        "RTM_DELLINK cni0",
        "RTM_NEWADDR 10.244.1.1/24 on cni0",
        "RTM_NEWROUTE 10.2.0.0/24 via 10.1.0.1",
        "RTM_NEWNEIGH 10.0.0.2 at 02:00:00:00:00:02 on eth0",
        "RTM_NEWNEIGH fdb 02:00:00:00:00:02 on vx dst 10.0.0.2",
        "RTM_DELRULE from all lookup 100 priority 5",
    ]


def test_error_speaks_of_the_first_refusal_and_counts_the_others() -> None:
    first = Refusal(2, "RTM_NEWADDR 10.244.1.1/24 on cni0", errno.EEXIST)
    second = Refusal(3, "RTM_NEWROUTE default via 1.2.3.4", errno.ENETUNREACH, "Nexthop has invalid gateway")
    assert str(NetError("worker1", (first,))) == "RTM_NEWADDR 10.244.1.1/24 on cni0: file exists"
    error = NetError("worker1", (second, first), command="ip route add default via 1.2.3.4")
    assert str(error) == (
        "RTM_NEWROUTE default via 1.2.3.4: network is unreachable (Nexthop has invalid gateway) (and 1 more)"
    )
    assert error.hint == "on worker1, the same by hand: ip route add default via 1.2.3.4"
    assert (error.index, error.errno, error.machine) == (3, errno.ENETUNREACH, "worker1")
