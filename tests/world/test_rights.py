"""The rights that PID 1, the judge's programs and the learner have over the host: none, as root too."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labkit.errors import UsageError
from labkit.lab.outfit import find_outfit
from labkit.net import Batch
from labkit.world import Machine, MachineSpec, World, run_program
from labkit.world.places import FABRIC

pytestmark = pytest.mark.world

REPOSITORY = Path(__file__).parents[2]
AS_ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root has files of root's to lose: run the tests as root")


@pytest.fixture
def planted() -> Iterator[Callable[[str, int], Path]]:
    """A file of the caller's in a folder that worlds see, with this text and mode."""
    folder = Path(f"/usr/local/share/labkit-test-{os.getpid()}")
    folder.mkdir()
    folder.chmod(0o755)

    def plant(text: str, mode: int) -> Path:
        path = folder / "planted"
        path.write_text(text)
        path.chmod(mode)
        return path

    yield plant
    shutil.rmtree(folder)


# --- files of root's, /sys


@AS_ROOT
def test_nobody_inside_reads_roots_files(web: Machine, planted: Callable[[str, int], Path]) -> None:
    path = planted("secret\n", 0o644)
    assert [each(["cat", str(path)]).stdout for each in (web.run, web.probe)] == ["secret\n"] * 2
    planted("secret\n", 0o600)
    assert [each(["cat", str(path)]).stdout for each in (web.run, web.probe)] == ["", ""]


@AS_ROOT
def test_a_setuid_program_gives_nobody_inside_its_owners_rights(
    web: Machine, planted: Callable[[str, int], Path]
) -> None:
    path = planted("", 0o755)
    shutil.copy("/usr/bin/id", path)
    path.chmod(0o4755)
    assert web.run([str(path), "-u"]).stdout == "0\n"
    assert web.probe([str(path), "-u"]).stdout == "0\n", "root of the host is uid 1 there"


def test_nobody_inside_can_write_to_sys(web: Machine) -> None:
    """But to its own network's part of it."""
    find = ["find", "/sys", "-type", "f", "-writable", "-not", "-path", "*/net/*"]
    for each in (web.run, web.probe):
        assert each(find).stdout.splitlines() == []
    assert "ro" in read_options(web.probe, "/sys")
    assert web.run("ip link add br9 type bridge && echo 5000 > /sys/class/net/br9/bridge/ageing_time").status == 0


def test_the_judge_and_pid_1_have_no_rights_over_files(web: Machine) -> None:
    """capabilities(7): CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, SETGID, SETUID, SETFCAP, MKNOD."""
    for file in ("/proc/self/status", "/proc/1/status"):
        said = dict(
            line.split(":\t") for line in web.probe(["cat", file]).stdout.splitlines() if line.startswith("Cap")
        )
        for kind in ("CapEff", "CapPrm", "CapBnd"):
            held = int(said[kind], 16)
            assert [number for number in (0, 1, 2, 3, 4, 6, 7, 31, 27) if held >> number & 1] == []
            assert held >> 12 & 1, "NET_ADMIN is for the machines' networks"


def read_options(run: Callable[..., object], path: str) -> list[str]:
    """Options of the mount that is seen at this path."""
    rows = [line.split() for line in run(["cat", "/proc/self/mountinfo"]).stdout.splitlines()]  # type: ignore[attr-defined]
    return [row[5].split(",") for row in rows if row[4] == path][-1]


@pytest.mark.parametrize("who", ["run", "probe"])
def test_no_mount_of_the_hosts_gives_rights(web: Machine, who: str) -> None:
    rows = [line.split() for line in getattr(web, who)(["cat", "/proc/self/mountinfo"]).stdout.splitlines()]
    kinds = {row[4]: (row[row.index("-") + 1], row[5].split(",")) for row in rows}
    assert {
        path for path, (_, options) in kinds.items() if "nosuid" not in options and not path.startswith("/dev/")
    } == set()
    assert "ro" in kinds["/usr"][1]
    assert "nodev" in kinds["/usr"][1]


# --- groups


@AS_ROOT
def test_the_starters_groups_stay_outside(planted: Callable[[str, int], Path]) -> None:
    path = planted("for the group\n", 0o640)
    os.chown(path, 0, 4)
    code = """
import sys
from labkit.world import *
with World.start(sys.argv[1], hidden=True) as world:
    (host,) = world.add_machines([MachineSpec("h", "host")])
    for each in (host.run, host.probe):
        print(each(["grep", "^Groups", "/proc/self/status"]).stdout.split(), each(["cat", sys.argv[2]]).stdout)
    world.end()
"""
    ran = subprocess.run(
        ["setpriv", "--groups", "0,4,6", sys.executable, "-c", code, f"groups-{os.getpid()}", str(path)],
        capture_output=True, text=True, check=True, cwd=REPOSITORY,
    )  # fmt: skip
    assert ran.stdout == "['Groups:'] \n" * 2


# --- what lies in folders of the host


@pytest.mark.parametrize("top", ["home", "srv", "mnt", "media"])
def test_folders_of_persons_are_not_shown(web: Machine, top: str) -> None:
    assert web.run(["ls", "-A", f"/{top}"]).stdout == ""
    assert web.probe(["ls", "-A", f"/{top}"]).stdout == ""


def test_sockets_and_pipes_of_the_hosts_are_out_of_reach(web: Machine) -> None:
    """Read-only does not help against them: neither connecting to a socket nor writing to a FIFO changes a file system."""
    folder = Path.home() / f".labkit-test-{os.getpid()}"
    folder.mkdir()
    try:
        os.mkfifo(folder / "fifo", 0o666)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(folder / "sock"))
            (folder / "sock").chmod(0o777)
            listener.listen()
            code = f"import socket; socket.socket(socket.AF_UNIX).connect('{folder}/sock')"
            assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
            for each in (web.run, web.probe):
                assert each(["python3", "-c", code]).status != 0
                assert (
                    each(["python3", "-c", f"import os; os.open('{folder}/fifo', os.O_RDWR | os.O_NONBLOCK)"]).status
                    != 0
                )
                assert not each(["find", "/", "-xdev", "(", "-type", "p", "-o", "-type", "s", ")"]).stdout
    finally:
        shutil.rmtree(folder)


# --- the switches


def test_nothing_runs_among_the_switches(lab: World) -> None:
    with pytest.raises(UsageError, match="the switches are no machine"):
        lab.machine(FABRIC).run("ip link")
    assert "lo" in lab.machine(FABRIC).probe(["ip", "link"]).stdout
    assert "fabric" not in lab.machine("web").run("ip netns; ls /run/netns").stdout


# by the number of the namespace that eth0's other end is in, as rtnetlink has it (IFLA_TARGET_NETNSID)
MOVE = """
import json, os, socket, struct
(eth0,) = json.load(os.popen("ip -j link show eth0"))
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as route:
    link = struct.pack("=BxHiII", 0, 0, socket.if_nametoindex("mine"), 0, 0)
    body = link + struct.pack("=HHi", 8, 46, eth0["link_netnsid"])
    route.send(struct.pack("=IHHII", 16 + len(body), 16, 5, 1, 0) + body)
    print(struct.unpack_from("=i", route.recv(4096), 16)[0])
"""


def move_into_the_switches(world: World) -> str:
    """A learner's link moved to where the other end of a cable is: the errno, negative."""
    (host,) = world.add_machines([MachineSpec("h", "host")])
    batch = Batch(host)
    batch.add_link("eth0", kind="veth", peer="port", peer_machine=world.machine(FABRIC))
    batch.commit()
    return host.run("ip link add mine type veth peer name other && python3 /dev/stdin", stdin=MOVE).stdout


def test_nothing_can_be_moved_among_the_switches(start: Callable[..., World]) -> None:
    world = start()
    assert move_into_the_switches(world) == "-1\n"
    assert "mine" not in world.machine(FABRIC).probe(["ip", "link"]).stdout


def test_mininets_switches_are_open_as_they_have_to_be(start: Callable[..., World]) -> None:
    """It runs as the learner. This shows, too, that the attempt above is right."""
    world = start(outfit=find_outfit(open_switches=True))
    assert world.machine(FABRIC).run("ip -br link").status == 0
    assert move_into_the_switches(world) == "0\n"
    assert "mine" in world.machine(FABRIC).probe(["ip", "link"]).stdout


# --- scheduling, keys

# (call, arguments); {} is the process aimed at
SCHEDULING = {
    "nice": "os.setpriority(os.PRIO_PROCESS, {}, 19)",
    "nice of everybody": "os.setpriority(os.PRIO_USER, 0, 19)",
    "policy": "os.sched_setscheduler({}, os.SCHED_IDLE, os.sched_param(0))",
    "parameters": "os.sched_setparam({}, os.sched_param(0))",
    "processors": "os.sched_setaffinity({}, {{0}})",
    "I/O": "assert not ctypes.CDLL(None).syscall({{'x86_64': 251, 'aarch64': 30}}[os.uname().machine], 1, {}, 3 << 13)",
    "I/O of everybody": "assert not ctypes.CDLL(None).syscall({{'x86_64': 251, 'aarch64': 30}}[os.uname().machine], 3, 0, 3 << 13)",
}


@pytest.mark.parametrize("way", SCHEDULING)
def test_pid_1_is_scheduled_as_ever(lab: World, web: Machine, way: str) -> None:
    try_it = f"import ctypes, os; {SCHEDULING[way]}"
    assert web.run(["python3", "-c", try_it.format(1)]).status != 0
    if "everybody" not in way:
        assert web.run(["python3", "-c", try_it.format("os.getpid()")]).status == 0, "of oneself: allowed"
    assert run_program(["ps", "-o", "ni=,cls=", "-p", str(lab.pid)]).stdout.split() == ["0", "TS"]
    assert len(os.sched_getaffinity(lab.pid)) == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("call", [248, 249, 250] if os.uname().machine == "x86_64" else [217, 218, 219])
def test_keys_are_the_hosts_and_stay_there(web: Machine, call: int) -> None:
    code = f"import ctypes; c = ctypes.CDLL(None, use_errno=True); c.syscall({call}, 0, 0, 0, 0, 0); print(ctypes.get_errno())"
    assert web.run(["python3", "-c", code]).stdout == "38\n"


# --- the work folder


def test_the_work_folder_gives_no_rights(start: Callable[..., World], tmp_path: Path) -> None:
    folder = (Path.home() if os.getuid() else Path("/home")) / f".labkit-test-{os.getpid()}"
    folder.mkdir()
    try:
        world = start(work=folder)
        (host,) = world.add_machines([MachineSpec("h", "host")])
        for path in ("/.labkit/work", str(folder)):
            seen = host.run(["findmnt", "-no", "OPTIONS", "-T", path]).stdout.strip().split(",")
            assert {"nosuid", "nodev"} <= set(seen)
        assert host.run(f"cp /usr/bin/id {folder}/id && chmod 4755 {folder}/id").status != 0
        assert not (folder / "id").exists() or not (folder / "id").stat().st_mode & 0o6000
        assert host.run(f"ln -s {tmp_path} {folder}/out && ls {folder}/out/").status != 0, (
            "a link leads nowhere outside"
        )
    finally:
        shutil.rmtree(folder)


def test_a_folder_that_is_the_work_folder_no_more_ends_the_start(
    start: Callable[..., World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from labkit.world import starter

    (tmp_path / "work").mkdir()
    found = starter.find_work(tmp_path / "work")
    monkeypatch.setattr(starter, "find_work", lambda _: (found[0], found[1], found[2] + 1))
    with pytest.raises(Exception, match="another folder lies there now"):
        start(work=tmp_path / "work")
