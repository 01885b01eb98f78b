"""Values read from what iproute2 prints: samples of iproute2 6.1, and commands that failed."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from labkit import net
from labkit.errors import CannotTell, UsageError
from labkit.net.read.agents import Agent, read_agents
from labkit.net.read.network import read_network


@dataclass(frozen=True)
class Answer:
    status: int
    stdout: str
    stderr: str


class Parrot:
    """A machine on which every command gives the same answer."""

    name = "worker1"

    def __init__(self, output: Any, *, status: int = 0, stderr: str = "") -> None:
        text = output if isinstance(output, str) else json.dumps(output)
        self.answer = Answer(status, text, stderr)
        self.asked: list[Sequence[str]] = []

    def probe(self, argv: Sequence[str]) -> Answer:
        self.asked.append(argv)
        return self.answer


def test_links() -> None:
    port = {"ifindex": 3, "link_index": 2, "ifname": "veth1", "flags": ["UP", "LOWER_UP"], "mtu": 1400,
            "master": "cni0", "operstate": "UP", "address": "02:00:00:00:00:01", "link_netnsid": 0,
            "linkinfo": {"info_kind": "veth"}}  # fmt: skip
    vxlan = {"ifindex": 6, "ifname": "flannel.1", "flags": [], "mtu": 1450, "operstate": "DOWN",
             "linkinfo": {"info_kind": "vxlan", "info_data": {"id": 1, "port": 8472}}}  # fmt: skip
    machine = Parrot([port, {}, vxlan])
    first, second = net.read_links(machine)
    assert (first.name, first.index, first.kind, first.master, first.peer_index) == ("veth1", 3, "veth", "cni0", 2)
    assert (first.up, first.carrier, first.state) == (True, True, "UP")
    assert (second.up, second.carrier, second.options) == (False, False, {"id": 1, "port": 8472})
    assert machine.asked == [["ip", "-j", "-d", "link"]]


def test_links_as_ubuntu_prints_them() -> None:
    broken = '[{"ifindex":8,"ifname":"vxlan-6784","flags":[],"mtu":1438,"linkinfo":{"info_kind":"vxlan","info_data":{"id":6784fan-map ,"port":6784}}}]'
    (link,) = net.read_links(Parrot(broken))
    assert link.options == {"id": 6784, "port": 6784}


def test_addresses() -> None:
    info = {"family": "inet", "local": "10.244.1.1", "prefixlen": 24, "scope": "global"}
    pair = {"family": "inet", "local": "10.7.0.1", "address": "10.7.0.2", "prefixlen": 32, "scope": "global"}
    entries = [{"ifname": "lo", "addr_info": []}, {"ifname": "cni0", "addr_info": [info, pair]}]
    plain, peered = net.read_addresses(Parrot(entries))
    assert (plain.link, plain.prefix, plain.network) == (
        "cni0",
        "10.244.1.1/24",
        ipaddress.IPv4Network("10.244.1.0/24"),
    )
    assert (peered.peer, str(peered.network)) == ("10.7.0.2", "10.7.0.2/32")


def test_routes() -> None:
    entries = [
        {"type": "unicast", "dst": "10.3.0.0/24", "gateway": "1.2.3.4", "dev": "cni0", "protocol": "static",
         "scope": "global", "prefsrc": "10.1.0.1", "flags": ["onlink"], "metrics": [{"mtu": 1300}]},
        {"type": "unicast", "dst": "default", "protocol": "boot", "scope": "global", "flags": [],
         "nexthops": [{"gateway": "10.1.0.8", "dev": "cni0", "weight": 1, "flags": []},
                      {"via": {"family": "inet6", "host": "fe80::1"}, "dev": "eth0", "weight": 2, "flags": []}]},
    ]  # fmt: skip
    single, double = net.read_routes(Parrot(entries), 100)
    assert (single.via, single.src, single.table, single.mtu) == ("1.2.3.4", "10.1.0.1", "100", 1300)
    assert single.flags == {"onlink"}
    assert double.nexthops == (net.NextHop("10.1.0.8", "cni0", 1), net.NextHop("fe80::1", "eth0", 2))


def test_a_table_nobody_made_is_empty() -> None:
    assert net.read_routes(Parrot("", status=2, stderr="Error: ipv4: FIB table does not exist.\nDump terminated")) == []


def test_no_way_is_an_answer_but_a_wrong_question_is_not() -> None:
    unreachable = Parrot("", status=2, stderr="RTNETLINK answers: Network is unreachable")
    assert net.read_route_to(unreachable, "10.0.0.1") is None
    with pytest.raises(CannotTell, match="inet prefix is expected"):
        net.read_route_to(Parrot("", status=1, stderr='Error: inet prefix is expected rather than "x".'), "x")


def test_neighbours_and_forwarding_entries() -> None:
    entries = [
        {"dst": "10.0.0.2", "dev": "eth0", "lladdr": "02:00:00:00:00:02", "state": ["PERMANENT"]},
        {"dst": "10.0.0.3", "dev": "eth0", "state": ["FAILED"]},
        {"dst": "169.254.1.1", "dev": "eth0", "proxy": None},
    ]
    states = [(entry.mac, entry.state) for entry in net.read_neighbors(Parrot(entries))]
    assert states == [("02:00:00:00:00:02", "PERMANENT"), (None, "FAILED"), (None, "PROXY")]
    fdb = {"mac": "02:00:00:00:00:09", "ifname": "vx", "dst": "192.168.5.2", "flags": ["self"], "state": "permanent"}
    (entry,) = net.read_fdb(Parrot([fdb]))
    assert (entry.link, entry.dst, entry.bridge, entry.state) == ("vx", "192.168.5.2", None, "permanent")


def test_rules() -> None:
    entry = {"priority": 1000, "src": "10.1.0.0", "srclen": 16, "fwmark": "0x80", "fwmask": "0x80", "table": "100"}
    (rule,) = net.read_rules(Parrot([entry]))
    assert rule == net.RoutingRule(1000, source="10.1.0.0/16", mark="0x80/0x80", table="100")


def test_sysctls() -> None:
    text = "net.ipv4.ip_forward = 1\nnet.ipv4.conf.flannel/1.rp_filter = 0\nnet.ipv4.empty = \n"
    found = net.read_sysctls(Parrot(text), ["net.ipv4"])
    assert found == {"net.ipv4.ip_forward": "1", "net.ipv4.conf.flannel/1.rp_filter": "0", "net.ipv4.empty": ""}
    assert net.read_sysctl(Parrot("1\n"), "net.ipv4.ip_forward") == "1"


@pytest.mark.parametrize(
    ("output", "status", "words"),
    [("", 1, "ended with 1: nothing said"), ("no JSON", 0, "gave no JSON"), ('[{"x":', 0, "gave no JSON")],
)
def test_what_did_not_work_can_not_be_told(output: str, status: int, words: str) -> None:
    with pytest.raises(CannotTell, match=words):
        net.read_links(Parrot(output, status=status))


def test_a_route_with_encap_keeps_its_own_destination() -> None:
    """iproute2 prints `dst` twice in one object: the route's, then the tunnel's."""
    printed = (
        '[{"type":"unicast","dst":"10.13.0.0/16","encap":"ip","id":5,"src":"0.0.0.0","dst":"192.168.50.9","ttl":0,'
        '"gateway":"10.0.0.3","dev":"eth0","protocol":"boot","scope":"global","flags":[]}]'
    )
    (route,) = net.read_routes(Parrot(printed))
    assert (route.destination, route.via, route.dev, route.encap) == ("10.13.0.0/16", "10.0.0.3", "eth0", "ip")


def test_control_characters_in_a_name_are_text() -> None:
    (link,) = net.read_links(Parrot('[{"ifindex":8,"ifname":"a\x01\x1b[31m","flags":[],"mtu":1500}]'))
    assert link.name == "a\x01\x1b[31m"


SOCKETS = """
p_raw UNCONN 0      0            *:vethwe-pcap        *  users:(("python",pid=134,fd=6))
p_raw UNCONN 0      0      [34997]:weave              *  users:(("python",pid=134,fd=8))
p_raw UNCONN 0      0            *:eth0               *  users:(("tcpdump",pid=200,fd=3))
udp   UNCONN 0      0      0.0.0.0:47506       0.0.0.0:* users:(("python",pid=134,fd=9))
udp   UNCONN 0      0      0.0.0.0:6783        0.0.0.0:* users:(("python",pid=134,fd=7))
udp   UNCONN 0      0      0.0.0.0:6784        0.0.0.0:*
udp   UNCONN 0      0      0.0.0.0:53          0.0.0.0:* users:(("coredns",pid=7,fd=7))
udp   UNCONN 0      0      0.0.0.0:8285        0.0.0.0:* users:(("python",pid=9,fd=7))
"""


def test_agents_are_programs_that_take_frames_and_send_datagrams() -> None:
    assert read_agents(Parrot(SOCKETS.lstrip())) == [Agent("weave", 6783, ("vethwe-pcap",)), Agent("flanneld", 8285)]


class Going:
    """A machine that goes away, or is another one by its name, after `lives` questions."""

    kind, node = "pod", "worker1"

    def __init__(self, name: str, lives: int, *, comes_back: bool = False) -> None:
        self.name, self.lives, self.comes_back = name, lives, comes_back

    def probe(self, argv: Sequence[str], *, stdin: str = "") -> Answer:  # noqa: ARG002
        self.lives -= 1
        if self.lives < 0:
            self.lives = 9 if self.comes_back else 0
            raise UsageError(f"no machine {self.name!r}")
        return Answer(0, "[]\n[]\n[]", "")

    def open_netns(self) -> int:
        if not self.lives:
            raise UsageError(f"no machine {self.name!r}")
        return os.open("/dev/null", os.O_RDONLY)


def test_a_pod_that_has_gone_is_left_out() -> None:
    machines: Any = [Going("web", 9), Going("gone", 0), Going("again", 0, comes_back=True)]
    assert [machine.name for machine in read_network(machines).machines] == ["web", "again"]


def test_a_pod_that_is_there_and_can_t_be_read_is_not_left_out() -> None:
    class Mute(Going):
        def probe(self, argv: Sequence[str], *, stdin: str = "") -> Answer:  # noqa: ARG002
            return Answer(0, "[]", "")

    machines: Any = [Mute("web", 9)]
    with pytest.raises(CannotTell, match="web ended with 0 after 1 answers"):
        read_network(machines)
