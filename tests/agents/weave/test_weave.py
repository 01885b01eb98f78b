"""Weave in a real kernel: three nodes, sleeve and fast datapath, the plugin, the ring, and everything that goes wrong."""

from __future__ import annotations

import json
import os
import random
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from labkit.agents.weave.names import parse_name
from labkit.agents.weave.sleeve import pack_datagram
from labkit.cni import CniError, Runtime, add_pod, remove_pod
from labkit.fabric import Topology, build_netlink
from labkit.fabric.topology import Link, Machine, Port, Switch
from labkit.lab.outfit import find_outfit
from labkit.probe import follow_packet, ping
from labkit.world import World
from tests.waiting import wait_until

pytestmark = pytest.mark.world

NUMBERS = (1, 2, 3)
NODES = tuple(f"worker{number}" for number in NUMBERS)
PODS = {"web": "worker1", "api": "worker2", "db": "worker3"}
SEED = "--ipalloc-init seed=::1,::2,::3"
FORWARD = """cat >/root/forward.py <<'PYTHON'
def forward(src, dst, came_from, table, peers):
{body}
PYTHON
weave forward /root/forward.py"""


def plan_topology() -> Topology:
    nodes = tuple(Machine(name, "node") for name in NODES)
    links = tuple(
        Link(Port(f"worker{each}", "eth0", (f"192.168.50.1{each}/24",)), Port("s1", f"s1-eth{each}"))
        for each in NUMBERS
    )
    return Topology(nodes, (Switch("s1"),), links)


def launch(world: World, number: int, options: str = f"--no-fastdp {SEED}") -> None:
    peers = " ".join(f"192.168.50.1{other}" for other in NUMBERS if other < number)
    ran = world.machine(f"worker{number}").run(f"weave launch --name ::{number} {options} {peers}", timeout=60)
    assert (ran.status, ran.stdout, ran.stderr) == (0, "", "")


def plug(world: World, pod: str, node: str) -> str:
    result = add_pod(world, pod, node, Runtime(world.machine(node)))
    return str(result["ips"][0]["address"]).partition("/")[0]


def unplug(world: World, pod: str) -> None:
    machine = world.machine(pod)
    assert machine.node
    remove_pod(world, machine, Runtime(world.machine(machine.node)))


def read_report(world: World, node: str) -> dict[str, Any]:
    return dict(json.loads(world.machine(node).run("weave report").stdout))


def wait_report(world: World, node: str, wanted: Callable[[dict[str, Any]], bool], seconds: float = 20.0) -> None:
    reports: list[dict[str, Any]] = []
    try:
        wait_until(lambda: reports.append(read_report(world, node)) or wanted(reports[-1]), seconds, every=0.1)
    except AssertionError:
        pytest.fail(json.dumps(reports[-1], indent=1))


def overlays(report: dict[str, Any]) -> dict[str, str | None]:
    return {each["nickname"]: each["overlay"] for each in report["connections"]}


def wait_overlays(world: World, node: str, overlay: str | None, others: Sequence[str]) -> None:
    wait_report(world, node, lambda report: overlays(report) == dict.fromkeys(others, overlay))


@pytest.fixture(scope="module")
def mesh() -> Iterator[World]:
    """Three peers with sleeve, a pod on each; tests leave it as they found it."""
    with World.start(f"weave-{os.getpid()}", outfit=find_outfit(), hidden=True) as world:
        build_netlink(world, plan_topology())
        for number in NUMBERS:
            launch(world, number)
        for pod, node in PODS.items():
            plug(world, pod, node)
        for node in NODES:
            wait_overlays(world, node, "sleeve", [other for other in NODES if other != node])
        yield world
        world.end()


@pytest.fixture
def fresh() -> Iterator[World]:
    """Three nodes without anything."""
    with World.start(f"weave-fresh-{os.getpid()}", outfit=find_outfit(), hidden=True) as world:
        build_netlink(world, plan_topology())
        yield world
        world.end()


def test_a_node_and_a_pod_look_as_in_the_sources(mesh: World) -> None:
    assert mesh.machine("worker2").run("ip route show dev weave").stdout == (
        "10.32.0.0/12 proto kernel scope link src 10.40.0.0 \n"
    )
    assert mesh.machine("api").run("ip route").stdout == (
        "default via 10.40.0.0 dev eth0 \n10.32.0.0/12 dev eth0 proto kernel scope link src 10.40.0.1 \n"
    )
    ports = mesh.machine("worker2").run("ls /sys/class/net/weave/brif").stdout.split()
    assert sorted(name[:8] for name in ports) == ["vethwe-b", "vethwepl"]
    assert "10-weave.conflist" in mesh.machine("worker2").run("ls /etc/cni/net.d").stdout


@pytest.mark.user
def test_pods_reach_each_other_under_their_own_names(mesh: World) -> None:
    for src, address, dst in (("web", "10.40.0.1", "api"), ("api", "10.44.0.1", "db"), ("db", "10.32.0.2", "web")):
        answer = ping(mesh.machine(src), address, at=mesh.machine(dst))
        assert answer.reached, answer.detail
        assert answer.seen_source == {"web": "10.32.0.2", "api": "10.40.0.1", "db": "10.44.0.1"}[src]


def test_a_pod_gets_out_and_a_node_gets_in(mesh: World) -> None:
    out = ping(mesh.machine("web"), "192.168.50.12", at=mesh.machine("worker2"))
    assert (out.reached, out.seen_source) == (True, "192.168.50.11")
    assert ping(mesh.machine("worker1"), "10.44.0.1").reached


def test_the_largest_packet_fits_and_one_more_byte_does_not(mesh: World) -> None:
    web = mesh.machine("web")
    assert web.run("ping -c 1 -W 2 -M do -s 1410 10.40.0.1").status == 0
    assert "message too long, mtu=1438" in web.run("ping -c 1 -W 1 -M do -s 1411 10.40.0.1").stderr


def test_tcp_goes_through_whole(mesh: World) -> None:
    """Checksums are finished before frames are read: nothing arrives if they are not."""
    script = (
        "for n in 1 2 3 4 5; do head -c 2000000 /dev/zero | nc -N -w 5 10.40.0.1 9000 && exit; sleep 0.2; done; exit 1"
    )
    listener = "(timeout 20 nc -l -N 9000 | wc -c >/tmp/got) >/dev/null 2>&1 &"
    assert mesh.machine("api").run(listener).status == 0
    assert mesh.machine("web").run(script, timeout=60).status == 0
    wanted = "for n in $(seq 50); do [ $(cat /tmp/got) = 2000000 ] && exit; sleep 0.1; done; cat /tmp/got; exit 1"
    assert mesh.machine("api").run(wanted).status == 0


def test_the_journey_shows_the_frame_in_the_datagram(mesh: World) -> None:
    journey = follow_packet(mesh, "web", "api")
    assert (journey.found, journey.answered) == (True, True)
    outer = next(hop for hop in journey.hops if (hop.machine, hop.link) == ("worker1", "eth0"))
    assert [layer.name for layer in outer.layers[:7]] == ["Ether", "IP", "UDP", "Sleeve", "Ether", "IP", "ICMP"]
    assert outer.layers[2].fields["dport"] == 6783


def test_status_answers_in_weaves_form(mesh: World) -> None:
    node = mesh.machine("worker1")
    first = node.run("weave status connections").stdout.splitlines()[0].split()
    assert first[0] == "<-"
    assert first[2:] == ["established", "unencrypted", "sleeve", "00:00:00:00:00:02(worker2)", "mtu=1438"]
    assert node.run("weave status peers").stdout.count("established") == 6
    assert node.run("weave status ipam").stdout.splitlines()[0].endswith("524288 IPs (50.0% of total) (2 active)")
    assert "weave:expose 02:00:00:00:00:01 10.32.0.1/12" in node.run("weave ps").stdout
    assert "Name: 00:00:00:00:00:01(worker1)" in node.run("weave status").stdout


def test_cni_add_twice_and_del_twice(mesh: World) -> None:
    first = plug(mesh, "extra", "worker3")
    assert plug(mesh, "extra2", "worker3") != first
    unplug(mesh, "extra2")
    pod = mesh.machine("extra")
    for _ in range(2):
        remove_pod(mesh, pod, Runtime(mesh.machine("worker3")), keep=True)
    assert first not in mesh.machine("worker3").run("weave ps").stdout
    mesh.remove_machine("extra")


def test_many_pods_at_once_get_different_addresses(mesh: World) -> None:
    names = [f"many{number}" for number in range(12)]
    with ThreadPoolExecutor(8) as pool:
        addresses = list(pool.map(lambda name: plug(mesh, name, "worker1"), names))
    assert len(set(addresses)) == len(names)
    for name in names:
        unplug(mesh, name)


def test_the_plugin_says_what_is_wrong(mesh: World) -> None:
    node = mesh.machine("worker1")

    def call(stdin: str, **environment: str) -> dict[str, Any]:
        ran = node.run(["/opt/cni/bin/weave-net"], stdin=stdin, env={"CNI_PATH": "/opt/cni/bin"} | environment)
        assert ran.status == 1
        return dict(json.loads(ran.stdout))

    conf = json.dumps({"cniVersion": "0.3.0", "name": "weave", "type": "weave-net"})
    assert call(conf, CNI_COMMAND="ADD")["code"] == 4
    assert call("{ no", CNI_COMMAND="DEL", CNI_CONTAINERID="a", CNI_IFNAME="eth0")["code"] == 6
    assert call("{}", CNI_COMMAND="DEL", CNI_CONTAINERID="a", CNI_IFNAME="eth0")["code"] == 7
    assert call(conf, CNI_COMMAND="DANCE")["code"] == 4
    nowhere = {"CNI_COMMAND": "ADD", "CNI_CONTAINERID": "a", "CNI_IFNAME": "eth0", "CNI_NETNS": "/run/netns/nobody"}
    assert call(conf, **nowhere)["code"] == 4


def test_foreign_and_broken_datagrams_are_counted_and_go_nowhere(mesh: World) -> None:
    """300 of them at worker1, from a machine that is no peer, and broken ones with a peer's name."""
    chance = random.Random(6783)
    before = read_report(mesh, "worker1")["counts"]
    frame = b"\xff" * 6 + bytes.fromhex("0a0000000001") + b"\x08\x00" + b"stray"
    good = pack_datagram(parse_name("::2"), parse_name("::1"), frame)
    mesh.machine("worker1").run("ip addr add 192.168.50.99/24 dev eth0")
    with mesh.machine("worker1").open_socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("192.168.50.99", 0))
        for _ in range(300):
            cut = good[: chance.randrange(len(good))] + chance.randbytes(chance.randrange(80))
            stranger.sendto(chance.choice([good, cut, chance.randbytes(60), b""]), ("192.168.50.11", 6783))
    mesh.machine("worker1").run("ip addr del 192.168.50.99/24 dev eth0")

    def has_counted(report: dict[str, Any]) -> bool:
        counts = report["counts"]
        return sum(counts.get(what, 0) - before.get(what, 0) for what in ("foreign", "malformed")) >= 300

    wait_report(mesh, "worker1", has_counted)
    assert "0a:00:00:00:00:01" not in mesh.machine("worker1").run("bridge fdb show; weave report").stdout
    assert ping(mesh.machine("web"), "10.40.0.1").reached


def test_noise_on_the_control_port_is_hung_up_on(mesh: World) -> None:
    chance = random.Random(1)
    lines = [b"\n", b"{}\n", b"[]\n", b'{"protocol": "labkit-weave", "pool": "10.32.0.0/12"}\n', b"\xff" * 5000 + b"\n"]
    own = b'{"protocol": "labkit-weave", "pool": "10.32.0.0/12", "name": "::9", "nickname": "x"}\n'
    lines += [
        own + b'{"type": "gossip"}\n',
        own + b'{"type": "gave", "ring": 5}\n',
        own + b'{"type": []}\n{"type": "fence"}\n',
    ]
    for line in [*lines, *(chance.randbytes(100) + b"\n" for _ in range(10))]:
        with mesh.machine("worker2").open_socket(socket.AF_INET, socket.SOCK_STREAM) as noise:
            noise.settimeout(10)
            noise.connect(("192.168.50.11", 6783))
            noise.sendall(line)
            noise.shutdown(socket.SHUT_WR)
            while noise.recv(65536):
                pass
    wait_overlays(mesh, "worker1", "sleeve", ["worker2", "worker3"])


def test_noise_on_the_nodes_own_socket_gets_an_error(mesh: World) -> None:
    script = """
for line in 'nonsense' '[]' '{}' '{"do": "dance"}' '{"do": "allocate"}' '{"do": "rmpeer", "peer": "x"}'; do
    echo "$line" | timeout 5 socat - UNIX-CONNECT:/run/weave/weave.sock
done"""
    answers = [json.loads(line) for line in mesh.machine("worker1").run(script).stdout.splitlines()]
    assert len(answers) == 6
    assert all(answer["error"] for answer in answers)


def test_your_own_function_forwards(mesh: World) -> None:
    node = mesh.machine("worker1")
    body = '    table[src] = came_from\n    return ["bridge"] if came_from != "bridge" else peers'
    ran = node.run(FORWARD.format(body=body))
    assert ran.stdout == "/root/forward.py decides now\n", ran.stderr
    assert ping(mesh.machine("web"), "10.40.0.1").reached
    forwarding = read_report(mesh, "worker1")["forwarding"]
    assert (forwarding["by"], forwarding["failed"]) == ("/root/forward.py", "")
    assert forwarding["decisions"] > 0
    assert node.run("weave forward").stdout == "the agent's own rules decide now\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    return table['x']", "line 2: KeyError"),
        ("    while True: pass", "took longer than 1 s"),
        ("    import os; os.abort()", "has ended"),
    ],
)
def test_a_function_that_fails_does_no_harm(mesh: World, body: str, said: str) -> None:
    mesh.machine("worker1").run(FORWARD.format(body=body))
    assert ping(mesh.machine("web"), "10.40.0.1", timeout=3.0).reached
    assert said in read_report(mesh, "worker1")["forwarding"]["failed"]
    assert "own rules, because" in mesh.machine("worker1").run("weave status").stdout
    mesh.machine("worker1").run("weave forward")


def test_a_file_without_a_function_changes_nothing(mesh: World) -> None:
    ran = mesh.machine("worker1").run("echo 'x = (' >x.py; weave forward x.py")
    assert ran.status == 1
    assert "x.py, line 1: SyntaxError" in ran.stderr


def test_no_traffic_no_work(mesh: World) -> None:
    """Two seconds of nothing but heartbeats: at most 20 ms of the processor's time."""
    ticks = "cut -d' ' -f14,15 /proc/$(cat /run/weave/weave.pid)/stat"
    before, after = (
        sum(map(int, mesh.machine("worker2").run(f"{wait}{ticks}").stdout.split())) for wait in ("", "sleep 2; ")
    )
    assert after - before <= 2 * os.sysconf("SC_CLK_TCK") / 100


def test_an_agent_that_was_killed_is_noticed_and_remembers(mesh: World) -> None:
    node = mesh.machine("worker3")
    given = node.run("weave ps").stdout
    node.run("kill -KILL $(cat /run/weave/weave.pid)")
    wait_report(mesh, "worker1", lambda report: set(overlays(report)) == {"worker2"})
    assert not ping(mesh.machine("web"), "10.44.0.1").reached
    assert "weave is not running on this machine" in node.run("weave status").stderr
    with pytest.raises(CniError, match="weave is not running"):
        plug(mesh, "late", "worker3")
    launch(mesh, 3)
    wait_overlays(mesh, "worker1", "sleeve", ["worker2", "worker3"])
    assert node.run("weave ps").stdout == given
    assert ping(mesh.machine("web"), "10.44.0.1").reached


def test_a_silent_peer_is_noticed(mesh: World) -> None:
    node = mesh.machine("worker2")
    node.run("iptables -A INPUT -p udp --dport 6783 -j DROP")
    wait_report(mesh, "worker1", lambda report: overlays(report) == {"worker2": None, "worker3": "sleeve"})
    said = mesh.machine("worker1").run("weave status connections").stdout
    assert "pending     unencrypted        00:00:00:00:00:02(worker2) our heartbeats are not heard there" in said
    node.run("iptables -D INPUT -p udp --dport 6783 -j DROP")
    wait_overlays(mesh, "worker1", "sleeve", ["worker2", "worker3"])


def test_fast_datapath_and_its_fallback(fresh: World) -> None:
    for number in NUMBERS:
        launch(fresh, number, SEED)
    for pod, node in PODS.items():
        plug(fresh, pod, node)
    wait_overlays(fresh, "worker1", "fastdp", ["worker2", "worker3"])
    wait_overlays(fresh, "worker2", "fastdp", ["worker1", "worker3"])
    web = fresh.machine("web")
    journey = follow_packet(fresh, "web", "api")
    outer = next(hop for hop in journey.hops if (hop.machine, hop.link) == ("worker1", "eth0"))
    assert [layer.name for layer in outer.layers[:5]] == ["Ether", "IP", "UDP", "VXLAN", "Ether"]
    assert outer.layers[2].fields["dport"] == 6784
    fresh.machine("worker2").run("iptables -A INPUT -p udp --dport 6784 -j DROP")
    wait_report(fresh, "worker1", lambda report: overlays(report) == {"worker2": "sleeve", "worker3": "fastdp"})
    wait_report(fresh, "worker2", lambda report: set(overlays(report).values()) == {"sleeve"})
    for address in ("10.40.0.1", "10.44.0.1"):
        assert web.run(f"ping -c 3 -i 0.2 -W 2 {address}").stdout.count("bytes from") == 3
    assert "DUP" not in web.run("ping -c 3 -i 0.2 -b 10.47.255.255").stdout
    fresh.machine("worker2").run("iptables -F INPUT")
    wait_overlays(fresh, "worker1", "fastdp", ["worker2", "worker3"])
    assert web.run("ping -c 3 -i 0.2 -W 2 10.40.0.1").stdout.count("bytes from") == 3


def test_the_ring_lends_and_inherits(fresh: World) -> None:
    """A pool of 16: one peer's own four are used up, another gives; a peer that is gone is inherited from."""
    options = f"--no-fastdp {SEED} --ipalloc-range 10.9.0.0/28"
    for number in NUMBERS:
        launch(fresh, number, options)
    wait_overlays(fresh, "worker3", "sleeve", ["worker1", "worker2"])
    wait_overlays(fresh, "worker1", "sleeve", ["worker2", "worker3"])
    given = [plug(fresh, f"pod{number}", "worker3") for number in range(8)]
    assert len(set(given)) == 8
    assert ping(fresh.machine("pod7"), "10.9.0.1").reached
    unplug(fresh, "pod7")
    alive = fresh.machine("worker1").run("weave rmpeer worker3")
    assert "is alive" in alive.stderr
    fresh.machine("worker3").run("weave stop")
    wait_report(fresh, "worker1", lambda report: set(overlays(report)) == {"worker2"})
    assert "unreachable!" in fresh.machine("worker1").run("weave status ipam").stdout
    removed = fresh.machine("worker1").run("weave rmpeer ::3")
    assert removed.stdout.endswith("IPs taken over from ::3\n"), removed.stderr
    assert "unreachable" not in fresh.machine("worker2").run("weave status ipam").stdout
    full = [plug(fresh, f"more{number}", "worker2") for number in range(10)]
    assert len(set(full)) == 10
    assert fresh.machine("worker1").run("weave status ipam").stdout.count("active") == 2


def test_a_peer_without_a_part_of_the_pool_asks_for_one(fresh: World) -> None:
    for number in (1, 2):
        launch(fresh, number, "--ipalloc-init seed=::1,::2 --no-fastdp")
    launch(fresh, 3, "--ipalloc-init seed=::1,::2 --no-fastdp")
    assert plug(fresh, "late", "worker3").startswith("10.")
    wait_overlays(fresh, "worker3", "sleeve", ["worker1", "worker2"])
    assert ping(fresh.machine("late"), "10.32.0.1").reached


def test_reset_leaves_nothing(fresh: World) -> None:
    launch(fresh, 1, SEED)
    fresh.machine("worker1").run("weave reset")
    assert "we" not in fresh.machine("worker1").run("ls /sys/class/net").stdout
    assert fresh.machine("worker1").run("find /etc/cni /opt/cni /var/lib /run -name '*weave*.*'").stdout == ""


def test_when_nothing_is_left_the_plugin_says_so(fresh: World) -> None:
    launch(fresh, 1, "--no-fastdp --ipalloc-range 10.9.0.0/30")
    plug(fresh, "only", "worker1")
    with pytest.raises(CniError, match="no address left in the pool"):
        plug(fresh, "late", "worker1")
    assert fresh.machine("worker1").run("ls /sys/class/net/weave/brif").stdout.count("vethwepl") == 1


def read_connections(world: World, node: str) -> str:
    return world.machine(node).run("weave status connections").stdout


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (f"--name ::1 {SEED}", "our own name, 00:00:00:00:00:01"),
        ("--name ::2 --ipalloc-init seed=::2", "the peers were started with different seeds"),
        ("--name ::2 --ipalloc-range 10.9.0.0/16", "its --ipalloc-range is 10."),
    ],
)
def test_a_peer_that_can_t_be_one_is_told_on_both_sides(fresh: World, options: str, why: str) -> None:
    launch(fresh, 1)
    assert fresh.machine("worker2").run(f"weave launch --no-fastdp {options} 192.168.50.11").status == 0
    for node, sign in (("worker1", "<- 192.168.50.12"), ("worker2", "-> 192.168.50.11:6783")):
        wait_until(lambda node=node: why in read_connections(fresh, node), 20)
        (line,) = read_connections(fresh, node).splitlines()
        assert line.startswith(sign), line
        assert ("failed" if sign[0] == "<" else "retrying") in line
        log = fresh.machine(node).run("cat /var/log/weave.log").stdout
        assert why in log
        assert len(log.splitlines()) < 5, "each reason once, however often it is tried"


def test_a_peer_that_is_right_again_is_connected_and_the_refusal_forgotten(fresh: World) -> None:
    launch(fresh, 1)
    fresh.machine("worker2").run(f"weave launch --no-fastdp --name ::1 {SEED} 192.168.50.11")
    wait_until(lambda: "own name" in read_connections(fresh, "worker1"), 20)
    fresh.machine("worker2").run("weave reset")
    launch(fresh, 2)
    wait_overlays(fresh, "worker1", "sleeve", ["worker2"])
    wait_until(lambda: "own name" not in read_connections(fresh, "worker1"), 20)


@pytest.mark.parametrize("forgets", [False, True])
def test_a_removed_peer_that_comes_back_gets_addresses(fresh: World, *, forgets: bool) -> None:
    for number in NUMBERS:
        launch(fresh, number)
    for node in NODES:
        wait_overlays(fresh, node, "sleeve", [other for other in NODES if other != node])
    third = fresh.machine("worker3")
    before = third.run("ip -4 -br addr show weave").stdout.split()[2]
    third.run("weave stop")
    wait_report(fresh, "worker1", lambda report: set(overlays(report)) == {"worker2"})
    assert fresh.machine("worker1").run("weave rmpeer ::3").status == 0
    if forgets:
        third.run("weave reset")
    launch(fresh, 3)
    wait_overlays(fresh, "worker3", "sleeve", ["worker1", "worker2"])
    wait_until(lambda: third.run("ip -4 -br addr show weave").stdout.split()[2:] not in ([], [before]), 20)
    address = plug(fresh, "again", "worker3")
    assert ping(fresh.machine("again"), "10.32.0.1").reached
    assert "was removed and is back" in third.run("cat /var/log/weave.log").stdout
    owned = {row["nickname"]: row["addresses"] for row in read_report(fresh, "worker1")["ipam"]}
    assert owned["worker3"] > 0
    assert address not in [row["address"].partition("/")[0] for row in read_report(fresh, "worker1")["containers"]]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--ipalloc-range 10.32.0.5/24", "host bits"),
        ("--ipalloc-range abc", "an IPv4 prefix such as 10.32.0.0/12"),
        ("--ipalloc-range fd00::/64", "an IPv4 prefix"),
        ("--ipalloc-range 10.1.0.0/31", "too small"),
    ],
)
def test_a_slip_in_the_range_is_named(fresh: World, option: str, said: str) -> None:
    ran = fresh.machine("worker1").run(f"weave launch {option}")
    assert ran.status == 1
    assert said in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert "weave" not in fresh.machine("worker1").run("ls /sys/class/net").stdout


def test_a_range_that_overlaps_with_a_route_is_warned_of(fresh: World) -> None:
    node = fresh.machine("worker1")
    ran = node.run("weave launch --no-fastdp --ipalloc-range 192.168.0.0/16")
    assert ran.status == 0
    assert (
        "WARNING: Specified --ipalloc-range 192.168.0.0/16 overlaps with existing route 192.168.50.0/24 dev eth0"
        in ran.stderr
    )
    node.run("weave reset; ip addr add 10.33.0.1/24 dev eth0")
    default = node.run("weave launch")
    assert (default.status, "Default --ipalloc-range 10.32.0.0/12 overlaps" in default.stderr) == (1, True)


def test_a_launch_that_fails_leaves_no_bridge(fresh: World) -> None:
    node = fresh.machine("worker1")
    with node.start_process(["nc", "-l", "-k", "-p", "6783"]):
        wait_until(lambda: "6783" in node.run("ss -ltn").stdout)
        ran = node.run("weave launch", timeout=60)
    assert ran.status == 1
    assert "Traceback" not in ran.stderr
    assert "we" not in node.run("ls /sys/class/net").stdout
