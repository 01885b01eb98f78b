"""Which remedy is named where, on machines made of a few files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labkit.doctor.capability import Capability, find_remedy, list_capabilities
from labkit.doctor.limits import list_limits
from labkit.doctor.programs import Package, find_missing_program, list_packages, parse_version, plan_install

RELEASE = os.uname().release
IPIP = Capability("ipip", "", "ipip", "ip link add type ipip")
TUN = Capability("tun", "", "tun", "ip tuntap add", device="/dev/net/tun")


def write(path: Path, text: str = "", mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def test_a_module_that_lies_ready_is_to_be_loaded(tmp_path: Path) -> None:
    write(
        tmp_path / "lib/modules" / RELEASE / "modules.dep",
        "kernel/net/ipv4/ipip.ko.xz: kernel/net/ipv4/ip_tunnel.ko.xz\n",
    )
    assert find_remedy(IPIP, 2, tmp_path) == "sudo modprobe ipip"


def test_modules_are_found_with_dashes_too(tmp_path: Path) -> None:
    write(tmp_path / "lib/modules" / RELEASE / "modules.dep", "kernel/net/sch-netem.ko:\n")
    assert find_remedy(Capability("netem", "", "sch_netem", "tc"), 2, tmp_path) == "sudo modprobe sch_netem"


def test_a_kernel_without_the_module_is_named(tmp_path: Path) -> None:
    assert f"kernel {RELEASE} comes without ipip" in find_remedy(IPIP, 2, tmp_path)


def test_a_device_for_its_owner_only_is_to_be_opened(tmp_path: Path) -> None:
    write(tmp_path / "dev/net/tun", mode=0o600)
    assert find_remedy(TUN, 1, tmp_path) == "sudo chmod 666 /dev/net/tun"


def test_a_container_without_the_device_is_told_of_the_flag(tmp_path: Path) -> None:
    write(tmp_path / "lib/modules" / RELEASE / "modules.builtin", "kernel/drivers/net/tun.ko\n")
    assert find_remedy(TUN, 1, tmp_path).endswith("a container needs --device /dev/net/tun besides")


def test_a_missing_program_is_to_be_installed(tmp_path: Path) -> None:
    assert find_remedy(Capability("ip_vs", "", "ip_vs", "ipvsadm", package="ipvsadm"), 127, tmp_path).endswith(
        "install ipvsadm"
    )
    assert find_remedy(IPIP, 127, tmp_path) == "./lab setup installs the program"


def test_the_list_is_whole() -> None:
    names = [each.name for each in list_capabilities()]
    asked = "veth bridge vxlan tun nft iptables ipset ipip ip_vs netem openvswitch macvlan ifb tbf htb dummy vrf vlan ipvlan"
    assert len(names) == len(set(names))
    assert {*asked.split(), "iptables-legacy"} <= set(names)


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("ip utility, iproute2-6.1.0, libbpf 1.1.0", "6.1.0"),
        ("ping from iputils 20221126\n", "20221126"),
        ("ping utility, iputils-s20161105", "20161105"),
        ("tcpdump version 4.99.3\nlibpcap version 1.10.3", "4.99.3"),
        ("nftables v1.0.6 (Lester Gooch #5)", "1.0.6"),
        ("OpenBSD netcat (Debian patchlevel 1.219-1)", "1.219-1"),
        ("DiG 9.18.28-1~deb12u2-Debian", "9.18.28-1~deb12u2-Debian"),
        ("jq-1.6", "1.6"),
        ("CNI bridge plugin v1.1.1\nusage", "1.1.1"),
        ("iperf 3.12 (cJSON 1.7.15)", "3.12"),
        ("no version at all", ""),
    ],
)
def test_versions(said: str, version: str) -> None:
    assert parse_version(said) == version


def test_packages_are_the_ones_the_set_up_installs() -> None:
    packages = {each.debian: each for each in list_packages()}
    assert packages["iproute2"].finds == ("ip",)
    assert packages["shellcheck"].group == "test"


@pytest.mark.parametrize(
    ("tool", "said"), [("apt-get", "apt-get install frr"), ("dnf", "dnf install frr-f"), ("none", "install frr (")]
)
def test_installing_by_what_the_machine_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, said: str
) -> None:
    write(tmp_path / tool, "#!/bin/sh\n", 0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert said in plan_install(Package("frr", "frr-f", ("vtysh",), "up", "routing"))


def test_what_lies_in_one_of_several_places_is_not_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "there", "#!/bin/sh\n", 0o755)
    places = Package("x", "x", ("/nowhere/plugin", str(tmp_path / "there")), "up", "")
    monkeypatch.setattr("labkit.doctor.programs.list_packages", lambda: (places,))
    assert find_missing_program("/nowhere/plugin") is None
    assert find_missing_program("/nowhere/other") is not None


def test_limits_and_what_they_are_enough_for(tmp_path: Path) -> None:
    write(tmp_path / "proc/sys/net/ipv4/neigh/default/gc_thresh3", "1024\n")
    write(tmp_path / "proc/sys/user/max_user_namespaces", "7\n")
    write(tmp_path / "proc/self/cgroup", "0::/user.slice\n")
    write(tmp_path / "sys/fs/cgroup/user.slice/pids.max", "max\n")
    found = {limit.name: (limit.value, limit.enough_for) for limit in list_limits(tmp_path)}
    assert found["net.ipv4.neigh.default.gc_thresh3"][1].startswith("32 nodes")
    assert found["user.max_user_namespaces"] == (7, "3 labs at once, of one user")
    assert found["processes (pids.max)"][0] == -1
    assert "kernel.pid_max" not in found


@pytest.mark.parametrize(("value", "nodes"), [(1, 1), (2, 2), (1024, 32), (2450, 50), (2449, 49)])
def test_neighbours_of_a_lan(tmp_path: Path, value: int, nodes: int) -> None:
    """n nodes that all talk have n(n - 1) entries."""
    write(tmp_path / "proc/sys/net/ipv4/neigh/default/gc_thresh3", str(value))
    assert list_limits(tmp_path)[0].enough_for.startswith(f"{nodes} nodes ")
