"""Machines: what each has for itself, what it shares, pods that come and go."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.errors import UsageError, WorldError
from labkit.world import Machine, MachineSpec, World

pytestmark = pytest.mark.world

OWN_FILES = (
    "/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/etc/cni/net.d/x", "/etc/bird/x", "/etc/calico/x", "/etc/kubernetes/x",
    "/opt/cni/bin/x", "/var/lib/cni/x", "/var/lib/other", "/var/log/x", "/run/x", "/root/x", "/tmp/x", "/var/tmp/y", "/dev/shm/x",
)  # fmt: skip


def list_names(world: World) -> set[str]:
    return {machine.name for machine in world.machines()}


def count_inside(world: World) -> dict[str, int]:
    """What PID 1 holds, as its parent user namespace sees it: descriptors and processes."""
    processes = [path for path in Path("/proc").iterdir() if path.name.isdigit() and is_in(path, world.pid)]
    return {"processes": len(processes), "descriptors": count_descriptors(world)}


def is_in(process: Path, first: int) -> bool:
    try:
        return (process / "ns/pid").stat().st_ino == Path(f"/proc/{first}/ns/pid_for_children").stat().st_ino
    except OSError:
        return False


def count_descriptors(world: World) -> int:
    """The fewest of three looks: PID 1 may not yet have closed the connection of a command that has just ended."""
    return min(int(world.ask("count")[0]["descriptors"]) for _ in range(3))


# --- what a machine has


def test_each_has_its_own_network_name_and_mounts(lab: World) -> None:
    seen = {}
    for name in ("worker1", "worker2", "web", "api"):
        ran = lab.machine(name).run(
            "hostname; uname -n; cat /etc/hostname; readlink /proc/self/ns/net /proc/self/ns/mnt /proc/self/ns/uts"
        )
        hostname, uname, file, *namespaces = ran.stdout.split()
        assert (hostname, uname, file) == (name, name, name)
        seen[name] = tuple(namespaces)
    assert len({namespace for namespaces in seen.values() for namespace in namespaces}) == 12
    assert lab.machine("web").run("ip -br link").stdout.split()[0] == "lo"


@pytest.mark.parametrize("path", OWN_FILES)
def test_each_has_its_own_files(lab: World, path: str) -> None:
    one, two = lab.machine("worker1"), lab.machine("worker2")
    before = two.run(f"cat {path}")
    assert one.run(f"echo worker1 was here >> {path} && tail -n1 {path}").stdout == "worker1 was here\n"
    after = two.run(f"cat {path}")
    assert (before.status, before.stdout, before.stderr) == (after.status, after.stdout, after.stderr)


def test_a_machine_knows_itself_by_name(lab: World) -> None:
    assert lab.machine("worker1").run("getent hosts worker1").stdout.split() == ["127.0.1.1", "worker1"]
    assert lab.machine("worker1").run("getent hosts localhost").stdout.split()[0] in ("127.0.0.1", "::1")


def test_files_sysctls_and_kinds_as_specified(start: object) -> None:
    world = start()  # type: ignore[operator]
    files = {"etc/hosts": "10.0.0.1 only\n", "etc/cni/net.d/10-x.conf": "{}", "root/deep/file": "text"}
    sysctls = {"net.ipv4.ip_forward": "1", "net/ipv4/conf/lo/forwarding": "0"}
    world.add_machines([MachineSpec("r", "router", files=files, sysctls=sysctls), MachineSpec("h", "host")])
    router = world.machine("r")
    assert router.run("cat /etc/hosts /etc/cni/net.d/10-x.conf /root/deep/file").stdout == "10.0.0.1 only\n{}text"
    assert router.run("sysctl -n net.ipv4.ip_forward net.ipv4.conf.lo.forwarding").stdout == "1\n0\n"
    assert world.machine("h").run("sysctl -n net.ipv4.ip_forward").stdout == "0\n"
    assert [(each.name, each.kind, each.node) for each in world.machines()] == [
        ("r", "router", None),
        ("h", "host", None),
    ]


def test_all_machines_start_from_the_same_sysctls(lab: World) -> None:
    shown = {
        lab.machine(name).run("sysctl -a --pattern '^net.ipv[46].conf.(all|default)' 2>/dev/null").stdout
        for name in ("worker2", "api")
    }
    assert len(shown) == 1
    assert "net.ipv4.conf.all.rp_filter = 0" in shown.pop()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (MachineSpec("web", "pod"), "'web' is a machine already"),
        (MachineSpec("a b", "host"), "not a machine's name"),
        (MachineSpec("../x", "host"), "not a machine's name"),
        (MachineSpec("x@y", "pod"), "not a machine's name"),
        (MachineSpec("x" * 64, "host"), "not a machine's name"),
        (MachineSpec("", "host"), "not a machine's name"),
        (MachineSpec("x", "printer"), "kind 'printer' is none of"),
        (MachineSpec("x", "pod", "worker9"), "there is no node 'worker9'"),
        (MachineSpec("x", "pod", "web"), "there is no node 'web'"),
        (MachineSpec("x", "host", files={"../etc/x": ""}), "not a path inside a machine"),
        (MachineSpec("x", "host", files={"/etc/x": ""}), "not a path inside a machine"),
        (MachineSpec("x", "host", files={"etc/x": "a\0"}), "strings expected"),
        (MachineSpec("x", "host", sysctls={"../../etc/x": ""}), "not a sysctl"),
    ],
)
def test_what_cannot_be_a_machine(lab: World, spec: MachineSpec, said: str) -> None:
    before = list_names(lab)
    with pytest.raises(UsageError, match=said):
        lab.add_machines([MachineSpec("innocent", "host"), spec])
    assert list_names(lab) == before


def test_what_fails_half_way_leaves_nothing(lab: World) -> None:
    before = list_names(lab)
    held = count_descriptors(lab)
    specs = [MachineSpec("one", "pod", "worker1"), MachineSpec("two", "host", sysctls={"net.ipv4.no_such": "1"})]
    with pytest.raises(WorldError, match=r"making two: .*No such file"):
        lab.add_machines(specs)
    assert list_names(lab) == before
    assert lab.machine("worker1").run("ls /run/netns").stdout == "web\n"
    assert count_descriptors(lab) == held


# --- pods


def test_pods_stand_in_their_nodes_run_netns(lab: World) -> None:
    assert lab.machine("worker1").run("ip netns list").stdout.split()[0] == "web"
    assert lab.machine("worker2").run("ls /run/netns").stdout == "api\n"
    inside = lab.machine("worker1").run("ip netns exec web readlink /proc/self/ns/net").stdout
    assert inside == lab.machine("web").run("readlink /proc/self/ns/net").stdout
    assert lab.machine("web").run("ls /run/netns").stdout == ""


@pytest.fixture
def shop(lab: World) -> Iterator[Machine]:
    """A pod that a learner made."""
    node = lab.machine("worker1")
    assert node.run("ip netns add shop").status == 0
    yield lab.machine("shop")
    node.run("ip netns del shop")
    assert "shop" not in list_names(lab)


def test_a_pod_the_learner_makes_is_a_machine_at_once(lab: World, shop: Machine) -> None:
    assert (shop.kind, shop.node) == ("pod", "worker1")
    assert shop.run("hostname; cat /etc/hosts").stdout.startswith("shop\n127.0.0.1")
    lab.machine("worker1").run(
        "ip link add out type veth peer name eth0 netns shop; ip netns exec shop ip addr add 10.7.7.7/24 dev eth0"
    )
    assert "10.7.7.7/24" in shop.run("ip addr show eth0").stdout
    assert "10.7.7.7" in shop.probe(["ip", "-j", "addr", "show", "eth0"]).stdout
    assert lab.machine("web").run("ip link show eth0").status == 1


def test_a_pod_made_anew_under_its_name_is_the_new_one(lab: World, shop: Machine) -> None:
    shop.run("ip link add old type bridge")
    assert lab.machine("worker1").run("ip netns del shop && ip netns add shop").status == 0
    assert "old" not in lab.machine("shop").run("ip link").stdout


@pytest.mark.usefixtures("shop")
def test_a_pod_that_is_gone_is_let_go(lab: World) -> None:
    held = count_descriptors(lab)
    assert lab.machine("worker1").run("ip netns del shop").status == 0
    assert "shop" not in list_names(lab)
    assert count_descriptors(lab) == held - 4
    with pytest.raises(UsageError, match="no machine 'shop'"):
        lab.ask("netns", machine="shop")


def test_equal_names_on_two_nodes_are_told_apart(lab: World) -> None:
    for node in ("worker1", "worker2"):
        assert lab.machine(node).run("ip netns add twin").status == 0
    assert {"twin", "twin@worker2"} <= list_names(lab)
    one, two = (lab.machine(name).run("readlink /proc/self/ns/net").stdout for name in ("twin", "twin@worker2"))
    assert one != two
    assert lab.machine("worker1").run("ip netns exec twin readlink /proc/self/ns/net").stdout == one
    lab.remove_machine("twin@worker2")
    assert lab.machine("worker2").run("ls /run/netns").stdout == "api\n"
    lab.remove_machine("twin")


def test_a_removed_pod_takes_its_processes_and_its_name(lab: World) -> None:
    lab.add_machines([MachineSpec("gone", "pod", "worker1")])
    lab.machine("gone").run("setsid -f sleep 91")
    lab.remove_machine("gone")
    assert lab.machine("worker1").run("ls /run/netns; pgrep -x sleep").stdout == "web\n"
    assert "gone" not in list_names(lab)


def test_a_removed_node_takes_its_pods(lab: World) -> None:
    held = count_descriptors(lab)
    lab.add_machines(
        [MachineSpec("worker3", "node"), MachineSpec("p1", "pod", "worker3"), MachineSpec("p2", "pod", "worker3")]
    )
    lab.machine("worker3").run("ip netns add p3")
    assert {"worker3", "p1", "p2", "p3"} <= list_names(lab)
    lab.remove_machine("worker3")
    assert not {"worker3", "p1", "p2", "p3"} & list_names(lab)
    assert count_descriptors(lab) == held
    lab.add_machines([MachineSpec("p1", "host")])
    lab.remove_machine("p1")


def test_a_thousand_pods_cost_no_process_and_four_descriptors_each(start: object) -> None:
    world = start()  # type: ignore[operator]
    world.add_machines([MachineSpec("worker1", "node")])
    before = count_inside(world)
    world.add_machines([MachineSpec(f"pod{number}", "pod", "worker1") for number in range(1000)])
    after = count_inside(world)
    assert after["processes"] == before["processes"]
    assert after["descriptors"] - before["descriptors"] == 4000
    assert len(world.machines()) == 1001
    assert world.machine("pod999").run("hostname").stdout == "pod999\n"
    assert len(world.machine("worker1").run("ls /run/netns").stdout.split()) == 1000


# --- sockets


def test_sockets_are_in_the_machines_network(lab: World, web: Machine) -> None:
    web.run("ip link set lo up")
    with (
        web.open_socket(socket.AF_INET, socket.SOCK_STREAM) as listener,
        web.open_socket(socket.AF_INET, socket.SOCK_STREAM) as client,
    ):
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.connect(listener.getsockname())
        with (
            lab.machine("api").open_socket(socket.AF_INET, socket.SOCK_STREAM) as stranger,
            pytest.raises(OSError, match=r"refused|unreachable"),
        ):
            stranger.connect(listener.getsockname())


@pytest.mark.parametrize(
    ("family", "kind", "protocol"), [(-7, 1, 0), (2, 999, 0), (2**40, 1, 0), (2, 1, 2**40), (2, 1, 9999)]
)
def test_no_such_socket(lab: World, web: Machine, family: int, kind: int, protocol: int) -> None:
    before = lab.machine("web").run("readlink /proc/self/ns/net").stdout
    with pytest.raises(WorldError):
        web.open_socket(family, kind, protocol)
    assert lab.machine("web").run("readlink /proc/self/ns/net").stdout == before


# --- programs that other people wrote


@pytest.mark.parametrize(
    "command",
    [
        "chown 33:33 /tmp && chown -R www-data /tmp && chgrp daemon /tmp",
        "su nobody -s /bin/sh -c true",
        "setpriv --reuid 33 --regid 33 --clear-groups true",
        "setpriv --reuid 33 --init-groups true",
        "install -o 1 -g 1 -m 600 /etc/hosts /tmp/installed",
        "python3 -c 'import os; os.setgroups([1, 2]); os.setresgid(1, 1, 1); os.setresuid(1, 1, 1); os.setfsuid(3) if 0 else None'",
        "iptables -t nat -A POSTROUTING -j MASQUERADE && iptables -t nat -S | grep -q MASQ && iptables -t nat -F",
        "nft list ruleset",
        "ip link add d0 type bridge && ip link del d0",
        "conntrack -L",
    ],
)
def test_unmodified_programs_run(web: Machine, command: str) -> None:
    ran = web.run(command)
    assert ran.status == 0, ran.stderr


def test_tcpdump_runs_and_drops_its_rights(web: Machine) -> None:
    ran = web.run(
        "ip link set lo up; (for i in $(seq 60); do ping -c1 -W1 127.0.0.1; sleep 0.2; done >/dev/null) & timeout 20 tcpdump -c1 -nni lo icmp"
    )
    assert ran.status == 0, ran.stderr
    assert "127.0.0.1 > 127.0.0.1: ICMP echo request" in ran.stdout


@pytest.mark.skipif(
    not shutil.which("nginx", path="/usr/sbin:/usr/bin"), reason="no nginx here: apt-get install nginx-light"
)
def test_nginx_serves_as_another_user(web: Machine) -> None:
    conf = "user www-data; events {} http { server { listen 127.0.0.1:80; return 200 hello; } }"
    ran = web.run(
        f"ip link set lo up; mkdir -p /var/lib/nginx /var/log/nginx; echo '{conf}' > /tmp/n.conf; nginx -c /tmp/n.conf && curl -s --retry 5 --retry-connrefused 127.0.0.1; nginx -c /tmp/n.conf -s stop"
    )
    assert (ran.status, ran.stdout) == (0, "hello"), ran.stderr


# --- the learner's own folder


@pytest.mark.parametrize("below", ["home", "tmp"])
def test_the_work_folder_is_written_at_its_own_path(start: object, tmp_path: Path, below: str) -> None:
    """In a private place of the machine's (/tmp) and outside of them alike; the files are the person's own."""
    folder = tmp_path / "work" if below == "tmp" else Path.home() / f".labkit-test-{os.getpid()}"
    folder.mkdir()
    try:
        world = start(work=folder)  # type: ignore[operator]
        world.add_machines([MachineSpec("h", "host"), MachineSpec("i", "host")])
        (folder / "mine").write_text("from outside")
        ran = world.machine("h").run(f"cd {folder} && cat mine && echo inside > theirs && rm mine")
        assert (ran.status, ran.stdout) == (0, "from outside"), ran.stderr
        assert world.machine("i").run(f"cat {folder}/theirs").stdout == "inside\n"
        assert (folder / "theirs").stat().st_uid == os.getuid()
        assert not (folder / "mine").exists()
    finally:
        shutil.rmtree(folder)


def test_a_found_pod_has_the_files_that_ip_netns_exec_would_give_it(lab: World) -> None:
    node = lab.machine("worker1")
    made = "mkdir -p /etc/netns/named; echo nameserver 10.96.0.10 >/etc/netns/named/resolv.conf; ln -s /etc/passwd /etc/netns/named/hosts"
    assert not node.run(f"{made}; ip netns add named").status
    assert lab.machine("named").run("cat /etc/resolv.conf").stdout == "nameserver 10.96.0.10\n"
    assert "root:" not in lab.machine("named").run("cat /etc/hosts").stdout
    assert not node.run("ip netns del named; rm -r /etc/netns/named").status
