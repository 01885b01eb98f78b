"""What machines have beside the system's files is told when a world is started; the world itself knows no such name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.agents import COMMANDS
from labkit.lab import outfit as module
from labkit.lab.outfit import OWN, find_outfit
from labkit.world import Machine, MachineSpec, Outfit, World
from labkit.world.inside.skeleton import FOLDERS, plan_skeleton

pytestmark = pytest.mark.world

OTHER = Outfit(
    programs={"greet": "#!/bin/sh\necho hello from $0\n"},
    own=("etc/other/deep/er", "etc/other/x", "opt/tool/bin", "var/lib/other"),
    node_links={"opt/tool/bin/env": "/usr/bin/env"},
)


@pytest.fixture
def made(start: Callable[..., World]) -> tuple[Machine, Machine]:
    """A node and a pod of a world with that outfit."""
    world = start(outfit=OTHER)
    node, pod = world.add_machines([MachineSpec("worker1", "node"), MachineSpec("web", "pod", "worker1")])
    return node, pod


def test_each_machine_has_them_for_itself(made: tuple[Machine, Machine]) -> None:
    for machine in made:
        assert machine.run("greet").stdout == "hello from /.labkit/bin/greet\n"
        assert machine.run("ls /etc/other /etc/other/deep /var/lib").stdout.split() == [
            "/etc/other:", "deep", "x", "/etc/other/deep:", "er", "/var/lib:", "other",
        ]  # fmt: skip
        assert machine.run("ls /opt/tool/bin; echo mine > /etc/other/deep/er/file; ls /etc/cni").status != 0
    node, pod = made
    assert node.run("/opt/tool/bin/env echo linked; rm /etc/other/deep/er/file").stdout == "linked\n"
    assert pod.run("ls /opt/tool/bin; cat /etc/other/deep/er/file").stdout == "mine\n"
    assert not Path("/etc/other").exists()


def test_without_an_outfit_there_are_none(start: Callable[..., World]) -> None:
    (node,) = start(outfit=None).add_machines([MachineSpec("worker1", "node")])
    assert node.run("ls /.labkit/bin /var/lib /var/log").stdout.split() == ["/.labkit/bin:", "/var/lib:", "/var/log:"]
    assert node.run("touch /opt/cni").status != 0


def test_folders_come_after_their_parents() -> None:
    folders = plan_skeleton(dataclasses.asdict(OTHER), None).folders
    assert folders[: len(FOLDERS)] == FOLDERS
    assert folders[len(FOLDERS) :] == (
        "etc/other", "etc/other/deep", "etc/other/deep/er", "etc/other/x", "opt/tool", "opt/tool/bin", "var/lib/other",
    )  # fmt: skip


def test_labs_have_our_commands_their_folders_and_the_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bridge", "flannel", "portmap"):
        (tmp_path / name).touch()
    monkeypatch.setattr(module, "PLUGINS", (tmp_path, Path("/nowhere")))
    found = find_outfit()
    assert found.programs.keys() == {*COMMANDS, "sudo", "labkit"}
    assert found.own == OWN
    assert found.node_links == {f"opt/cni/bin/{name}": f"{tmp_path}/{name}" for name in ("bridge", "portmap")}


def test_nobody_can_change_them(lab: World) -> None:
    assert lab.machine("worker1").run("echo forged > /.labkit/bin/ip").status != 0


def test_their_interpreter_reads_this_package(lab: World) -> None:
    code = "import sys; sys.path.insert(0, '/.labkit/package'); import labkit.errors as e; print(e.__file__)"
    assert lab.machine("web").run(["/.labkit/python", "-IS", "-c", code]).stdout == (
        "/.labkit/package/labkit/errors.py\n"
    )


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("sudo id -un", "root\n"),
        ("sudo -u root -E -- ip -br link show lo | cut -d' ' -f1", "lo\n"),
        ("sudo GREETING=hello sh -c 'echo $GREETING'", "hello\n"),
        ("echo 'echo $PWD' | (cd /tmp && sudo -s)", "/tmp\n"),
        ("sudo -i echo one two", "one two\n"),
        ("sudo -n true && sudo -v && echo yes", "yes\n"),
        ("sudo nothing-such 2>&1; echo $?", "sudo: nothing-such: command not found\n1\n"),
        ("echo 7 | sudo tee /tmp/seven; sudo rm /tmp/seven", "7\n"),
    ],
)
def test_sudo_runs_its_words(lab: World, script: str, said: str) -> None:
    assert lab.machine("worker1").run(script).stdout == said


def test_places_that_tutorials_write_to_are_each_machine_s_own(lab: World) -> None:
    """Policy routing by a table's name, `ip netns exec` with files of its own, sysctl.d, dnsmasq's leases."""
    written = lab.machine("worker1").run(
        "ip netns add own; mkdir -p /etc/netns/own; echo nameserver 10.9.9.9 >/etc/netns/own/resolv.conf\n"
        "ip netns exec own cat /etc/resolv.conf; ip netns del own\n"
        "echo '100 mine' >>/etc/iproute2/rt_tables; ip rule add from 10.1.1.1 lookup mine; ip rule | grep -o 'lookup mine'; ip rule del from 10.1.1.1\n"
        "echo 'net.ipv4.ip_forward = 1' >/etc/sysctl.d/10-x.conf; sysctl -p /etc/sysctl.d/10-x.conf; sysctl -qw net.ipv4.ip_forward=0\n"
        "touch /var/lib/misc/dnsmasq.leases && echo kept; sed -i /mine/d /etc/iproute2/rt_tables"
    )
    assert (written.status, written.stderr) == (0, "")
    assert written.stdout.splitlines() == ["nameserver 10.9.9.9", "lookup mine", "net.ipv4.ip_forward = 1", "kept"]
    other = lab.machine("worker2").run(
        "ls /etc/netns /etc/sysctl.d /var/lib/misc; ip route show table main; cat /etc/resolv.conf"
    )
    assert "x.conf" not in other.stdout
    assert "no name server" in other.stdout
    assert other.status == 0


def test_labkit_typed_on_a_machine_says_where_it_is_typed(lab: World) -> None:
    ran = lab.machine("worker1").run("labkit check")
    assert ran.status == 127
    assert "machine worker1: labkit is typed outside" in ran.stderr
