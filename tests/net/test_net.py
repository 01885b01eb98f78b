"""The network of real machines: written in batches, read back, captured, compared, undone."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit import net
from labkit.errors import CannotTell
from labkit.net import Batch, Capture, NetError, Snapshot, commit_all
from labkit.world import Machine, MachineSpec, World

pytestmark = pytest.mark.world


@pytest.fixture
def world() -> Iterator[World]:
    with World.start(f"test-net-{os.getpid()}", hidden=True) as world:
        world.add_machines([MachineSpec("worker1", "node"), MachineSpec("worker2", "node")])
        yield world
        world.end()


@pytest.fixture
def one(world: World) -> Machine:
    return world.machine("worker1")


@pytest.fixture
def two(world: World) -> Machine:
    return world.machine("worker2")


def build_overlay(one: Machine, two: Machine) -> list[Batch]:
    """Two nodes on one cable, each with a bridge and a VXLAN; worker1 also with whatever else there is."""
    first, second = Batch(one), Batch(two)
    first.add_link("eth0", kind="veth", up=True, mac="02:00:00:00:00:11", peer="eth0", peer_machine=two)
    second.set_link("eth0", up=True, mac="02:00:00:00:00:12")
    for batch, number in ((first, 1), (second, 2)):
        batch.add_address(f"192.168.1.1{number}/24", "eth0", broadcast="+")
        batch.add_link(
            "flannel.1", kind="vxlan", mac=f"02:00:00:00:01:0{number}", up=True,
            id=1, dev="eth0", local=f"192.168.1.1{number}", dstport=8472, learning=False,
        )  # fmt: skip
        batch.add_address(f"10.244.{number}.0/32", "flannel.1")
        other = 3 - number
        batch.add_route(f"10.244.{other}.0/24", via=f"10.244.{other}.0", dev="flannel.1", onlink=True, proto="static")
        batch.add_neighbor(f"10.244.{other}.0", "flannel.1", mac=f"02:00:00:00:01:0{other}")
        batch.add_fdb(f"02:00:00:00:01:0{other}", "flannel.1", dst=f"192.168.1.1{other}")
    return [first, second]


def add_the_rest(batch: Batch) -> None:
    batch.add_link("cni0", kind="bridge", up=True, stp=False, ageing=120, mcast_snooping=False)
    batch.add_link("va", kind="veth", up=True, master="cni0", mtu=1400, peer="vb")
    batch.set_port("va", hairpin=True, isolated=True, learning=False)
    batch.add_link("ifb7", kind="ifb")
    batch.set_link("ifb7", rename="ifb8", mtu=1200, up=True)
    batch.add_link("mv0", kind="macvlan", dev="vb", mode="bridge")
    batch.add_address("10.244.1.1/24", "cni0")
    batch.add_route("10.9.0.0/16", kind="blackhole", proto="bird", metric=50)
    batch.add_route("10.8.0.0/16", via="192.168.1.12", src="192.168.1.11", mtu=1300, table=100)
    batch.add_neighbor("169.254.1.1", "vb", proxy=True)
    batch.add_fdb("02:00:00:00:02:77", "va", master=True, state="static")
    batch.add_rule(1000, source="10.244.1.0/24", mark="0x80/0x80", iif="cni0", table=100)


def test_what_was_written_is_read_back(one: Machine, two: Machine) -> None:
    batches = build_overlay(one, two)
    add_the_rest(batches[0])
    commit_all(batches)
    links = {link.name: link for link in net.read_links(one)}
    assert set(links) == {"lo", "eth0", "flannel.1", "cni0", "va", "vb", "ifb8", "mv0"}
    assert (links["eth0"].mac, links["eth0"].up, links["eth0"].kind) == ("02:00:00:00:00:11", True, "veth")
    vxlan = links["flannel.1"].options
    assert (vxlan["id"], vxlan["port"], vxlan["link"], vxlan["learning"]) == (1, 8472, "eth0", False)
    assert links["cni0"].options["ageing_time"] == 12000
    assert (links["va"].master, links["va"].mtu, links["va"].lower) == ("cni0", 1400, "vb")
    assert (links["ifb8"].mtu, links["mv0"].kind, links["mv0"].lower) == (1200, "macvlan", "vb")
    (port,) = net.read_bridge_ports(one)
    assert (port.link, port.hairpin, port.isolated, port.learning) == ("va", True, True, False)
    addresses = {(entry.link, entry.prefix, entry.broadcast) for entry in net.read_addresses(one)}
    assert addresses == {
        ("eth0", "192.168.1.11/24", "192.168.1.255"),
        ("flannel.1", "10.244.1.0/32", None),
        ("cni0", "10.244.1.1/24", None),
    }


def test_tables_that_were_written_are_read_back(one: Machine, two: Machine) -> None:
    batches = build_overlay(one, two)
    add_the_rest(batches[0])
    commit_all(batches)
    routes = {route.destination: route for route in net.read_routes(one)}
    overlay = routes["10.244.2.0/24"]
    assert (overlay.via, overlay.dev, overlay.proto) == ("10.244.2.0", "flannel.1", "static")
    assert "onlink" in overlay.flags
    assert (routes["10.9.0.0/16"].kind, routes["10.9.0.0/16"].metric) == ("blackhole", 50)
    (other,) = net.read_routes(one, 100)
    assert (other.via, other.src, other.mtu) == ("192.168.1.12", "192.168.1.11", 1300)
    assert ("10.244.2.0", "02:00:00:00:01:02", "PERMANENT") in {
        (entry.address, entry.mac, entry.state) for entry in net.read_neighbors(one)
    }
    assert [(entry.address, entry.link) for entry in net.read_proxies(one)] == [("169.254.1.1", "vb")]
    fdb = {(entry.mac, entry.link, entry.dst, entry.bridge) for entry in net.read_fdb(one)}
    assert ("02:00:00:00:01:02", "flannel.1", "192.168.1.12", None) in fdb
    assert ("02:00:00:00:02:77", "va", None, "cni0") in fdb
    assert net.RoutingRule(1000, "10.244.1.0/24", mark="0x80/0x80", iif="cni0", table="100") in net.read_rules(one)
    way = net.read_route_to(one, "10.244.2.7")
    assert way is not None
    assert way.dev == "flannel.1"
    assert net.read_route_to(one, "10.9.1.1") is None


def list_changes(snapshot: Snapshot) -> list[tuple[str, list[list[str]]]]:
    """All there is, in an order that does not depend on indexes."""
    return sorted((change.label, change.undo) for change in net.diff_snapshots(Snapshot({}), snapshot))


def test_the_same_is_built_by_the_commands(one: Machine, two: Machine) -> None:
    batches = build_overlay(one, two)
    add_the_rest(batches[0])
    # The peer's netns has a name only on its node; here the kernel is asked for a cable first.
    cable = Batch(one)
    cable.add_link("eth0", kind="veth", up=True, mac="02:00:00:00:00:11", peer="eth0", peer_machine=two)
    cable.commit()
    for batch, machine in zip(batches, (one, two), strict=True):
        lines = [line for line in batch.commands() if " netns " not in line]
        ran = machine.run("set -e\n" + "\n".join(lines))
        assert ran.status == 0, ran.stderr
    typed = net.read_snapshot([one, two])
    clean = Batch(one)
    for name in ("cni0", "va", "ifb8", "eth0"):  # the VXLANs go with the cable they lie on
        clean.del_link(name)
    clean.del_rule(1000, source="10.244.1.0/24", mark="0x80/0x80", iif="cni0", table=100)
    clean.del_route("10.9.0.0/16", kind="blackhole", metric=50)
    clean.commit()
    commit_all(batches)
    assert list_changes(net.read_snapshot([one, two])) == list_changes(typed)


def test_links_move_and_everything_is_taken_away_again(one: Machine, two: Machine) -> None:
    start = net.read_snapshot([one, two])
    batches = build_overlay(one, two)
    add_the_rest(batches[0])
    commit_all(batches)
    batch = Batch(one)
    batch.set_link("mv0", rename="mv1", into=two)
    batch.del_rule(1000, source="10.244.1.0/24", mark="0x80/0x80", iif="cni0", table=100)
    batch.del_fdb("02:00:00:00:02:77", "va", master=True)
    batch.del_fdb("02:00:00:00:01:02", "flannel.1", dst="192.168.1.12")
    batch.del_neighbor("10.244.2.0", "flannel.1")
    batch.del_neighbor("169.254.1.1", "vb", proxy=True)
    batch.del_route("10.244.2.0/24")
    batch.del_route("10.8.0.0/16", table=100)
    batch.del_route("10.9.0.0/16", kind="blackhole", metric=50)
    batch.del_address("10.244.1.1/24", "cni0")
    batch.set_link("va", master="", up=False)
    batch.commit()
    assert "mv1" in {link.name for link in net.read_links(two)}
    left = [change.label for change in net.diff_snapshots(start, net.read_snapshot([one]))]
    assert [label for label in left if not label.startswith("link ")] == [
        "address 192.168.1.11/24 dev eth0 on worker1",
        "address 10.244.1.0/32 dev flannel.1 on worker1",
    ]
    rest = Batch(one)
    for name in ("va", "cni0", "ifb8", "eth0"):
        rest.del_link(name)
    rest.commit()
    assert net.diff_snapshots(start, net.read_snapshot([one, two])) == []


def test_refusals_name_their_message(one: Machine) -> None:
    batch = Batch(one)
    batch.add_link("cni0", kind="bridge", up=True)
    batch.add_address("10.244.1.1/24", "cni0")
    batch.add_address("10.244.1.1/24", "cni0")
    batch.add_address("10.244.1.2/24", "cni0")
    batch.add_route("10.9.0.0/24", via="8.8.8.8", dev="cni0")
    with pytest.raises(
        NetError, match=r"^RTM_NEWADDR 10\.244\.1\.1/24 on cni0: file exists.* \(and 1 more\)$"
    ) as caught:
        batch.commit()
    assert (caught.value.index, caught.value.errno) == (2, errno.EEXIST)
    assert [refusal.index for refusal in caught.value.refusals] == [2, 4]
    assert "Nexthop has invalid gateway" in str(caught.value.refusals[1])
    # The kernel went on after the first refusal.
    assert "10.244.1.2/24" in {entry.prefix for entry in net.read_addresses(one)}


def test_nothing_is_sent_when_a_link_is_unknown(one: Machine) -> None:
    batch = Batch(one)
    batch.add_link("cni0", kind="bridge")
    batch.add_address("10.244.1.1/24", "cni7")
    with pytest.raises(NetError, match="no link cni7 on worker1"):
        batch.commit()
    assert [link.name for link in net.read_links(one)] == ["lo"]


def test_a_batch_longer_than_one_system_call(one: Machine) -> None:
    batch = Batch(one)
    batch.add_link("cni0", kind="bridge", up=True)
    for number in range(450):
        batch.add_address(f"10.{number // 200}.{number % 200}.1/24", "cni0")
    batch.commit()
    assert len(net.read_addresses(one)) == 450
    again = Batch(one)
    again.requests.extend(batch.requests[1:])
    with pytest.raises(NetError) as caught:
        again.commit()
    # All of the first hundred were refused, each with its own words; then nothing more was sent.
    assert [refusal.index for refusal in caught.value.refusals] == list(range(100))


def test_no_descriptor_is_left_open(one: Machine, two: Machine) -> None:
    before = set(Path("/proc/self/fd").iterdir())
    commit_all(build_overlay(one, two))
    with Capture([one, two]) as capture:
        capture.read_frames(0)
    with pytest.raises(NetError):
        commit_all(build_overlay(one, two))
    assert set(Path("/proc/self/fd").iterdir()) <= before


def test_capture_follows_a_ping_through_the_overlay(one: Machine, two: Machine) -> None:
    commit_all(build_overlay(one, two))
    token = b"a token of our own"
    receiver = two.open_socket(socket.AF_INET, socket.SOCK_DGRAM, 0)
    sender = one.open_socket(socket.AF_INET, socket.SOCK_DGRAM, 0)
    with receiver, sender, Capture([one, two], keep=lambda data: token in data) as capture:
        receiver.bind(("10.244.2.0", 9))  # else the answer is an ICMP that carries the token as well
        sender.sendto(token, ("10.244.2.0", 9))
        frames = capture.read_frames(
            2, enough=lambda seen: ("worker2", "flannel.1") in {(f.machine, f.link) for f in seen}
        )
    hops = [(frame.machine, frame.link, frame.direction) for frame in frames]
    assert hops == [
        ("worker1", "flannel.1", "out"),
        ("worker1", "eth0", "out"),
        ("worker2", "eth0", "in"),
        ("worker2", "flannel.1", "in"),
    ]
    wrapped = [layer.name for layer in net.decode(frames[1])]
    assert wrapped == ["Ether", "IP", "UDP", "VXLAN", "Ether", "IP", "UDP", "Raw"]
    assert capture.dropped == 0


def test_capture_is_bounded_and_says_what_it_dropped(one: Machine) -> None:
    loopback = Batch(one)
    loopback.set_link("lo", up=True)
    loopback.commit()
    with Capture([one], limit=5) as capture:
        with one.open_socket(socket.AF_INET, socket.SOCK_DGRAM, 0) as sender:
            for _ in range(50):
                sender.sendto(b"flood", ("127.0.0.1", 9))
        frames = capture.read_frames(0.1)
    assert len(frames) == 5
    assert capture.dropped > 50


SOLUTION = r"""
set -e
ip link set lo up
ip link add br9 type bridge; ip link set br9 up
ip link set br0 type bridge stp_state 1
ip link add veth1 type veth peer name veth2; ip link set veth1 master br9 up; ip link set veth2 up
bridge link set dev veth1 hairpin on
ip addr add 10.1.0.1/24 dev br9
ip addr add 10.7.0.1 peer 10.7.0.2/32 dev br9
ip link set eth1 up mtu 1400; ip addr add 192.168.5.1/24 dev eth1
ip route add 10.2.0.0/24 via 10.1.0.7
ip route add 10.2.0.0/24 via 10.1.0.7 metric 50
ip route add 10.3.0.0/24 via 1.2.3.4 dev br9 onlink src 10.1.0.1 proto static mtu 1300
ip route add unreachable 10.5.0.0/16 metric 4000 table 100
ip route add 10.6.0.0/16 nexthop via 10.1.0.8 nexthop via 10.1.0.9 weight 2
ip route add default via 10.1.0.8; ip route append default via 10.1.0.9
ip neigh add 10.1.0.7 lladdr 02:00:00:00:00:07 dev br9
ip neigh add proxy 169.254.1.1 dev br9
bridge fdb add 02:00:00:00:00:0a dev veth1 master static
ip rule add not from 10.1.0.0/24 lookup 100 priority 1001
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.br9.proxy_arp=1 net.ipv4.conf.eth1.rp_filter=1
iptables -t nat -A POSTROUTING -s 10.1.0.0/24 ! -d 10.1.0.0/16 -m comment --comment "the way out" -j MASQUERADE
iptables -A FORWARD -i br9 -j ACCEPT; iptables -P FORWARD DROP
iptables-legacy -A INPUT -p icmp -j DROP
nft add table ip lab; nft add chain ip lab post '{ type nat hook postrouting priority 100; policy drop; }'
nft add rule ip lab post oifname eth1 counter masquerade
"""


def test_each_change_can_be_undone_alone(one: Machine) -> None:
    ran = one.run("ip link add br0 type bridge; ip link add eth1 type veth peer name p1; ip link set p1 up")
    assert ran.status == 0, ran.stderr
    start = net.read_snapshot([one])
    assert net.diff_snapshots(start, net.read_snapshot([one])) == []
    ran = one.run(SOLUTION)
    assert ran.status == 0, ran.stderr
    left = net.diff_snapshots(start, net.read_snapshot([one]))
    assert len(left) == 35
    tables_first = sorted(left, key=lambda change: change.label.startswith(("link ", "port ", "address ")))
    for change in tables_first:
        if change.label not in {each.label for each in left}:
            continue  # gone with what it hung on
        for argv in change.undo:
            ran = one.run(argv)
            assert ran.status == 0, f"{change.label}: {argv}: {ran.stderr}"
        now = net.diff_snapshots(start, net.read_snapshot([one]))
        gone = {each.label for each in left} - {each.label for each in now}
        assert change.label in gone
        if not change.label.startswith(("link ", "port ", "address ")):
            assert gone == {change.label}
        left = now
    assert left == []


def test_pods_of_the_learner_are_new_machines(world: World, one: Machine) -> None:
    start = net.read_snapshot(world.machines())
    one.run("ip netns add web; ip link add veth1 type veth peer name eth0 netns web; ip -n web link set eth0 up")
    changes = net.diff_snapshots(start, net.read_snapshot(world.machines()))
    assert [(change.machine, change.label) for change in changes] == [
        ("worker1", "link veth1 (veth) on worker1"),
        ("web", "link eth0 (veth) on web"),
        ("web", "link eth0 up on web"),
    ]


def test_netfilter_in_one_form_whoever_wrote_it(one: Machine) -> None:
    ran = one.run(
        """set -e
        iptables -t nat -A POSTROUTING -s 10.244.1.0/24 ! -d 10.244.0.0/16 -j MASQUERADE
        iptables-legacy -t nat -A POSTROUTING -s 10.244.1.0/24 ! -d 10.244.0.0/16 -j MASQUERADE
        nft add table ip lab
        nft add chain ip lab post '{ type nat hook postrouting priority 100; }'
        nft add rule ip lab post ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 counter masquerade
        nft add chain ip nat post '{ type nat hook postrouting priority 90; }'
        nft add rule ip nat post ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 masquerade"""
    )
    assert ran.status == 0, ran.stderr
    rules = net.read_netfilter(one)
    assert sorted((rule.source, rule.table, rule.chain) for rule in rules) == [
        ("iptables", "nat", "POSTROUTING"),
        ("iptables-legacy", "nat", "POSTROUTING"),
        ("nft", "lab", "post"),
        ("nft", "nat", "post"),
    ]
    assert {(rule.target, rule.hook) for rule in rules} == {("masquerade", "postrouting")}
    assert all(rule.matches == {"saddr": "10.244.1.0/24", "daddr": "!10.244.0.0/16"} for rule in rules)
    assert sorted(str(rule.packets) for rule in rules) == ["0", "0", "0", "None"]


def test_reading_netfilter_writes_nothing(one: Machine) -> None:
    def look() -> tuple[str, str]:
        return one.probe(["nft", "list", "ruleset"]).stdout, one.probe(["cat", "/proc/net/ip_tables_names"]).stdout

    assert net.read_ruleset(one) == net.Ruleset()
    assert look() == ("", "")
    one.run("iptables -A FORWARD -j ACCEPT; iptables-legacy -t mangle -A FORWARD -j ACCEPT")
    before = look()
    assert len(net.read_netfilter(one)) == 2
    assert look() == before


def test_connections_show_both_directions(one: Machine, two: Machine) -> None:
    commit_all(build_overlay(one, two))
    one.run("iptables -t nat -A POSTROUTING -o flannel.1 -j SNAT --to-source 192.168.1.11")
    with one.open_socket(socket.AF_INET, socket.SOCK_DGRAM, 0) as sender:
        sender.sendto(b"hello", ("10.244.2.0", 5353))
    (entry,) = [each for each in net.read_connections(one) if each.original.dport == 5353]
    assert (entry.proto, entry.original.src, entry.original.dst) == ("udp", "10.244.1.0", "10.244.2.0")
    assert (entry.source_nat, entry.destination_nat) == ("192.168.1.11", None)


def test_a_sysctl_that_is_not_there_can_not_be_told(one: Machine) -> None:
    assert net.read_sysctl(one, "net.ipv4.ip_forward") in {"0", "1"}
    assert set(net.read_sysctls(one, ["net.ipv4.ip_forward", "net.nothing"])) == {"net.ipv4.ip_forward"}
    with pytest.raises(CannotTell, match=r"net\.nothing|net/nothing"):
        net.read_sysctl(one, "net.nothing")


def test_what_arp_told_is_forgotten_and_what_was_entered_to_stay_is_not(
    world: World, one: Machine, two: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkit.net.write.forget.CHUNK", 2)
    commit_all(build_overlay(one, two))
    told = "".join(
        f"neigh add 192.168.1.{host} lladdr 02:00:00:00:00:99 dev eth0 nud stale\n" for host in range(20, 25)
    )
    kept = "neigh add 192.168.1.50 dev eth0 lladdr 02:00:00:00:00:98 nud noarp\nneigh add proxy 192.168.1.51 dev eth0\n"
    assert one.run(["ip", "-batch", "-"], stdin=told + kept).status == 0
    assert two.run("ping -c 1 -W 1 192.168.1.11").status == 0
    with world.start_machine(MachineSpec("pod", "pod", "worker1")) as gone:
        pass
    net.forget_neighbours([gone, one, two])
    assert [each.address for each in net.read_neighbors(one)] == ["10.244.2.0"]
    assert "192.168.1.50" in one.run("ip neigh show nud noarp").stdout
    assert [each.address for each in net.read_neighbors(two)] == ["10.244.1.0"]
    assert [each.address for each in net.read_proxies(one)] == ["192.168.1.51"]
