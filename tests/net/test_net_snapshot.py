"""What a comparison of two snapshots lists, and how each change is undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from labkit.net import (
    Address,
    BridgePort,
    FdbEntry,
    FilterChain,
    FilterRule,
    Link,
    Neighbor,
    Route,
    RoutingRule,
    Ruleset,
)
from labkit.net.snapshot.diff import Snapshot, diff_losses, diff_snapshots, list_items
from labkit.net.snapshot.state import MachineState

ETH0 = Link("eth0", 2, "veth", "02:00:00:00:00:01", 1500, up=True, carrier=True, state="UP")
CNI0 = Link("cni0", 3, "bridge", "02:00:00:00:00:02", 1500, up=True, carrier=True, state="UP", options={"stp_state": 0})
LO = Link("lo", 1, "", "00:00:00:00:00:00", 65536, up=True, carrier=True, state="UNKNOWN")
PORT = BridgePort("eth0", "cni0", "forwarding", 2, 32, hairpin=False, learning=True, flood=True, isolated=False,
                  guard=False, neigh_suppress=False)  # fmt: skip
EMPTY = MachineState((), (), (), (), (), (), (), {}, Ruleset())


def diff(before: MachineState, after: MachineState) -> dict[str, list[str]]:
    """Label and undoing, each command as one text, of a machine named w1."""
    changes = diff_snapshots(Snapshot({"w1": list_items(before)}), Snapshot({"w1": list_items(after)}))
    return {change.label: [" ".join(words) for words in change.undo] for change in changes}


def test_new_link_counts_with_its_state_and_its_place_but_not_with_its_settings() -> None:
    assert diff(EMPTY, replace(EMPTY, links=(LO, CNI0, ETH0), ports=(replace(PORT, hairpin=True),))) == {
        "link lo up on w1": ["ip link set lo down"],
        "link cni0 (bridge) on w1": ["ip link del cni0"],
        "link cni0 up on w1": ["ip link set cni0 down"],
        "link eth0 (veth) on w1": ["ip link del eth0"],
        "link eth0 up on w1": ["ip link set eth0 down"],
        "port eth0 of cni0 on w1": ["ip link set eth0 nomaster"],
        "hairpin on on port eth0 on w1": ["bridge link set dev eth0 hairpin off"],
    }


def test_changed_setting_is_set_back() -> None:
    before = replace(EMPTY, links=(CNI0, replace(ETH0, up=False)), ports=(PORT,))
    after = replace(EMPTY, links=(replace(CNI0, options={"stp_state": 1}), replace(ETH0, mtu=1400)),
                    ports=(replace(PORT, bridge="br1", learning=False),))  # fmt: skip
    assert diff(before, after) == {
        "stp_state 1 on cni0 on w1": ["ip link set cni0 type bridge stp_state 0"],
        "link eth0 up on w1": ["ip link set eth0 down"],
        "mtu 1400 on eth0 on w1": ["ip link set eth0 mtu 1500"],
        "port eth0 of br1 on w1": ["ip link set eth0 nomaster", "ip link set eth0 master cni0"],
        "learning off on port eth0 on w1": ["bridge link set dev eth0 learning on"],
    }


@pytest.mark.parametrize(
    ("state", "label", "undo"),
    [
        ({"addresses": (Address("cni0", "10.1.0.1", 24, "global"),)}, "address 10.1.0.1/24 dev cni0",
         "ip addr del 10.1.0.1/24 dev cni0"),
        ({"routes": (Route("10.2.0.0/24", via="10.1.0.7", dev="cni0"),)}, "route 10.2.0.0/24 via 10.1.0.7",
         "ip route del 10.2.0.0/24 proto boot via 10.1.0.7 dev cni0"),
        ({"routes": (Route("10.4.0.0/16", kind="blackhole", proto="zebra", metric=5, table="100"),)},
         "route blackhole 10.4.0.0/16 metric 5 table 100",
         "ip route del blackhole 10.4.0.0/16 proto zebra metric 5 table 100"),
        ({"neighbors": (Neighbor("10.1.0.7", "cni0", "02:00:00:00:00:07", "PERMANENT"),)}, "neighbour 10.1.0.7 dev cni0",
         "ip neigh del 10.1.0.7 dev cni0"),
        ({"neighbors": (Neighbor("169.254.1.1", "cni0", None, "PROXY"),)}, "proxy neighbour 169.254.1.1 dev cni0",
         "ip neigh del proxy 169.254.1.1 dev cni0"),
        ({"fdb": (FdbEntry("02:00:00:00:00:09", "vx", dst="10.0.0.2", state="permanent"),)},
         "fdb 02:00:00:00:00:09 dev vx dst 10.0.0.2", "bridge fdb del 02:00:00:00:00:09 dev vx dst 10.0.0.2 self"),
        ({"rules": (RoutingRule(1000, source="10.1.0.0/24", mark="0x80/0x80", table="100"),)},
         "rule 1000 from 10.1.0.0/24 fwmark 0x80/0x80 lookup 100",
         "ip rule del from 10.1.0.0/24 fwmark 0x80/0x80 lookup 100 priority 1000"),
    ],
)  # fmt: skip
def test_objects_of_tables(state: dict[str, Any], label: str, undo: str) -> None:
    assert diff(EMPTY, replace(EMPTY, **state)) == {f"{label} on w1": [undo]}


@pytest.mark.parametrize(
    "state",
    [
        {"addresses": (Address("lo", "127.0.0.1", 8, "host"),)},
        {"routes": (Route("10.1.0.0/24", dev="cni0", proto="kernel", scope="link"),)},
        {"neighbors": (Neighbor("10.1.0.7", "cni0", "02:00:00:00:00:07", "REACHABLE"),)},
        {"fdb": (FdbEntry("33:33:00:00:00:01", "cni0", state="permanent", flags=frozenset({"self"})),)},
        {"fdb": (FdbEntry("02:00:00:00:00:07", "eth0", bridge="cni0"),)},
        {"rules": (RoutingRule(32766, table="main"),)},
        {"sysctls": {"net.ipv4.ip_forward": "1"}},
    ],
)
def test_what_the_kernel_makes_itself_is_not_listed(state: dict[str, Any]) -> None:
    assert diff(EMPTY, replace(EMPTY, **state)) == {}


def test_bridge_knows_the_macs_of_its_own_links() -> None:
    before = replace(EMPTY, links=(ETH0,))
    own = FdbEntry(ETH0.mac, "eth0", bridge="cni0", state="permanent")
    typed = FdbEntry("02:00:00:00:00:99", "eth0", bridge="cni0", state="static")
    assert diff(before, replace(before, fdb=(own, typed))) == {
        "fdb 02:00:00:00:00:99 dev eth0 on w1": ["bridge fdb del 02:00:00:00:00:99 dev eth0 master"]
    }


def test_replaced_object_is_put_back() -> None:
    before = replace(EMPTY, routes=(Route("10.3.0.0/24", via="10.1.0.7", dev="cni0", scope="global"),))
    after = replace(EMPTY, routes=(Route("10.3.0.0/24", via="10.1.0.7", dev="cni0", mtu=1400),))
    assert diff(before, after) == {
        "route 10.3.0.0/24 via 10.1.0.7 on w1": [
            "ip route del 10.3.0.0/24 proto boot via 10.1.0.7 dev cni0",
            "ip route add 10.3.0.0/24 proto boot via 10.1.0.7 dev cni0 scope global",
        ]
    }


def test_an_address_comes_back_without_the_route_that_it_came_without() -> None:
    own = Address("cni0", "10.1.0.1", 24, "global", noprefixroute=True)
    with_it = replace(EMPTY, addresses=(own,))
    lost = diff_losses(*(Snapshot({"w1": list_items(state)}) for state in (with_it, EMPTY)))
    assert [" ".join(argv) for change in lost for argv in change.undo] == [
        "ip addr add 10.1.0.1/24 dev cni0 noprefixroute"
    ]
    assert diff(with_it, replace(EMPTY, addresses=(replace(own, noprefixroute=False),))), "another address"


def test_sysctls_that_follow_from_forwarding_are_not_changes_of_their_own() -> None:
    conf = {
        "net.ipv4.conf.default.forwarding": "0",
        "net.ipv4.conf.eth0.forwarding": "0",
        "net.ipv4.conf.default.proxy_arp": "0",
    }
    before = replace(EMPTY, sysctls={"net.ipv4.ip_forward": "0", **conf})
    forwarding = {name: "1" if "forwarding" in name else value for name, value in conf.items()}
    new_link = {"net.ipv4.conf.cali1.proxy_arp": "1", "net.ipv4.conf.cali1.mc_forwarding": "0"}
    after = replace(EMPTY, sysctls={"net.ipv4.ip_forward": "1", **forwarding, **new_link})
    assert diff(before, after) == {
        "sysctl net.ipv4.ip_forward=1 on w1": ["sysctl -qw net.ipv4.ip_forward=0"],
        "sysctl net.ipv4.conf.cali1.proxy_arp=1 on w1": ["sysctl -qw net.ipv4.conf.cali1.proxy_arp=0"],
    }


def test_netfilter_rules_and_policies() -> None:
    typed = FilterRule("iptables", "ip", "nat", "POSTROUTING", "postrouting",
                       'iptables -t nat -A POSTROUTING -m comment --comment "way out" -j MASQUERADE', packets=1, bytes=60)  # fmt: skip
    counted = replace(typed, packets=9, bytes=540)
    nft = FilterRule("nft", "ip", "lab", "post", "", "nft add rule ip lab post masquerade", handle=4)
    policy = FilterChain("iptables", "ip", "filter", "FORWARD", "forward", "drop")
    before = replace(EMPTY, netfilter=Ruleset((), (typed,)))
    after = replace(EMPTY, netfilter=Ruleset((policy,), (counted, typed, nft)))
    assert diff(before, after) == {
        "policy drop of iptables filter FORWARD on w1": ["iptables -t filter -P FORWARD ACCEPT"],
        f"{typed.text} #2 on w1": ["iptables -t nat -D POSTROUTING -m comment --comment way out -j MASQUERADE"],
        "nft add rule ip lab post masquerade on w1": ["nft delete rule ip lab post handle 4"],
    }


def test_new_machine_counts_whole() -> None:
    after = Snapshot({"web": list_items(replace(EMPTY, links=(ETH0,)))})
    assert [change.machine for change in diff_snapshots(Snapshot({}), after)] == ["web", "web"]
