"""The host is the same before, while and after a lab runs and its learner does what learners do."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.lab.outfit import find_outfit
from labkit.world import Machine, MachineSpec, World, run_program

pytestmark = [pytest.mark.world, pytest.mark.alone]

COMMANDS = (
    "ip -j link",
    "ip -j -4 addr",
    "ip -j -6 addr",
    "ip -j -4 route show table all",
    "ip -j -6 route show table all",
    "ip -j rule",
    "ip -j neigh show nud permanent",
    "ip -j netns",
    "tc -j qdisc",
    "nft list ruleset",
    "iptables-save",
    "iptables-legacy-save",
    "ip6tables-save",
    "ipset list",
    "hostname",
)
# how deep a file of the lab's could lie, and no deeper: homes are large
FOLDERS = {"/etc": 9, "/run": 9, "/var": 4, "/dev": 9, "/opt": 3, "/tmp": 2, "/root": 2, str(Path.home()): 2, "/": 1}
# iptables-save dates its output and counts packets
VOLATILE = re.compile(r"^#.*$|^:\S+ \S+ \[\d+:\d+\]$|valid_life_time\": *\d+|preferred_life_time\": *\d+", re.MULTILINE)
COUNTERS = (
    "fs.dentry-state", "fs.file-nr", "fs.inode-nr", "fs.inode-state", "fs.quota.", "kernel.random.", "kernel.ns_last_pid",
    "kernel.pty.nr", "net.netfilter.nf_conntrack_count",
)  # fmt: skip
MISDEEDS = """
set -e
ip link set lo up; ip link add br0 type bridge; ip link set br0 up; ip addr add 10.9.0.1/24 dev br0
ip link add v0 type veth peer name v1; ip route add 10.10.0.0/16 dev br0; ip rule add from 10.9.0.0/24 table 77
ip route add default dev br0 table 77; ip neigh add 10.9.0.9 lladdr 02:00:00:00:00:09 dev br0 nud permanent
ip netns add mine; ip link set v1 netns mine
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.default.proxy_arp=1
nft add table ip lab; nft add chain ip lab post '{ type nat hook postrouting priority 100 ; }'; nft add rule ip lab post masquerade
iptables -t nat -A POSTROUTING -s 10.9.0.0/24 -j MASQUERADE; iptables-legacy -A FORWARD -j ACCEPT
tc qdisc add dev br0 root tbf rate 1mbit burst 10k latency 50ms
hostname surprise; echo 1.2.3.4 example >> /etc/hosts; echo nameserver 1.2.3.4 > /etc/resolv.conf
touch /root/x /tmp/x /run/x /var/lib/x /var/log/x /etc/cni/net.d/x /opt/cni/bin/x; mkdir -p /run/flannel
mount -t tmpfs none /mnt; touch /mnt/x
(sleep 60 &) ; setsid sleep 61 &
"""


def read_commands() -> dict[str, str]:
    found = {}
    for command in COMMANDS:
        ran = run_program(command.split(), env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        found[command] = VOLATILE.sub("", f"{ran.status}\n{ran.stdout}")
    return found


def read_sysctls() -> dict[str, str]:
    lines = run_program(["/sbin/sysctl", "-a"]).stdout.splitlines()
    return dict(line.split(" = ", 1) for line in lines if " = " in line and not line.startswith(COUNTERS))


def list_files(folder: str, depth: int) -> Iterator[tuple[str, object]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        try:
            state = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        yield entry.path, (state.st_mode, state.st_uid, state.st_size if stat.S_ISREG(state.st_mode) else 0)
        if depth > 1 and entry.is_dir(follow_symlinks=False):
            yield from list_files(entry.path, depth - 1)


def read_host() -> dict[str, dict[str, object]]:
    """All that must stay as it is."""
    mounts = Path("/proc/self/mountinfo").read_text()
    return {
        "commands": dict(read_commands()),
        "mounts": {
            "mountinfo": mounts,
            "netns": sorted(Path("/run/netns").glob("*")),
        },
        "sysctls": dict(read_sysctls()),
        "files": dict(each for folder, depth in FOLDERS.items() for each in list_files(folder, depth)),
    }


def list_differences(a: dict[str, dict[str, object]], b: dict[str, dict[str, object]]) -> set[tuple[str, str]]:
    return {
        (kind, key) for kind in a for key in a[kind].keys() | b[kind].keys() if a[kind].get(key) != b[kind].get(key)
    }


@pytest.fixture
def busy() -> Iterator[World]:
    with World.start(f"host-{os.getpid()}", outfit=find_outfit()) as world:
        world.add_machines([MachineSpec("worker1", "node"), MachineSpec("web", "pod", "worker1")])
        yield world
        world.end()


def misbehave(machine: Machine) -> None:
    ran = machine.run(MISDEEDS)
    assert ran.status == 0, ran.stderr


def test_the_host_is_the_same_before_during_and_after() -> None:
    """Other programs of this machine write too: what differs by itself, or in one round of three only, is not the lab's doing."""
    first, before = read_host(), read_host()
    noise = list_differences(first, before)
    assert len(before["sysctls"]) > 500
    assert len([key for kind, key in noise if kind == "sysctls" and key.startswith("net.")]) < 5
    suspects: set[tuple[str, str]] | None = None
    for _ in range(3):
        before = read_host()
        with World.start(f"host-{os.getpid()}", outfit=find_outfit()) as world:
            world.add_machines([MachineSpec("worker1", "node"), MachineSpec("web", "pod", "worker1")])
            misbehave(world.machine("worker1"))
            during = read_host()
            world.end()
        found = list_differences(before, during) | list_differences(before, read_host())
        suspects = found - noise if suspects is None else suspects & found
        if not suspects:
            return
    assert suspects == set()


def test_the_misdeeds_were_done(busy: World) -> None:
    """Otherwise the test above would show nothing."""
    machine = busy.machine("worker1")
    misbehave(machine)
    assert "br0" in machine.run("ip link").stdout
    assert "masquerade" in machine.run("nft list ruleset").stdout
    assert machine.run("hostname; sysctl -n net.ipv4.ip_forward").stdout == "surprise\n1\n"
    assert {each.name for each in busy.machines()} == {"worker1", "web", "mine"}


def test_a_difference_would_be_seen(tmp_path: Path) -> None:
    before = read_host()
    changed = {kind: dict(values) for kind, values in before.items()}
    changed["sysctls"]["net.ipv4.ip_forward"] = "2"
    changed["files"][str(tmp_path)] = ()
    assert list_differences(before, changed) == {("sysctls", "net.ipv4.ip_forward"), ("files", str(tmp_path))}
