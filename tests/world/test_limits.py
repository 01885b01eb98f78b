"""A learner's flood ends at the limits of the lab: the judge, the host and other labs go on."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labkit.world import Machine, MachineSpec, World, groups
from tests.waiting import wait_until

pytestmark = pytest.mark.world

REPOSITORY = Path(__file__).parents[2]
ROOM = next(groups.find_parents(), None)
GROUPS = ROOM is not None and os.access(ROOM, os.W_OK)
WITH_GROUPS = pytest.mark.skipif(
    not GROUPS, reason="no control group for memory can be made here: run the tests as root"
)
# children that wait until it ends; it says why there are no more of them
FLOOD = """
import os, signal, sys, time
children = []
try:
    while True:
        child = os.fork()
        if not child:
            signal.pause()
        children.append(child)
except OSError as error:
    print(error.errno, len(children), flush=True)
if "stay" in sys.argv:
    signal.pause()
for child in children:
    os.kill(child, signal.SIGKILL)
"""


@pytest.fixture
def host(start: Callable[..., World]) -> Machine:
    (host,) = start().add_machines([MachineSpec("h", "host")])
    return host


# a client that is bounded itself, and keeps the world until its input ends
STARTER = """
import resource, sys
from labkit.world import World, MachineSpec
for kind, value in ((resource.RLIMIT_NPROC, int(sys.argv[2])), (resource.RLIMIT_DATA, int(sys.argv[3]))):
    resource.setrlimit(kind, (value, value))
with World.start(sys.argv[1], hidden=True) as world:
    world.add_machines([MachineSpec("h", "host")])
    print("up", flush=True)
    sys.stdin.read()
    world.end()
"""
FEW = 400


@contextlib.contextmanager
def start_with(name: str, processes: int, data: int) -> Iterator[World]:
    """A world whose starter may have no more itself."""
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, name, str(processes), str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY
    ) as client:  # fmt: skip
        assert client.stdout
        assert client.stdout.readline() == b"up\n"
        with World.attach(name, hidden=True) as world:
            yield world
        client.communicate()


@pytest.mark.alone  # the user's limit counts what other tests run, too
def test_a_fork_bomb_ends_at_the_limit_and_the_judge_goes_on(start: Callable[..., World]) -> None:
    with start_with(f"few-{os.getpid()}", FEW, 1 << 30) as world:
        host = world.machine("h")
        limits, _ = world.ask("limits")
        most = limits["processes"]
        assert (most, limits["data"]) == (FEW - FEW // 8, 1 << 30), (
            "not all that its starter has: the judge needs some, too"
        )
        assert host.run("ulimit -u; ulimit -d").stdout == f"{most}\n{1 << 20}\n"
        with host.start_process(["python3", "-IS", "-c", FLOOD, "stay"]) as flood:
            wait_until(lambda: world.ask("limits")[0]["tasks"] >= most)
            assert host.run(["python3", "-IS", "-c", FLOOD]).stdout == f"{errno.EAGAIN} 0\n"
            assert host.probe(["true"]).status == 0
            assert host.run(["true"]).status == 0, "a command that PID 1 starts: how else would one look?"
            (other,) = start("-other").add_machines([MachineSpec("h", "host")])
            assert other.run("(:)").status == 0
            flood.stop()
            flood.wait(20)


def test_no_way_around_the_limit_of_processes(host: Machine) -> None:
    """As the learner is root of the inner namespace, and can make others."""
    assert host.run("ulimit -u 100000").status != 0
    assert host.run("unshare --user --map-root-user bash -c 'ulimit -u 100000'").status != 0
    code = FLOOD.replace("while True", "while len(children) < 5")
    ran = host.run(
        f"ulimit -u 4; exec unshare --user --map-root-user python3 -IS -c '{code}'"
    )  # the new namespace has as many as its maker may have
    assert ran.stdout.split()[0] == "11"


def test_one_process_has_half_of_the_memory(host: Machine) -> None:
    data = host.world.ask("limits")[0]["data"]
    assert data <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    assert "MemoryError" in host.run(["python3", "-c", f"bytearray({data} + 1)"]).stderr


WATCHERS = "import ctypes; c = ctypes.CDLL(None); print(sum(c.inotify_init() >= 0 for _ in range({})))"


def test_one_lab_has_a_part_of_the_users_inotify_instances(host: Machine) -> None:
    every = int(Path("/proc/sys/fs/inotify/max_user_instances").read_text())
    limit = host.world.ask("limits")[0]["watchers"]
    assert limit == min(every, max(32, every // 4))
    with host.start_process(["python3", "-c", WATCHERS.format(limit + 5) + "; __import__('signal').pause()"]):
        nested = host.run(f"unshare --user --map-root-user python3 -c '{WATCHERS.format(limit + 5)}'")
        assert int(nested.stdout) <= limit
        watching = ctypes.CDLL(None).inotify_init()
        assert watching >= 0, "the host's user has some left"
        os.close(watching)
    assert host.run(["python3", "-c", WATCHERS.format(limit + 5)]).stdout == f"{limit}\n"


def test_a_learner_cannot_raise_what_is_counted(host: Machine) -> None:
    for way in ("", "unshare --user --map-root-user --mount ", "unshare --user --map-root-user --mount --pid --fork "):
        assert host.run(f"{way}bash -c 'echo 9999 >/proc/sys/user/max_inotify_instances'").status != 0


# --- memory, where a control group can be had

EAT = "b = [bytearray(1 << 20) for _ in range(200)]"


@WITH_GROUPS
def test_the_learners_processes_are_in_the_group_and_the_judges_are_not(host: Machine) -> None:
    limits, _ = host.world.ask("limits")
    group = Path(limits["group"])
    with host.start_process(["sleep", "987"]) as inside:
        assert inside.wait(0) is None
        (process,) = (group / groups.MEMBERS).read_text().split()
        assert Path("/proc", process, "cmdline").read_bytes() == b"sleep\0987\0"
    assert str(host.world.pid) not in (group / groups.MEMBERS).read_text().split()
    rows = host.probe(["cat", "/proc/self/cgroup"]).stdout
    assert group.name not in rows
    limit = next(group / name for name in ("memory.max", "memory.limit_in_bytes") if (group / name).exists())
    assert abs(int(limit.read_text()) - limits["memory"]) < 1 << 20


@WITH_GROUPS
@pytest.mark.parametrize("what", [EAT, "open('/dev/shm/labkit-{}', 'wb').write(bytes(200 << 20))"])
def test_a_process_that_takes_more_is_ended_and_counted(what: str) -> None:
    """Files of a tmpfs count, too."""
    made = groups.make_group(64 << 20)
    assert made
    group, members = made
    try:
        assert groups.read_kills(group) == 0
        code = f"import os; os.write({members}, b'0'); {what.format(os.getpid())}"
        ran = subprocess.run([sys.executable, "-c", code], pass_fds=[members], check=False)
        assert ran.returncode == -signal.SIGKILL
        assert groups.read_kills(group) == 1
    finally:
        Path(f"/dev/shm/labkit-{os.getpid()}").unlink(missing_ok=True)
        os.close(members)
        groups.collect_all()
    assert not Path(group).exists()


@WITH_GROUPS
def test_the_group_of_a_killed_world_is_taken_away_and_that_of_a_quiet_one_is_not(start: Callable[..., World]) -> None:
    killed, quiet = start("-killed"), start("-quiet")
    mine, its = (Path(each.ask("limits")[0]["group"]) for each in (killed, quiet))
    os.kill(killed.pid, signal.SIGKILL)
    wait_until(killed.is_gone)
    start("-next")
    assert not mine.exists()
    assert its.exists(), "nobody is in it, but its PID 1 holds it"
    quiet.end()
    assert not its.exists()


# --- which groups may be made, from what the kernel says


@pytest.mark.parametrize(
    ("process", "handed_on", "expected"),
    [
        ("4:memory:/a/b\n0::/\n", {}, ["memory/a/b"]),
        ("4:memory:/\n", {}, ["memory"]),
        ("0::/user.slice/u1/session-3\n", {"user.slice": "cpu memory pids", "user.slice/u1": "pids"}, ["user.slice"]),
        ("0::/a/b\n", {"": "memory", "a": "memory"}, ["a", ""]),
        ("0::/\n", {"": "memory"}, []),
        ("9:name=systemd:/\n8:pids:/x\n", {}, []),
        ("", {}, []),
    ],
)
def test_where_a_group_may_be_made(
    tmp_path: Path, process: str, handed_on: dict[str, str], expected: list[str]
) -> None:
    (tmp_path / "process").write_text(process)
    for folder, controllers in handed_on.items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "cgroup.subtree_control").write_text(controllers)
    found = list(groups.find_parents(str(tmp_path), str(tmp_path / "process")))
    assert found == [f"{tmp_path}/{each}".rstrip("/") for each in expected]
