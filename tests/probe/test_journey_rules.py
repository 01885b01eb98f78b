"""The rule that dropped or changed a packet, by the kernel's own trace: kube-proxy's and Felix's rules in their form, and rules that could be taken for the one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from labkit.fabric.netlink import build_netlink
from labkit.net import read_ruleset, read_snapshot
from labkit.net.netfilter.trace import Trace
from labkit.probe import Journey, follow_packet
from labkit.probe.journey.rule import Rule
from labkit.probe.journey.send import plan_probe
from labkit.world import World
from labkit.world.values import Outfit
from tests.probe.two_nodes import build_pods, do, plan_topology, wait_carrier
from tests.waiting import wait_until

pytestmark = pytest.mark.world
FORWARD = "nft add table inet own; nft add chain inet own fw '{ type filter hook forward priority 0;"
FRESH = "nft flush ruleset; iptables-legacy -F; iptables-legacy -P FORWARD ACCEPT"

# What Felix writes for a pod behind cni0 that two policies select (rules/dispatch.go, endpoints.go, policy.go).
FELIX = """*filter
:cali-FORWARD - [0:0]
:cali-to-wl-dispatch - [0:0]
:cali-tw-cali0 - [0:0]
:cali-pi-_uQb_AbdyqoBDHAfOVY3 - [0:0]
:cali-pi-_ZFjibTxb9j7SjgJ2hzN - [0:0]
:cali-pri-kns.shop - [0:0]
-A FORWARD -m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD
-A FORWARD -m comment --comment "cali:S93hcgKJrXEqnTfs" -m mark --mark 0x10000/0x10000 -j ACCEPT
-A cali-FORWARD -m comment --comment "cali:vjrMJCRpqwy5oRoX" -j MARK --set-xmark 0x0/0xe0000
-A cali-FORWARD -o cni0 -m comment --comment "cali:jxvuJjmmRV135nVu" -j cali-to-wl-dispatch
-A cali-to-wl-dispatch -o cni0 -m comment --comment "cali:K2dAXSm5xcQvw7zO" -g cali-tw-cali0
-A cali-to-wl-dispatch -m comment --comment "cali:FxyTkPyMTvLPcaPl" -m comment --comment "Unknown interface" -j DROP
-A cali-tw-cali0 -m comment --comment "cali:Q6ueLfYpNdpbEGsK" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A cali-tw-cali0 -m comment --comment "cali:jGeHk1wZ0pYIrAcv" -m conntrack --ctstate INVALID -j DROP
-A cali-tw-cali0 -m comment --comment "cali:oLQBVUrEBzn0RXfp" -j MARK --set-xmark 0x0/0x10000
-A cali-tw-cali0 -m comment --comment "cali:f0mWkhWk2cJDJzHO" -m comment --comment "Start of policies" -j MARK --set-xmark 0x0/0x20000
-A cali-tw-cali0 -m comment --comment "cali:dgcfB0MiEbUzGfKz" -m mark --mark 0x0/0x20000 -j cali-pi-_uQb_AbdyqoBDHAfOVY3
-A cali-tw-cali0 -m comment --comment "cali:L_xC5H_sVNIAhNhI" -m comment --comment "Return if policy accepted" -m mark --mark 0x10000/0x10000 -j RETURN
-A cali-tw-cali0 -m comment --comment "cali:Ae9O8yj2m9qjRHHx" -m mark --mark 0x0/0x20000 -j cali-pi-_ZFjibTxb9j7SjgJ2hzN
-A cali-tw-cali0 -m comment --comment "cali:8v0Vt5mHqHrZVRbn" -m comment --comment "Return if policy accepted" -m mark --mark 0x10000/0x10000 -j RETURN
-A cali-tw-cali0 -m comment --comment "cali:9C2ZF7yUDFGfxPbm" -m comment --comment "Drop if no policies passed packet" -m mark --mark 0x0/0x20000 -j DROP
-A cali-tw-cali0 -m comment --comment "cali:mnJmVqZ0rdeCtxkP" -j cali-pri-kns.shop
-A cali-tw-cali0 -m comment --comment "cali:UUvdbdEI1dvZFqBh" -m comment --comment "Return if profile accepted" -m mark --mark 0x10000/0x10000 -j RETURN
-A cali-tw-cali0 -m comment --comment "cali:hIBbtkqZyD3RHzd4" -m comment --comment "Drop if no profiles matched" -j DROP
-A cali-pi-_uQb_AbdyqoBDHAfOVY3 -s 10.244.1.3/32 -p tcp -m comment --comment "cali:TeMvhvlDrZ9UFuLb" -m comment --comment "Policy shop/knp.default.db-from-api ingress" -m multiport --dports 5432 -j MARK --set-xmark 0x10000/0x10000
-A cali-pi-_uQb_AbdyqoBDHAfOVY3 -m comment --comment "cali:0z5MYPg2Ui5BDfcr" -m mark --mark 0x10000/0x10000 -j RETURN
-A cali-pi-_ZFjibTxb9j7SjgJ2hzN -m comment --comment "cali:cCrXl3W0gnrTFYDu" -m comment --comment "Policy shop/knp.default.default-deny ingress"
COMMIT
"""
DENY = "iptables -I cali-pi-_ZFjibTxb9j7SjgJ2hzN -p tcp"


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with World.start(f"test-journey-rules-{os.getpid()}", outfit=Outfit(open_switches=True), hidden=True) as world:
        build_netlink(world, plan_topology())
        build_pods(world)
        wait_carrier(world)
        yield world
        world.end()


@pytest.fixture
def world(shared: World) -> Iterator[World]:
    yield shared
    for name in ("web", "node1", "node2", "db"):
        do(shared, name, FRESH)


def follow(world: World, src: str = "web", dst: str = "db", **port: int) -> Journey:
    """With little patience: most of these get lost."""
    return follow_packet(world, src, dst, tcp=port.get("tcp"), udp=port.get("udp"), timeout=0.25)


def require_rule(journey: Journey) -> Rule:
    """Of a packet or an answer that was dropped; the last hop has it too, and the story tells it in one line."""
    assert journey.lost is not None
    assert journey.lost.rule is not None, journey.lost
    last = (journey.reply if journey.found and journey.reply else journey.hops)[-1:]
    assert [hop.rule for hop in last] in ([], [journey.lost.rule])
    assert str(journey.lost).count(journey.lost.rule.text) == 1
    return journey.lost.rule


@pytest.mark.user
def test_of_policies_that_none_let_it_through_the_drop_names_all(world: World) -> None:
    do(world, "node2", f"iptables-restore --noflush <<'RULES'\n{FELIX}RULES")
    said = require_rule(follow(world, tcp=5432)).to_json()
    assert said["text"].endswith('--comment "Drop if no policies passed packet" -m mark --mark 0x0/0x20000 -j DROP')
    assert (said["table"], said["chain"]) == ("filter", "cali-tw-cali0")
    assert said["from"] == "NetworkPolicy shop/db-from-api, NetworkPolicy shop/default-deny"
    assert follow(world, "log", tcp=5432).answered, "the policy lets this one through"


@pytest.mark.parametrize(
    ("forging", "source", "said"),
    [
        (f'{DENY} -m comment --comment "Policy shop/knp.default.db-from-api ingress" -j DROP', "iptables", "db-from-api ingress"),
        ('iptables -I FORWARD -p tcp -m comment --comment "cali:TeMvhvlDrZ9UFuLb" -m comment --comment "Drop if no policies passed packet" -j DROP',
         "iptables", "-A FORWARD -p tcp"),
        (f'{FORWARD} }}\'; nft add rule inet own fw tcp dport 5432 drop comment \\"default/web has no endpoints\\"', "nft", "no endpoints"),
        (f"{FORWARD} }}'; nft add rule inet own fw tcp dport 5432 drop comment '\"word\\\"'", "nft", "word"),
        (('iptables -N KUBE-SVC-LOLE4ISW44XBNF3G; iptables -I FORWARD -p tcp -j KUBE-SVC-LOLE4ISW44XBNF3G;'
         'iptables -A KUBE-SVC-LOLE4ISW44XBNF3G -p tcp -m comment --comment "shop/web cluster IP" -j DROP'), "iptables", "shop/web cluster IP"),
        (f'{DENY} -m comment --comment "cali:TeMvhvlDrZ9UFuLb" -m comment --comment "Policy no-telnet ingress" -j DROP',
         "iptables", "no-telnet"),
    ],
    ids=["in a policy's chain", "in FORWARD", "nft", "no words of a shell", "another Service's name", "another policy's name"],
)  # fmt: skip
def test_a_comment_alone_is_no_origin(world: World, forging: str, source: str, said: str) -> None:
    """Its text is shown all the same, for that is what dropped the packet."""
    do(world, "node2", f"iptables-restore --noflush <<'RULES'\n{FELIX}RULES\n{forging}")
    rule = require_rule(follow(world, tcp=5432))
    assert rule.to_json()["from"] == source
    assert said in rule.text


@pytest.mark.parametrize(
    ("filtering", "said"),
    [
        # let through by one table, dropped by the next; and one that would have dropped it comes too late
        (f"{FORWARD} }}'; nft add rule inet own fw tcp dport 80 accept; iptables -A FORWARD -s 10.244.1.2 -j DROP; iptables -A FORWARD -p tcp -j DROP",
         "iptables -t filter -A FORWARD -s 10.244.1.2/32 -j DROP"),
        # a mark that another chain set, a return, and the second of two equal rules
        (("iptables -N marks; iptables -A marks -s 10.244.1.3 -j DROP; iptables -A marks -p tcp -j MARK --set-mark 0x4; iptables -A marks -j RETURN; iptables -A marks -j DROP;"
         "iptables -A FORWARD -j marks; iptables -A FORWARD -m mark --mark 0x8/0x8 -j DROP; iptables -A FORWARD -m mark --mark 0x4/0x4 -j DROP"),
         "iptables -t filter -A FORWARD -m mark --mark 0x4/0x4 -j DROP"),
        # jumps and a goto of nft without any counter
        ((f"{FORWARD} }}'; nft add chain inet own a; nft add chain inet own b; nft add rule inet own fw jump a; nft add rule inet own a tcp dport 81 drop;"
         "nft add rule inet own a goto b; nft add rule inet own b tcp dport 80 drop; nft add rule inet own fw drop"),
         "nft add rule inet own b tcp dport 80 drop"),
        # the policy of one table, behind the accept of another
        (f"{FORWARD} policy drop; }}'; nft add rule inet own fw tcp dport 81 accept; iptables -A FORWARD -j ACCEPT; iptables -A FORWARD -j DROP",
         "nft chain inet own fw '{ policy drop; }'"),
        ("iptables -A FORWARD -p udp -j DROP; iptables -P FORWARD DROP; iptables -t mangle -A FORWARD -j ACCEPT", "iptables -t filter -P FORWARD DROP"),
        (f"{FORWARD} }}'; nft add rule inet own fw tcp dport 80 reject with tcp reset", "nft add rule inet own fw tcp dport 80 reject with tcp reset"),
        ("iptables -A FORWARD -p tcp -j REJECT", "iptables -t filter -A FORWARD -p tcp -j REJECT --reject-with icmp-port-unreachable"),
        # a set and a map, which nobody can match by hand
        (f"{FORWARD} }}'; nft add set inet own bad '{{ type ipv4_addr; elements = {{ 10.244.1.2 }}; }}'; nft add rule inet own fw ip saddr @bad drop; nft add rule inet own fw drop",
         "nft add rule inet own fw ip saddr @bad drop"),
        (f"{FORWARD} }}'; nft add rule inet own fw tcp dport vmap '{{ 80 : drop, 81 : accept }}'; nft add rule inet own fw drop",
         "nft add rule inet own fw tcp dport vmap { 80 : drop, 81 : accept }"),
        ("iptables -t mangle -A POSTROUTING -p tcp -j DROP; iptables -t raw -A PREROUTING -p udp -j DROP; iptables -A FORWARD -p icmp -j DROP",
         "iptables -t mangle -A POSTROUTING -p tcp -j DROP"),
    ],
    ids=["another table's accept", "mark and return", "jump and goto", "policy of nft", "policy of iptables", "nft reject", "iptables REJECT",
         "set", "map", "postrouting"],
)  # fmt: skip
def test_of_many_rules_the_one_that_dropped_it_is_named(world: World, filtering: str, said: str) -> None:
    do(world, "node2", filtering)
    rule = require_rule(follow(world, tcp=80))
    assert rule.text == said
    assert rule.told == "trace"


def test_rules_that_drop_others_meanwhile_are_not_named(world: World) -> None:
    do(world, "node2", "iptables -A FORWARD -s 10.244.1.3 -j DROP; iptables -A FORWARD -d 10.244.2.2 -p tcp -j DROP")
    with world.machine("log").start_process("ping -i 0.01 -q 10.244.2.2") as others:
        wait_until(lambda: "[0:0] -A FORWARD -s" not in world.machine("node2").run("iptables-save -c").stdout)
        assert "-p tcp" in require_rule(follow(world, tcp=80)).text
        others.stop()


@pytest.mark.parametrize("direction", ["-s", "-d"])
def test_a_dropped_answer_has_its_rule_too(world: World, direction: str) -> None:
    machine, hook = ("node1", "FORWARD") if direction == "-s" else ("db", "OUTPUT")
    address = "10.244.2.2" if direction == "-s" else "10.244.1.2"
    do(world, machine, f"iptables -A {hook} {direction} {address} -j DROP")
    journey = follow(world)
    assert journey.found
    assert require_rule(journey).text == f"iptables -t filter -A {hook} {direction} {address}/32 -j DROP"


def test_a_datagram_that_its_own_destination_drops_is_lost(world: World) -> None:
    do(world, "db", "iptables -A INPUT -p udp -j DROP")
    assert require_rule(follow(world, udp=53)).text == "iptables -t filter -A INPUT -p udp -j DROP"


def test_an_address_that_is_written_without_a_connection_names_its_rule(world: World) -> None:
    do(world, "node1", "nft add table ip own; nft add chain ip own pre '{ type filter hook prerouting priority -150; }';"
       "nft add rule ip own pre ip daddr 10.96.0.9 ip daddr set 10.244.2.2")  # fmt: skip
    (rule,) = [hop.rule for hop in follow(world, dst="10.96.0.9", udp=53).hops if hop.rule]
    assert rule.text == "nft add rule ip own pre ip daddr 10.96.0.9 ip daddr set 10.244.2.2"


def test_a_bridges_own_rules_are_traced(world: World) -> None:
    do(world, "node1", "nft add table bridge own; nft add chain bridge own fw '{ type filter hook forward priority 0; }';"
       "nft add rule bridge own fw ip protocol udp drop; nft add rule bridge own fw ip daddr 10.244.1.3 drop")  # fmt: skip
    rule = require_rule(follow(world, dst="log"))
    assert (rule.text, rule.told) == ("nft add rule bridge own fw ip daddr 10.244.1.3 drop", "trace")


def test_a_copy_that_a_bridge_floods_is_the_packet_too(world: World) -> None:
    """What a node's rules do with bridged packets, where it hands them over, they do with each copy."""
    do(world, "node1", "sysctl -qw net.bridge.bridge-nf-call-iptables=1; ip link set cni0 type bridge fdb_flush;"
       "bridge link set dev vweb learning off; bridge link set dev vlog learning off;"
       "iptables -A FORWARD -m physdev --physdev-out vlog -d 10.244.1.3 -p icmp -j DROP")  # fmt: skip
    rule = require_rule(follow(world, dst="log"))
    do(
        world,
        "node1",
        "sysctl -qw net.bridge.bridge-nf-call-iptables=0; bridge link set dev vweb learning on; bridge link set dev vlog learning on",
    )
    assert (rule.text.split("-A ")[1][:7], rule.told) == ("FORWARD", "trace")


def test_a_trace_that_a_rule_switches_off_is_replaced_by_counters(world: World) -> None:
    do(world, "node2", "nft add table inet hide; nft add chain inet hide pre '{ type filter hook prerouting priority -300; }';"
       "nft add rule inet hide pre meta nftrace set 0; iptables -A FORWARD -p tcp -j DROP; iptables -A FORWARD -p icmp -j DROP")  # fmt: skip
    journey = follow(world)
    rule = require_rule(journey)
    assert (rule.text, rule.told) == ("iptables -t filter -A FORWARD -p icmp -j DROP", "counters")
    assert "told by counters" in str(journey.lost)


def test_where_there_is_no_room_for_the_trace_counters_tell_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkit.net.netfilter.trace._RECEIVE_BUFFER", 1)
    do(world, "node2", f"iptables-restore --noflush <<'RULES'\n{FELIX}RULES")
    rule = require_rule(follow(world, tcp=5432))
    assert rule.told == "counters"
    assert rule.origin == "NetworkPolicy shop/db-from-api, NetworkPolicy shop/default-deny"


def test_legacys_tables_are_told_by_what_matches(world: World) -> None:
    """The kernel does not trace them for anybody but the host."""
    do(
        world,
        "node2",
        "iptables -A FORWARD -j ACCEPT; iptables-legacy -A FORWARD -p udp -j DROP; iptables-legacy -A FORWARD -p icmp -j DROP",
    )
    rule = require_rule(follow(world))
    assert (rule.text, rule.told) == ("iptables-legacy -t filter -A FORWARD -p icmp -j DROP", "matches")
    assert rule.to_json()["from"] == "iptables-legacy"


def test_a_packet_that_no_rule_dropped_has_none_though_others_count(world: World) -> None:
    do(world, "node2", "iptables -A FORWARD -s 10.244.1.3 -j DROP; ip route add blackhole 10.77.0.0/16")
    do(world, "node1", "ip route replace 10.77.0.0/16 via 192.168.0.2")
    with world.machine("log").start_process("ping -i 0.01 -q 10.244.2.2") as others:
        wait_until(lambda: "[0:0] -A FORWARD -s" not in world.machine("node2").run("iptables-save -c").stdout)
        lost = follow(world, dst="10.77.0.1").lost
        others.stop()
    assert lost is not None
    assert lost.machine == "node2"
    assert lost.rule is None


FORGE = """import socket, time
forging = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
while True:
    forging.sendto(b"\\x14\\0\\0\\0\\x11\\x0a\\0\\0" + bytes(12), (0, 1 << 8))
    time.sleep(0.001)
"""


def test_what_somebody_tells_in_the_kernels_place_is_not_heard(world: World) -> None:
    do(world, "node2", "iptables -A FORWARD -p tcp -j DROP")
    with world.machine("node2").start_process(["python3", "-c", FORGE]) as forging:
        rule = require_rule(follow(world, tcp=80))
        assert forging.wait(0.0) is None, "it goes on"
        forging.stop()
    assert rule.text == "iptables -t filter -A FORWARD -p tcp -j DROP"


def list_tables(world: World) -> str:
    return world.machine("node2").run("nft list tables").stdout


@pytest.mark.user
def test_tracing_leaves_nothing_and_nobody_sees_it_in_what_is_compared(world: World) -> None:
    do(world, "node2", "iptables -A FORWARD -p tcp -j DROP; iptables -t nat -A POSTROUTING -j RETURN")
    node = world.machine("node2")
    before = list_tables(world), read_ruleset(node), read_snapshot([node])
    with Trace([node], plan_probe().mark.list_patterns()):
        assert "labkit-trace" in list_tables(world)
        assert (read_ruleset(node), read_snapshot([node])) == before[1:]
        do(world, "node2", "nft delete table ip nat; iptables -t nat -A POSTROUTING -j RETURN")
    assert (list_tables(world), read_ruleset(node), read_snapshot([node])) == before


def test_who_is_killed_while_tracing_leaves_nothing(world: World) -> None:
    do(world, "node2", "iptables -A FORWARD -p tcp -j DROP")
    ready, tell = os.pipe()
    child = os.fork()
    if not child:
        run_forked(lambda: Trace([world.machine("node2")], plan_probe().mark.list_patterns()).__enter__(), tell)
    assert os.read(ready, 1) == b"+"
    assert "labkit-trace" in list_tables(world)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert "labkit-trace" not in list_tables(world)


def run_forked(trace: Callable[[], object], tell: int) -> None:
    """In a child: trace, say so, and stay until it is killed."""
    try:
        kept = trace()
        os.write(tell, b"+" if kept else b"-")
        signal.pause()
    finally:
        os._exit(1)
