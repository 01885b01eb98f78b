"""Probes on a live network: three hosts round one router, each with a network of its own."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from labkit.errors import CannotTell, UsageError, WorldError
from labkit.kube.pki import Authority
from labkit.net import Batch, commit_all
from labkit.probe import Page, Tls, ask_arp, ask_http, ask_udp, connect_tcp, ping, ping_many, read_matrix, trace_path
from labkit.timing import scale
from labkit.world import Machine, MachineSpec, World

pytestmark = pytest.mark.world

HOSTS = {"web": 1, "db": 2, "out": 3}


@pytest.fixture
def world() -> Iterator[World]:
    with World.start(f"test-probe-{os.getpid()}", hidden=True) as world:
        specs = [MachineSpec(name, "host") for name in HOSTS]
        world.add_machines([*specs, MachineSpec("router", "router", sysctls={"net.ipv4.ip_forward": "1"})])
        build_star(world)
        wait_carrier(world)
        yield world
        with contextlib.suppress(WorldError):  # one test has ended it already
            world.end()


def build_star(world: World) -> None:
    router = Batch(world.machine("router"))
    hosts, routes = [], []
    for name, number in HOSTS.items():
        host = Batch(world.machine(name))
        host.add_link("eth0", kind="veth", up=True, peer=f"eth{number}", peer_machine=router.machine)
        host.add_address(f"10.0.{number}.2/24", "eth0")
        router.set_link(f"eth{number}", up=True)
        router.add_address(f"10.0.{number}.1/24", f"eth{number}")
        hosts.append(host)
        route = Batch(host.machine)
        route.add_route("default", via=f"10.0.{number}.1")
        routes.append(route)
    commit_all([*hosts, router, *routes])


def wait_carrier(world: World) -> None:
    """A new cable may drop what is sent for up to a second (the kernel's link watch)."""
    deadline = time.monotonic() + 10
    gateways = [(world.machine(name), f"10.0.{number}.1") for name, number in HOSTS.items()]
    while not all(answer.reached for answer in ping_many(gateways)):
        assert time.monotonic() < deadline, "the hosts never reached their router"


@pytest.fixture
def web(world: World) -> Machine:
    return world.machine("web")


@pytest.fixture
def db(world: World) -> Machine:
    return world.machine("db")


@pytest.fixture
def out(world: World) -> Machine:
    return world.machine("out")


@pytest.fixture
def router(world: World) -> Machine:
    return world.machine("router")


def do(machine: Machine, script: str) -> None:
    done = machine.run(f"set -e; {script}")
    assert done.status == 0, done.stderr


def test_ping_tells_what_the_other_end_saw(web: Machine, db: Machine, out: Machine, router: Machine) -> None:
    answer = ping(web, "10.0.2.2", at=db)
    assert answer.reached
    assert answer.seen_source == "10.0.1.2"
    do(router, "iptables -t nat -A POSTROUTING -o eth3 -j MASQUERADE")
    assert ping(web, "10.0.3.2", at=out).seen_source == "10.0.3.1"
    assert ping(web, "10.0.2.2", at=db).seen_source == "10.0.1.2"


def test_an_answer_from_another_machine_does_not_count(web: Machine, out: Machine) -> None:
    answer = ping(web, "10.0.2.2", at=out)
    assert not answer.reached
    assert "it was not out" in answer.detail


def test_each_way_to_fail_has_its_words(web: Machine, db: Machine, router: Machine) -> None:
    assert ping(web, "10.0.2.2", ttl=1).detail == "TTL ran out at 10.0.1.1"
    assert ping(web, "172.16.0.1").detail == "network unreachable, says 10.0.1.1"
    assert ping(web, "10.0.1.9", timeout=0.3).detail == "nobody answered ARP for 10.0.1.9 on eth0"
    do(db, "ip route del default")
    came = ping(web, "10.0.2.2", at=db, timeout=0.3)
    assert came.detail == "it came to db from 10.0.1.2, but no answer came back"
    assert came.seen_source == "10.0.1.2"
    assert not came.reached
    assert ping(db, "10.0.1.2").detail == "no route to it (ENETUNREACH)"
    do(router, "ip link set eth2 down")
    assert ping(db, "10.0.2.1", timeout=0.3).detail.startswith("nobody answered ARP")
    do(web, "iptables -A OUTPUT -p icmp -j DROP")
    assert "netfilter" in ping(web, "10.0.1.1").detail


def test_a_small_mtu_on_the_way_shows(web: Machine, db: Machine, router: Machine) -> None:
    do(router, "ip link set eth2 mtu 1400")
    for _ in range(2):  # the path MTU learnt from the first must not change the second
        answer = ping(web, "10.0.2.2", size=1400, dont_fragment=True)
        assert answer.detail == "too large for the next link, says 10.0.1.1: its MTU is 1400"
    assert ping(web, "10.0.2.2", size=1372, dont_fragment=True).reached
    assert ping(web, "10.0.2.2", size=1400, at=db, timeout=0.3).seen_source == "10.0.1.2"  # in fragments
    assert "EMSGSIZE" in ping(web, "10.0.2.2", size=1473, dont_fragment=True).detail


def test_a_lost_packet_is_sent_again(web: Machine, router: Machine) -> None:
    do(router, "iptables -A FORWARD -p icmp -m statistic --mode nth --every 5 --packet 0 -j DROP")
    assert ping(web, "10.0.2.2").reached


def test_tcp_tells_what_accept_saw(web: Machine, out: Machine, router: Machine) -> None:
    do(router, "iptables -t nat -A POSTROUTING -o eth3 -j MASQUERADE")
    do(router, "iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to 10.0.3.2:80")
    answer = connect_tcp(web, "10.0.3.2", 0, at=out)
    assert answer.reached
    assert answer.seen_source == "10.0.3.1"
    forwarded = connect_tcp(web, "10.0.1.1", 8080, at=out, at_port=80)
    assert forwarded.reached
    assert forwarded.seen_source == "10.0.3.1"


def test_tcp_tells_failures_apart(web: Machine, db: Machine, out: Machine, router: Machine) -> None:
    assert "ECONNREFUSED" in connect_tcp(web, "10.0.2.2", 80).detail
    assert connect_tcp(web, "172.16.0.1", 80).detail == "network unreachable, says 10.0.1.1"
    do(router, "iptables -A FORWARD -p tcp --dport 80 -j DROP; iptables -A FORWARD -p tcp --dport 81 -j REJECT")
    assert connect_tcp(web, "10.0.2.2", 80, at=db, timeout=0.3).detail == "no answer (time-out)"
    assert connect_tcp(web, "10.0.2.2", 81, at=db).detail == "port unreachable, says 10.0.1.1"
    do(router, "iptables -t nat -A PREROUTING -p tcp --dport 82 -j DNAT --to 10.0.3.2:83")
    assert not connect_tcp(web, "10.0.2.2", 82, at=out, timeout=0.3).reached


def test_a_datagram_s_far_end_tells_who_asked(web: Machine, db: Machine, out: Machine, router: Machine) -> None:
    do(router, "iptables -t nat -A POSTROUTING -o eth3 -j MASQUERADE; iptables -A FORWARD -p udp --dport 81 -j DROP")
    answer = ask_udp(web, "10.0.3.2", 80, at=out)
    assert (answer.reached, answer.seen_source) == (True, "10.0.3.1")
    assert ask_udp(web, "10.0.2.2", 81, at=db, timeout=0.3).detail == "no answer (time-out)"
    assert not ask_udp(web, "10.0.2.2", 80, at=out, timeout=0.3).reached  # another machine has this address
    do(router, "iptables -A FORWARD -p udp --sport 82 -j DROP")
    one_way = ask_udp(web, "10.0.2.2", 82, at=db, timeout=0.3)
    assert (one_way.reached, one_way.seen_source) == (False, "10.0.1.2")
    with pytest.raises(UsageError, match="UDP port 0"):
        ask_udp(web, "10.0.2.2", 0, at=db)


def test_a_program_that_listens_already_is_asked_itself(
    web: Machine, db: Machine, out: Machine, router: Machine
) -> None:
    do(router, "iptables -t nat -A POSTROUTING -o eth2 -j MASQUERADE")
    do(router, "iptables -t nat -A PREROUTING -p tcp --dport 8081 -j DNAT --to 10.0.2.2:8080")
    with db.open_socket(2, 1) as taken, out.open_socket(2, 1) as other:
        for listener in (taken, other):
            listener.bind(("0.0.0.0", 8080))
            listener.listen()
        assert connect_tcp(web, "10.0.2.2", 8080).reached
        answer = connect_tcp(web, "10.0.2.2", 8080, at=db)
        assert answer.reached
        assert answer.seen_source == "10.0.2.1"
        assert connect_tcp(web, "10.0.1.1", 8081, at=db, at_port=8080).seen_source == "10.0.2.1"
        elsewhere = connect_tcp(web, "10.0.2.2", 8080, at=out)
        assert not elsewhere.reached
        assert "it was not out" in elsewhere.detail


SERVER = (
    "from http.server import *\n"
    "class Handler(BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(STATUS); self.send_header('Content-Length', '2'); self.end_headers(); self.wfile.write(b'ok')\n"
    "ThreadingHTTPServer(('0.0.0.0', 8080), Handler).serve_forever()\n"
)


@contextlib.contextmanager
def serve(machine: Machine, status: int = 200) -> Iterator[None]:
    """A small web server; it is there when this begins."""
    do(machine, "ip link set lo up")
    with machine.start_process(["python3", "-c", SERVER.replace("STATUS", str(status))]):
        deadline = time.monotonic() + 10
        while not connect_tcp(machine, "127.0.0.1", 8080).reached:
            assert time.monotonic() < deadline, "the server never came"
        yield


def test_http_tells_which_machine_served_each_request(web: Machine, db: Machine, out: Machine, router: Machine) -> None:
    do(
        router,
        "iptables -t nat -A PREROUTING -d 10.96.0.80 -p tcp --dport 80 -m statistic --mode nth --every 3 --packet 0 -j DNAT --to 10.0.2.2:8080",
    )
    do(router, "iptables -t nat -A PREROUTING -d 10.96.0.80 -p tcp --dport 80 -j DNAT --to 10.0.3.2:8080")
    with serve(db), serve(out):
        answers = ask_http(web, ("10.96.0.80", 80), among=[db, out], times=6)
        (unseen,) = ask_http(web, ("10.0.2.2", 8080), among=[out])
    assert sorted(each.by for each in answers) == ["db"] * 2 + ["out"] * 4
    assert all(each.reached and each.seen_source == "10.0.1.2" for each in answers)
    with serve(out):
        do(
            router,
            "iptables -A FORWARD -p tcp --syn -m statistic --mode nth --every 3 --packet 0 -j REJECT --reject-with tcp-reset",
        )
        shown = [
            web.run(ask_http(web, ("10.0.3.2", 8080), among=[out], times=times)[0].argv).status for times in (1, 6)
        ]
    assert shown[1], "what is typed shows a call that fails now and then"
    assert not unseen.reached
    assert (unseen.detail, unseen.status) == ("somebody else answered", 0), "the command, typed, is answered"


def test_http_tells_failures_apart(web: Machine, db: Machine, out: Machine, router: Machine) -> None:
    (refused,) = ask_http(web, ("10.0.2.2", 8080), among=[db])
    assert refused.detail.startswith("refused: nothing listens there")
    with serve(db, status=503):
        (busy,) = ask_http(web, ("10.0.2.2", 8080), among=[db])
    assert busy.detail == "it said 'HTTP/1.0 503 Service Unavailable'"
    with serve(out):
        do(router, "iptables -A FORWARD -p tcp --dport 8080 -m length --length 1000: -j DROP")
        (cut,) = ask_http(web, ("10.0.3.2", 8080), among=[out], timeout=0.5)
    assert cut.detail == "no answer (time-out)", "a call that begins well and loses what is large is no answer"


PROXY = """daemon off; pid /tmp/nginx.pid; error_log stderr; events {}
http {
    access_log off; client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
    server {
        listen 443 ssl; server_name shop.example; ssl_certificate /tmp/pair; ssl_certificate_key /tmp/pair;
        proxy_set_header X-Real-IP $remote_addr;
        location /api/ { proxy_pass http://10.0.2.2:8080; }
        location /old { return 308 https://shop.example/new; }
    }
}
"""


def test_a_proxy_is_asked_by_name_path_and_tls_and_the_one_behind_it_is_told_who_called(
    web: Machine, db: Machine, out: Machine
) -> None:
    authority = Authority("own")
    pair = authority.sign_server("shop", ["shop.example"])
    for path, text in (("/tmp/pair", pair.certificate + pair.key), ("/tmp/conf", PROXY)):
        out.run(["sh", "-c", f"cat >{path}"], stdin=text)
    page = Page("10.0.3.2", 443, "shop.example", "/api/1", Tls(authority.pair.certificate, "/root/ca.crt"))
    with serve(db), out.start_process(["nginx", "-e", "stderr", "-c", "/tmp/conf"]):
        deadline = time.monotonic() + 10
        while not connect_tcp(web, "10.0.3.2", 443).reached:
            assert time.monotonic() < deadline, "nginx never came"
        told = ask_http(web, page, among=[db], times=4)
        (moved,) = ask_http(web, page._replace(path="/old"), among=[db])
        (other,) = ask_http(web, page._replace(tls=Tls(Authority("another").pair.certificate)), among=[db])
        (misnamed,) = ask_http(web, page._replace(host="books.example"), among=[db])
        (anybody,) = ask_http(web, page._replace(host="books.example", tls=Tls()), among=[db])
    assert {(each.reached, each.by, each.seen_source, each.told) for each in told} == {
        (True, "db", "10.0.3.2", "10.0.1.2")
    }
    assert (moved.code, moved.location, moved.status) == (308, "https://shop.example/new", 0)
    assert other.detail == "its certificate is not accepted: unable to get local issuer certificate"
    assert "books.example" in misnamed.detail
    assert anybody.reached


def test_arp_finds_owner_proxy_and_nobody(web: Machine, router: Machine) -> None:
    mac = router.run("cat /sys/class/net/eth1/address").stdout.strip()
    assert ask_arp(web, "10.0.1.1", "eth0", timeout=0.1) == [mac]
    assert ask_arp(web, "10.0.2.2", "eth0") == []
    assert ask_arp(web, "10.0.1.1", "eth7") == []
    do(router, "sysctl -qw net.ipv4.conf.eth1.proxy_arp=1")
    assert ask_arp(web, "10.0.2.2", "eth0") == [mac]


def test_an_anonymous_question_is_a_broadcast_s_only(web: Machine, router: Machine) -> None:
    """web's kernel asks a neighbour that it knows straight; that it hears an answer says nothing about broadcasts."""
    mac = router.run("cat /sys/class/net/eth1/address").stdout.strip()
    assert ask_arp(web, "10.0.1.1", "eth0", anonymous=True) == [mac]
    do(router, "nft add table arp deaf; nft add chain arp deaf in '{ type filter hook input priority 0; }'")
    do(router, "nft add rule arp deaf in ether daddr ff:ff:ff:ff:ff:ff drop")
    asking = f"for turn in $(seq 30); do ip neigh replace 10.0.1.1 lladdr {mac} dev eth0 nud probe; sleep 0.1; done"
    with ThreadPoolExecutor() as pool:
        pool.submit(web.run, asking)
        assert ask_arp(web, "10.0.1.1", "eth0") == [mac]
        assert ask_arp(web, "10.0.1.1", "eth0", anonymous=True) == []


def test_a_duplicate_address_has_two_macs(router: Machine, world: World) -> None:
    world.add_machines([MachineSpec("twin", "host")])
    twin = Batch(world.machine("twin"))
    twin.add_link("eth0", kind="veth", up=True, peer="eth9", peer_machine=router)
    twin.add_address("10.0.1.2/24", "eth0")
    twin.commit()
    do(
        router,
        "ip link add br0 type bridge; ip link set br0 up; ip link set eth9 up master br0; ip link set eth1 master br0",
    )
    do(router, "ip addr flush dev eth1; ip addr add 10.0.1.1/24 dev br0")
    assert len(ask_arp(router, "10.0.1.2", "br0")) == 2


def test_a_path_names_its_routers(web: Machine, db: Machine) -> None:
    assert trace_path(web, "10.0.2.2") == ["10.0.1.1", "10.0.2.2"]
    assert trace_path(web, "10.0.2.9", timeout=0.3) == ["10.0.1.1", None]
    do(db, "ip route del default")
    assert trace_path(db, "10.0.1.2") == []


def test_many_pings_take_no_longer_than_one(web: Machine, db: Machine, out: Machine) -> None:
    began = time.monotonic()
    answers = ping_many([(web, f"10.0.2.{host}") for host in range(2, 30)] + [(db, "10.0.3.2"), (out, "10.0.1.1")])
    assert [answer.reached for answer in answers] == [True, *[False] * 27, True, True], answers[0]
    assert time.monotonic() - began < scale(5)  # one after the other: 27 s


def test_the_matrix_has_a_word_for_every_pair(world: World, router: Machine, out: Machine) -> None:
    do(router, "iptables -A FORWARD -s 10.0.2.2 -d 10.0.1.2 -m state --state NEW -j REJECT")
    do(out, "ip addr flush dev eth0")
    matrix = read_matrix(world)
    assert matrix.addresses == {"web": "10.0.1.2", "db": "10.0.2.2", "out": None, "router": "10.0.1.1"}
    assert len(matrix.cells) == 12
    assert matrix.cells["web", "db"].word == "reached"
    assert matrix.cells["db", "web"].word == "not reached"
    assert matrix.cells["web", "out"].word == "no address"
    assert matrix.cells["out", "web"].word == "not reached"
    assert {cell["sign"] for cell in matrix.to_json()["cells"]} == {"✓", "✗", "–"}  # noqa: RUF001


def test_what_cannot_be_carried_out_is_no_answer(web: Machine, db: Machine, world: World) -> None:
    with pytest.raises(UsageError, match="not an IPv4 address"):
        ping(web, "db")
    world.remove_machine("db")
    with pytest.raises(CannotTell):
        ping(db, "10.0.1.2")
    with pytest.raises(CannotTell):
        ping(web, "10.0.1.1", at=db)
    world.ask("end")
    for probe in (ping, trace_path):
        with pytest.raises(CannotTell):
            probe(web, "10.0.1.1")
    with pytest.raises(CannotTell):
        ask_arp(web, "10.0.1.1", "eth0")
    with pytest.raises(CannotTell):
        connect_tcp(web, "10.0.1.1", 80)


def test_probes_need_no_process_in_the_world(web: Machine, db: Machine, world: World) -> None:
    world.ask("refuse")
    assert ping(web, "10.0.2.2", at=db).reached
    assert not ping(web, "10.0.2.9", timeout=0.2).reached
    assert connect_tcp(web, "10.0.2.2", 0, at=db).reached
