"""One packet followed: two nodes on a switch, a bridge and pods on each, plain routing between them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.errors import CannotTell, UsageError
from labkit.fabric.netlink import build_netlink
from labkit.net.netfilter.counters import read_counters
from labkit.net.netfilter.trace import Watched
from labkit.probe import Hop, Journey, follow_packet, read_matrix
from labkit.probe.journey.headers import find_innermost
from labkit.probe.journey.rulebook import Rulebook
from labkit.probe.journey.rules import find_nat
from labkit.timing import scale
from labkit.world import MachineSpec, World
from labkit.world.places import FABRIC
from labkit.world.values import Outfit
from tests.probe.two_nodes import build_pods, do, plan_topology, wait_carrier

pytestmark = pytest.mark.world

CHAIN = "nft add table inet own; nft add chain inet own fw '{ type filter hook forward priority 0;"


@pytest.fixture
def world() -> Iterator[World]:
    with World.start(f"test-journey-{os.getpid()}", outfit=Outfit(open_switches=True), hidden=True) as world:
        build_netlink(world, plan_topology())
        build_pods(world)
        wait_carrier(world)
        yield world
        world.end()


def list_places(hops: tuple[Hop, ...]) -> list[str]:
    return [f"{hop.machine} {hop.link} {hop.direction}" for hop in hops]


def list_changes(journey: Journey) -> list[str]:
    return [change for hop in journey.hops for change in hop.changes]


NODE_TO_NODE = [
    "web eth0 out", "node1 vweb in", "node1 cni0 in", "node1 eth0 out", ".fabric s1-eth1 in", ".fabric s1-eth2 out",
    "node2 eth0 in", "node2 cni0 out", "node2 vdb out", "db eth0 in",
]  # fmt: skip


def test_every_interface_on_the_way_is_a_hop(world: World) -> None:
    journey = follow_packet(world, "web", "db")
    assert journey.found
    assert journey.answered
    assert journey.lost is None
    assert list_places(journey.hops) == NODE_TO_NODE
    assert [hop.switch for hop in journey.hops] == [" s1-" in place for place in NODE_TO_NODE]
    assert list_places(journey.reply)[0] == "db eth0 out"
    assert list_places(journey.reply)[-1] == "web eth0 in"
    times = [hop.time for hop in (*journey.hops, *journey.reply)]
    assert times[0] == 0.0
    assert times == sorted(times)
    assert [change for change in list_changes(journey) if "TTL" in change] == ["TTL 64 -> 63", "TTL 63 -> 62"]
    assert sum("MAC rewritten" in change for change in list_changes(journey)) == 2


@pytest.mark.parametrize("options", [{"tcp": 80}, {"udp": 53}])
def test_tcp_and_udp_take_the_same_way(world: World, options: dict[str, int]) -> None:
    journey = follow_packet(world, "web", "db", tcp=options.get("tcp"), udp=options.get("udp"))
    assert journey.found
    assert list_places(journey.hops) == NODE_TO_NODE
    name, port = next(iter(options.items()))
    assert {layer.name: layer.fields for layer in journey.hops[-1].layers}[name.upper()]["dport"] == port
    assert journey.answered == (name == "tcp")
    assert bool(journey.errors) == (name == "udp")


def test_the_json_is_the_contracts(world: World) -> None:
    found = json.loads(json.dumps(follow_packet(world, "web", "db").to_json()))
    assert set(found) == {"version", "found", "hops", "reply", "lost", "errors"}
    assert (found["lost"], found["errors"]) == (None, [])
    for hop in [*found["hops"], *found["reply"]]:
        assert set(hop) == {"machine", "link", "direction", "time", "layers"}
        assert [layer["name"] for layer in hop["layers"]][:3] == ["Ether", "IP", "ICMP"]
    assert found["hops"][0]["layers"][1]["src"] == "10.244.1.2"
    assert found["hops"][-1]["layers"][1]["ttl"] == 62
    assert found["reply"][0]["layers"][1]["dst"] == "10.244.1.2"
    do(world, "db", "ip route del default")
    lost = json.loads(json.dumps(follow_packet(world, "web", "db").to_json()))["lost"]
    assert (lost["machine"], lost["link"], lost["direction"]) == ("db", "eth0", "in")
    assert lost["reasons"] == ["db has no route back to 10.244.1.2"]


def test_it_carries_the_network_that_it_went_through(world: World) -> None:
    journey = follow_packet(world, "web", "db")
    do(world, "node1", "ip link del cni0")
    (node,) = [machine for machine in journey.network.machines if machine.name == "node1"]
    assert {"eth0", "cni0", "vweb"} <= {link.name for link in node.links}
    assert (("node1", "vweb"), ("web", "eth0")) in journey.network.cables


@pytest.mark.parametrize("port", [4789, 4790, 6784, 8472, 53, 8285])
def test_its_own_payload_is_taken_for_no_header(world: World, port: int) -> None:
    for _ in range(4):
        hops = follow_packet(world, "web", "db", udp=port).hops
        assert {tuple(layer.name for layer in hop.layers) for hop in hops} == {("Ether", "IP", "UDP", "Raw")}


@pytest.mark.parametrize("own", [True, False])
def test_a_pod_called_fabric_is_a_pod(world: World, own: bool) -> None:  # noqa: FBT001 - both ways
    do(world, "node1", "ip netns add fabric; ip link add vfab type veth peer name eth0 netns fabric; ip link set vfab up master cni0;"
       "ip -n fabric addr add 10.244.1.9/24 dev eth0; ip -n fabric link set eth0 up; ip -n fabric route add default via 10.244.1.1")  # fmt: skip
    wait_carrier(world)
    journey = follow_packet(world, *(("fabric", "db") if own else ("web", "fabric")))
    assert journey.found
    assert ("fabric eth0 out" if own else "fabric eth0 in") in list_places(journey.hops)
    assert [hop.switch for hop in journey.hops].count(True) == (2 if own else 0)


def test_pods_that_come_and_go_do_not_disturb(world: World) -> None:
    node = world.machine("node1")
    coming = "while :; do ip netns add tmp; ip link add vtmp type veth peer name eth0 netns tmp; ip netns del tmp; done"
    with node.start_process(coming) as process:
        journeys = [follow_packet(world, "web", "db") for _ in range(20)]
        matrices = [read_matrix(world, timeout=0.3) for _ in range(5)]
        process.stop()
    assert all(journey.found and journey.answered for journey in journeys)
    assert all(matrix.cells["web", "db"].word == "reached" for matrix in matrices)


def test_an_ipv6_address_says_whose_it_is(world: World) -> None:
    do(world, "db", "sysctl -qw net.ipv6.conf.all.disable_ipv6=0; ip addr add fd00::1/64 dev eth0")
    with pytest.raises(UsageError, match="fd00::1 is an IPv6 address of db; a journey follows IPv4 packets") as caught:
        follow_packet(world, "web", "fd00::1")
    assert caught.value.hint == "an IPv4 address of it: 10.244.2.2"


def test_a_destination_may_be_an_address_or_a_name(world: World) -> None:
    assert follow_packet(world, "web", "10.244.2.2").dst == "db"
    do(world, "web", "echo '10.244.2.2 store.example' >> /etc/hosts")
    assert follow_packet(world, "web", "store.example").found
    nowhere = follow_packet(world, "outside", "10.9.9.9")
    assert not nowhere.found
    assert nowhere.lost is not None
    assert str(nowhere.lost) == "it never left outside: no route to it (ENETUNREACH)"
    with pytest.raises(UsageError, match="no name that web can resolve"):
        follow_packet(world, "web", "nobody.example")
    do(world, "log", "ip addr flush dev eth0")
    with pytest.raises(UsageError, match="log has no address"):
        follow_packet(world, "web", "log")


def test_nat_shows_with_the_connection_beside_it(world: World) -> None:
    do(world, "node1", "iptables -t nat -A POSTROUTING -s 10.244.1.0/24 -o eth0 -j MASQUERADE")
    do(world, "node2", "iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to 10.244.2.2:80")
    listener = world.machine("db").open_socket(2, 1)
    with listener:
        listener.bind(("0.0.0.0", 80))
        listener.listen()
        journey = follow_packet(world, "web", "192.168.0.2", tcp=8080)
    assert journey.found
    assert journey.answered
    assert "source NAT 10.244.1.2 -> 192.168.0.1" in list_changes(journey)
    assert "destination NAT 192.168.0.2:8080 -> 10.244.2.2:80" in list_changes(journey)
    assert set(journey.connections) == {"node1", "node2"}
    assert journey.connections["node1"][0].source_nat == "192.168.0.1"
    assert journey.connections["node2"][0].destination_nat == "10.244.2.2"
    undone = [change for hop in journey.reply for change in hop.changes if "undone" in change]
    assert undone == [
        "source NAT undone: 10.244.2.2:80 -> 192.168.0.2:8080",
        "destination NAT undone: 192.168.0.1 -> 10.244.1.2",
    ]


def read_rules(journey: Journey) -> list[tuple[str, str, str]]:
    """Place, where its rule is from, and its text; of the packet's way and of its answer's."""
    found = [(hop, hop.to_json().get("rule")) for hop in journey.way]
    return [(f"{hop.machine} {hop.link}", rule["from"], rule["text"]) for hop, rule in found if rule]


def test_the_rule_that_changed_an_address_stands_beside_the_hop(world: World) -> None:
    do(world, "node1", "iptables -t nat -A POSTROUTING -s 10.244.9.0/24 -j MASQUERADE")
    do(world, "node1", "iptables -t nat -A POSTROUTING -s 10.244.1.0/24 -o eth0 -j MASQUERADE")
    do(world, "node2", "nft add table ip own; nft add chain ip own pre '{ type nat hook prerouting priority -100; }';"
       "nft add rule ip own pre tcp dport 8080 counter dnat to 10.244.2.2:80")  # fmt: skip
    assert read_rules(follow_packet(world, "web", "192.168.0.2", tcp=8080)) == [
        ("node1 eth0", "iptables", "iptables -t nat -A POSTROUTING -s 10.244.1.0/24 -o eth0 -j MASQUERADE"),
        ("node2 cni0", "nft", "nft add rule ip own pre tcp dport 8080 counter dnat to 10.244.2.2:80"),
    ]


# What kube-proxy writes for a Service with two endpoints (pkg/proxy/iptables, pkg/proxy/nftables), with the other endpoint's turn taken out.
IPTABLES_MODE = """*nat
:KUBE-SERVICES - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-SVC-LOLE4ISW44XBNF3G - [0:0]
:KUBE-SEP-23NJSXDYUSXY5E7Q - [0:0]
:KUBE-SEP-5Q3P56IRA2PP7VYF - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-SERVICES -d 10.96.0.80/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-LOLE4ISW44XBNF3G
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.2.2:8080" -m statistic --mode nth --every 1 --packet 0 -j KUBE-SEP-5Q3P56IRA2PP7VYF
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "default/web -> 10.244.1.3:8080" -j KUBE-SEP-23NJSXDYUSXY5E7Q
-A KUBE-SEP-23NJSXDYUSXY5E7Q -s 10.244.1.3/32 -m comment --comment "default/web" -j KUBE-MARK-MASQ
-A KUBE-SEP-23NJSXDYUSXY5E7Q -p tcp -m comment --comment "default/web" -m tcp -j DNAT --to-destination 10.244.1.3:8080
-A KUBE-SEP-5Q3P56IRA2PP7VYF -s 10.244.2.2/32 -m comment --comment "default/web" -j KUBE-MARK-MASQ
-A KUBE-SEP-5Q3P56IRA2PP7VYF -p tcp -m comment --comment "default/web" -m tcp -j DNAT --to-destination 10.244.2.2:8080
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
COMMIT
"""
NFTABLES_MODE = """table ip kube-proxy {
  chain endpoint-CU5RYKM5-default/web/tcp/__10.244.1.3/8080 { meta l4proto tcp dnat to 10.244.1.3:8080; }
  chain endpoint-K52L44CG-default/web/tcp/__10.244.2.2/8080 { meta l4proto tcp dnat to 10.244.2.2:8080; }
  chain service-PFISGYVC-default/web/tcp/ { numgen random mod 1 vmap { 0 : goto endpoint-K52L44CG-default/web/tcp/__10.244.2.2/8080 }; }
  chain reject-chain { comment "helper for @no-endpoint-services / @no-endpoint-nodeports"; reject; }
  map no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 10.96.0.81 . tcp . 80 comment "shop/db:pg" : goto reject-chain }; }
  chain filter-prerouting { type filter hook prerouting priority -110; ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
  chain filter-output { type filter hook output priority -110; ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
  map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 10.96.0.80 . tcp . 80 : goto service-PFISGYVC-default/web/tcp/ }; }
  chain nat-prerouting { type nat hook prerouting priority -100; policy accept; ip daddr . meta l4proto . th dport vmap @service-ips; }
}
"""


@pytest.mark.parametrize(
    ("command", "rules", "said"),
    [
        (
            "iptables-restore --noflush",
            IPTABLES_MODE,
            'iptables -t nat -A KUBE-SEP-5Q3P56IRA2PP7VYF -p tcp -m comment --comment "default/web" -m tcp -j DNAT --to-destination 10.244.2.2:8080',
        ),
        (
            "nft -f -",
            NFTABLES_MODE,
            "nft add rule ip kube-proxy endpoint-K52L44CG-default/web/tcp/__10.244.2.2/8080 meta l4proto tcp dnat to 10.244.2.2:8080",
        ),
    ],
    ids=["iptables", "nftables"],
)
def test_a_service_names_kube_proxys_translation(world: World, command: str, rules: str, said: str) -> None:
    """The ClusterIP where the packet comes in, the endpoint where it leaves, and between them the rule; also without counters."""
    do(world, "node1", f"{command} <<'RULES'\n{rules}RULES")
    with world.machine("db").open_socket(2, 1) as listener:
        listener.bind(("0.0.0.0", 8080))
        listener.listen()
        journey = follow_packet(world, "web", "10.96.0.80", tcp=80)
    assert journey.answered
    seen = [(f"{hop.machine} {hop.link}", find_innermost(hop.layers, "IP")["dst"]) for hop in journey.hops]
    assert ("node1 vweb", "10.96.0.80") in seen
    assert ("node1 eth0", "10.244.2.2") in seen
    assert read_rules(journey) == [("node1 eth0", "Service default/web", said)]
    assert "destination NAT 10.96.0.80:80 -> 10.244.2.2:8080" in list_changes(journey)


@pytest.mark.parametrize("src", ["web", "node1"])
def test_a_service_without_endpoints_is_named_where_its_packet_is_rejected(world: World, src: str) -> None:
    do(world, "node1", f"ip route add 10.96.0.0/16 dev eth0; nft -f - <<'RULES'\n{NFTABLES_MODE}RULES")
    lost = follow_packet(world, src, "10.96.0.81", tcp=80, timeout=0.25).lost
    assert lost is not None
    assert lost.rule is not None
    assert lost.rule.to_json() == {
        "table": "kube-proxy", "chain": "reject-chain", "text": "nft add rule ip kube-proxy reject-chain reject", "from": "Service shop/db",
    }  # fmt: skip
    assert lost.machine == "node1"


def test_of_two_rules_that_counted_the_one_that_names_the_address_is_named(world: World) -> None:
    """Others are called meanwhile: a rule for them counts, too."""
    do(world, "node2", "iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to 10.244.2.2:80")
    do(world, "node1", "iptables -t nat -A PREROUTING -p udp -j DNAT --to 10.9.9.9")
    do(world, "node1", "iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to 10.244.2.2:80")
    before = read_counters(world.machine("node1"))
    for protocol in ("tcp", "udp"):
        do(world, "web", f"timeout 1 bash -c 'echo > /dev/{protocol}/192.168.0.2/8080' 2>/dev/null || true")
    found = find_nat(Rulebook(world.machine("node1"), Watched(before)), "destination", "10.244.2.2:80")
    assert found is not None
    assert (
        found.text == "iptables -t nat -A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.244.2.2:80"
    )


@pytest.mark.parametrize(
    ("machine", "filtering", "place", "said"),
    [
        ("node1", "iptables -A FORWARD -d 10.244.2.2 -j DROP", "node1 cni0", "iptables -t filter -A FORWARD -d 10.244.2.2/32 -j DROP"),
        ("node1", "iptables -A FORWARD -d 10.9.9.9 -j DROP; iptables -A FORWARD -d 10.244.2.2 -j REJECT", "node1 cni0", "-d 10.244.2.2/32 -j REJECT --reject-with icmp-port-unreachable"),
        ("node2", "iptables -P FORWARD DROP", "node2 eth0", "iptables -t filter -P FORWARD DROP"),
        ("node2", "iptables -t raw -A PREROUTING -s 10.244.1.2 -j DROP", "node2 eth0", "iptables -t raw -A PREROUTING -s 10.244.1.2/32 -j DROP"),
        ("node1", f"{CHAIN} }}'; nft add rule inet own fw ip daddr 10.244.0.0/16 oifname eth0 counter drop", "node1 cni0", 'oifname "eth0" counter drop'),
        ("node1", f"{CHAIN} }}'; nft add rule inet own fw tcp dport 80 drop; nft add rule inet own fw ip daddr 10.244.2.2 iifname cni0 drop",
         "node1 cni0", 'nft add rule inet own fw ip daddr 10.244.2.2 iifname "cni0" drop'),
        ("node1", f"{CHAIN} policy drop; }}'",
         "node1 cni0", "nft chain inet own fw '{ policy drop; }'"),
        ("db", "iptables -A INPUT -p icmp -j DROP", "db eth0", "iptables -t filter -A INPUT -p icmp -j DROP"),
        ("node1", "iptables -A FORWARD -s 10.244.2.2 -j DROP", "node1 eth0", "iptables -t filter -A FORWARD -s 10.244.2.2/32 -j DROP"),
    ],
)  # fmt: skip
def test_the_rule_that_dropped_a_packet_is_named(
    world: World, machine: str, filtering: str, place: str, said: str
) -> None:
    do(world, machine, filtering)
    journey = follow_packet(world, "web", "db")
    ((where, _, text),) = read_rules(journey)
    assert where == place
    assert text.endswith(said)
    assert journey.lost is not None
    assert text in str(journey.lost)


def test_a_rule_on_the_senders_own_way_out_is_named(world: World) -> None:
    do(world, "web", "iptables -A OUTPUT -d 10.244.2.2 -j DROP")
    lost = follow_packet(world, "web", "db").lost
    assert lost is not None
    assert str(lost).startswith(
        "it never left web: dropped by iptables -t filter -A OUTPUT -d 10.244.2.2/32 -j DROP (table filter, chain OUTPUT)"
    )


def test_a_rule_that_drops_others_is_not_named(world: World) -> None:
    do(world, "node2", "sysctl -qw net.ipv4.ip_forward=0; iptables -A FORWARD -p tcp -j DROP;"
       f"{CHAIN} }}';"
       "nft add rule inet own fw meta mark 7 drop; nft add rule inet own fw ip daddr != 10.244.2.2 drop")  # fmt: skip
    lost = follow_packet(world, "web", "db").lost
    assert lost is not None
    assert lost.rule is None


def test_nat_of_the_senders_own_shows_at_the_first_hop(world: World) -> None:
    """OUTPUT's rules, as kube-proxy's for a node itself: no link has seen the address that was asked for."""
    do(world, "node1", "ip route add 10.96.0.0/16 dev eth0")
    do(world, "node1", "iptables -t nat -A OUTPUT -d 10.96.0.10 -p tcp --dport 80 -j DNAT --to 10.244.2.2:8080")
    with world.machine("db").open_socket(2, 1) as listener:
        listener.bind(("0.0.0.0", 8080))
        listener.listen()
        journey = follow_packet(world, "node1", "10.96.0.10", tcp=80)
    assert journey.hops[0].changes == ("destination NAT 10.96.0.10:80 -> 10.244.2.2:8080",)
    assert [connection.destination_nat for connection in journey.connections["node1"]] == ["10.244.2.2"]
    plain = follow_packet(world, "node1", "10.244.2.2", tcp=8080)
    assert plain.hops[0].changes == ()


def wrap_in_vxlan(world: World) -> None:
    for own, other in ((1, 2), (2, 1)):
        mac = f"02:00:00:00:00:0{other}"
        do(
            world,
            f"node{own}",
            f"ip link add flannel.1 address 02:00:00:00:00:0{own} type vxlan id 1 dstport 8472 local 192.168.0.{own} nolearning;"
            f"ip addr add 10.244.{own}.0/32 dev flannel.1; ip link set flannel.1 up;"
            f"ip route replace 10.244.{other}.0/24 via 10.244.{other}.0 dev flannel.1 onlink;"
            f"ip neigh add 10.244.{other}.0 lladdr {mac} dev flannel.1;"
            f"bridge fdb add {mac} dev flannel.1 dst 192.168.0.{other}",
        )


def test_a_wrapped_packet_is_known_again(world: World) -> None:
    wrap_in_vxlan(world)
    for options in ({}, {"tcp": 80}, {"udp": 53}):
        journey = follow_packet(world, "web", "db", tcp=options.get("tcp"), udp=options.get("udp"))
        assert journey.found
        places = list_places(journey.hops)
        assert places[3:5] == ["node1 flannel.1 out", "node1 eth0 out"]
        assert places[7:9] == ["node2 eth0 in", "node2 flannel.1 in"]
        assert "wrapped in VXLAN 1 over UDP port 8472, 192.168.0.1 -> 192.168.0.2" in journey.hops[4].changes
        assert "unwrapped: VXLAN 1 over UDP port 8472, 192.168.0.1 -> 192.168.0.2 taken off" in journey.hops[8].changes
        assert [layer.name for layer in journey.hops[4].layers][:6] == ["Ether", "IP", "UDP", "VXLAN", "Ether", "IP"]


@pytest.mark.parametrize("options", [{}, {"tcp": 80}, {"udp": 53}])
def test_the_rule_that_dropped_a_wrapped_packet_is_named(world: World, options: dict[str, int]) -> None:
    wrap_in_vxlan(world)
    do(world, "node2", "iptables -A INPUT -p udp --dport 8473 -j DROP; iptables -A INPUT -p udp --dport 8472 -j DROP")
    lost = follow_packet(world, "web", "db", tcp=options.get("tcp"), udp=options.get("udp"), timeout=0.25).lost
    assert lost is not None
    assert lost.rule is not None
    assert (lost.rule.text.partition("--dport ")[2], lost.rule.told) == ("8472 -j DROP", "trace")


def test_a_missing_fdb_entry_is_found(world: World) -> None:
    wrap_in_vxlan(world)
    do(world, "node1", "bridge fdb del 02:00:00:00:00:02 dev flannel.1 dst 192.168.0.2")
    journey = follow_packet(world, "web", "db")
    assert not journey.found
    assert "flannel.1 has no fdb entry for 02:00:00:00:00:02" in str(journey.lost)
    assert journey.hops[-1].link == "flannel.1"


def test_copies_that_a_bridge_flooded_are_left_out(world: World) -> None:
    flush = "ip link set {} type bridge fdb_flush"
    do(world, FABRIC, flush.format("s1"))
    do(world, "node1", flush.format("cni0"))
    do(world, "node2", flush.format("cni0"))
    assert list_places(follow_packet(world, "web", "db").hops) == NODE_TO_NODE


@pytest.mark.parametrize(
    ("machine", "breaking", "place", "reason"),
    [
        ("web", "ip route del default", "", "no route to it (ENETUNREACH)"),
        ("web", "ip link set eth0 down", "", "no route to it (ENETUNREACH)"),
        ("node1", "ip route del 10.244.2.0/24", "cni0", "network unreachable, says 10.244.1.1"),
        ("node2", "sysctl -qw net.ipv4.ip_forward=0", "eth0", "node2, which does not forward: net.ipv4.ip_forward is 0"),
        ("node2", "sysctl -qw net.ipv4.conf.eth0.forwarding=0", "eth0", "does not forward what comes in by eth0"),
        ("node2", "ip link set vdb nomaster", "eth0", "cni0 has no carrier: no port of it is up"),
        ("db", "ip addr flush dev eth0; ip addr add 10.244.2.9/24 dev eth0", "eth0", "10.244.2.2 is no address of db"),
        ("node1", "iptables -A FORWARD -d 10.244.2.2 -j REJECT", "cni0", "port unreachable, says 10.244.1.1"),
        ("node1", "ip neigh replace 192.168.0.2 lladdr 02:00:00:00:00:99 dev eth0", "s1-eth1", "no fdb entry for 02:00:00:00:00:99"),
    ],
)  # fmt: skip
def test_a_lost_packet_is_found_where_it_was_last_seen(
    world: World, machine: str, breaking: str, place: str, reason: str
) -> None:
    do(world, machine, breaking)
    journey = follow_packet(world, "web", "10.244.2.2")
    assert not journey.found
    assert journey.lost is not None
    assert journey.lost.link == place
    assert reason in str(journey.lost)


@pytest.mark.parametrize(
    ("machine", "breaking", "reason"),
    [
        ("db", "ip route del default", "db has no route back to 10.244.1.2"),
        ("node2", "ip route del 10.244.1.0/24", "network unreachable, says 10.244.2.1"),
        ("node1", "iptables -A FORWARD -s 10.244.2.2 -j DROP", "last seen going in by eth0 of node1"),
    ],
)
def test_a_lost_answer_is_told_from_a_lost_packet(world: World, machine: str, breaking: str, reason: str) -> None:
    do(world, machine, breaking)
    journey = follow_packet(world, "web", "db")
    assert journey.found
    assert not journey.answered
    assert reason in str(journey.lost)


def test_a_strict_reverse_path_filter_is_named(world: World) -> None:
    do(world, "node2", "ip route replace 10.244.1.0/24 dev cni0; sysctl -qw net.ipv4.conf.eth0.rp_filter=1")
    assert "rp_filter: node2 would answer 10.244.1.2 by cni0, not by eth0" in str(
        follow_packet(world, "web", "db").lost
    )


def test_a_loop_ends_with_its_ttl(world: World) -> None:
    do(world, "node1", "ip route add 10.99.0.0/16 via 192.168.0.2")
    do(world, "node2", "ip route add 10.99.0.0/16 via 192.168.0.1")
    journey = follow_packet(world, "web", "10.99.0.1")
    assert not journey.found
    assert "TTL ran out at" in str(journey.lost)
    assert len([hop for hop in journey.hops if hop.switch]) > 100


def test_its_frames_make_a_pcap(world: World, tmp_path: Path) -> None:
    journey = follow_packet(world, "web", "db")
    journey.write_pcap(tmp_path / "journey.pcap")
    assert len(journey.frames) == len(journey.hops) + len(journey.reply)
    assert (tmp_path / "journey.pcap").stat().st_size > sum(len(frame.data) for frame in journey.frames)


@pytest.mark.alone
def test_fifty_machines_take_less_than_two_seconds(world: World) -> None:
    world.add_machines([MachineSpec(f"h{number}", "host") for number in range(50)])
    began = time.monotonic()
    assert follow_packet(world, "web", "db").found
    assert time.monotonic() - began < scale(2)


def test_a_world_that_is_gone_is_no_lost_packet(world: World) -> None:
    with pytest.raises(UsageError, match="TCP or UDP"):
        follow_packet(world, "web", "db", tcp=80, udp=53)
    with pytest.raises(UsageError, match="port 0"):
        follow_packet(world, "web", "db", tcp=0)
    target = world.machine("db")
    world.remove_machine("web")
    with pytest.raises(UsageError, match="no machine 'web'"):
        follow_packet(world, "web", target)
    with World.start(f"test-journey-gone-{os.getpid()}", hidden=True) as gone:
        build_netlink(gone, plan_topology())
        web, other = gone.machine("web"), world.machine("outside")
        gone.remove_machine("web")
        with pytest.raises((CannotTell, UsageError)):
            follow_packet(gone, web, other)
        gone.end()
