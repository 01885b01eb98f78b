"""How a world begins and ends: names, attaching, owners, leases, other people."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import UsageError, WorldError
from labkit.world import MachineSpec, World, find_realm, list_worlds
from labkit.world.connection import plan_address
from tests.waiting import wait_until

pytestmark = pytest.mark.world

REPOSITORY = Path(__file__).parents[2]
STRANGER = 65533  # a uid nobody has


def wait_gone(name: str, *, hidden: bool = True, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            World.attach(name, hidden=hidden).close()
        except WorldError:
            return
        assert time.monotonic() < until, f"{name} goes on"
        select.select([], [], [], 0.02)


def run_python(code: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    begin = "import sys, os\nfrom labkit.world import *\nfrom labkit.errors import *\n"
    command = [sys.executable, "-c", begin + code, *arguments]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    try:
        return subprocess.Popen(command, cwd=REPOSITORY, text=True, **pipes, **options)
    except PermissionError:
        pytest.skip("other users can't read this checkout: run ./lab test in one outside of closed home folders")


def test_a_name_is_taken_while_its_world_runs(start: Callable[..., World]) -> None:
    world = start()
    with pytest.raises(UsageError, match=f"lab {world.name} is running already"):
        World.start(world.name, hidden=True)
    world.end()
    World.start(world.name, hidden=True).end()


def test_what_the_starter_ignores_or_blocks_stays_outside() -> None:
    """As in `nohup ./lab up`: a terminal that closes must end what runs in it all the same."""
    starter = run_python("""
import signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
with World.start(f"test-signals-{os.getpid()}", hidden=True) as world:
    world.add_machines([MachineSpec("h", "host")])
    print(world.machine("h").run(["grep", "-E", "SigBlk|SigIgn", "/proc/self/status"]).stdout)
    world.end()
""")
    said, trouble = starter.communicate(timeout=60)
    assert said.split() == ["SigBlk:", "0" * 16, "SigIgn:", "0" * 16], trouble


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a b", "x" * 61, "한글", "-x", "a\n"])
def test_what_cannot_be_a_name(name: str) -> None:
    with pytest.raises(UsageError, match="not a lab's name"):
        World.start(name)
    with pytest.raises(UsageError, match="not a lab's name"):
        World.attach(name)


def test_attaching_to_what_does_not_run() -> None:
    with pytest.raises(WorldError, match="no lab nowhere is running") as raised:
        World.attach("nowhere")
    assert raised.value.hint == "labkit start nowhere"


def test_only_worlds_that_are_not_hidden_are_listed(start: Callable[..., World]) -> None:
    seen, unseen = start("-seen", hidden=False), start("-unseen")
    listed = list_worlds()
    assert seen.name in listed
    assert unseen.name not in listed
    seen.end()
    assert seen.name not in list_worlds()


def test_worlds_of_one_name_in_two_realms_never_meet(
    start: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = start(hidden=False)
    monkeypatch.setenv("LABKIT_REALM", "elsewhere")
    assert list_worlds() == []
    theirs = start(hidden=False)
    assert list_worlds() == [theirs.name] == [ours.name]
    with World.attach(theirs.name) as attached:
        assert attached.pid == theirs.pid != ours.pid


def test_another_process_sees_the_same_world(start: Callable[..., World]) -> None:
    world = start()
    world.add_machines([MachineSpec("h", "host")])
    world.write_meta(colour="blue")
    code = "w = World.attach(sys.argv[1], hidden=True); w.machine('h').run('echo hi > /root/x'); print(w.read_meta(), w.pid)"
    said, trouble = run_python(code, world.name).communicate()
    assert said == f"{{'colour': 'blue'}} {world.pid}\n", trouble
    assert world.machine("h").run("cat /root/x").stdout == "hi\n"


def test_a_world_ends_with_its_starter(traces: Callable[[World], Any]) -> None:
    code = "w = World.start(sys.argv[1], hidden=True); w.add_machines([MachineSpec('h', 'host')]); print('up', flush=True); sys.stdin.read()"
    name = f"starter-{os.getpid()}"
    with run_python(code, name) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "up\n"
        with World.attach(name, hidden=True) as world:
            left = traces(world)
        client.kill()
    wait_gone(name)
    assert left.list_remains() == []


def test_a_world_told_to_keep_outlives_its_starter() -> None:
    name = f"keep-{os.getpid()}"
    said, trouble = run_python("w = World.start(sys.argv[1], hidden=True); w.keep(); print('kept')", name).communicate()
    assert said == "kept\n", trouble
    with World.attach(name, hidden=True) as world:
        world.end()
    wait_gone(name)


def test_a_world_ends_with_its_owner() -> None:
    name = f"owner-{os.getpid()}"
    with subprocess.Popen(["sleep", "60"]) as owner:
        with World.start(name, hidden=True, owner=owner.pid) as world:
            world.keep()
        World.attach(name, hidden=True).close()
        owner.kill()
    wait_gone(name)


def test_an_owner_must_run() -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    with pytest.raises(UsageError, match=f"owner {gone.pid}"):
        World.start("nobodys", owner=gone.pid)


def test_the_lease_counts_while_nobody_is_attached() -> None:
    name = f"lease-{os.getpid()}"
    with World.start(name, hidden=True, lease=0.6) as world:
        world.keep()
        select.select([], [], [], 1.0)
        assert world.ask("hello")[0]["name"] == name
    World.attach(name, hidden=True).close()
    until = time.monotonic() + 20
    while plan_address(name, hidden=True)[1:] in Path("/proc/net/unix").read_text(
        errors="replace"
    ):  # looking there is not attaching
        assert time.monotonic() < until
        select.select([], [], [], 0.05)


@pytest.fixture
def world_by_hand(start: Callable[..., World]) -> World:
    world = start()
    world.add_machines([MachineSpec("worker1", "node"), MachineSpec("web", "pod", "worker1")])
    return world


def test_the_end_leaves_nothing(world_by_hand: World, traces: Callable[[World], Any]) -> None:
    web = world_by_hand.machine("web")
    web.run(
        "setsid -f sleep 93; (trap '' INT TERM HUP; sleep 94) & ip link add br0 type bridge; mount -t tmpfs none /mnt"
    )
    left = traces(world_by_hand)
    assert len(left.list_remains()) >= 3
    world_by_hand.end()
    assert left.list_remains() == []


def test_a_world_that_does_not_end_by_itself_is_killed(world_by_hand: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.world.door._END_SECONDS", 0.2)
    monkeypatch.setattr(world_by_hand._connection, "tell", lambda _: None)
    world_by_hand.end()
    wait_gone(world_by_hand.name)


def test_two_labs_never_meet(start: Callable[..., World]) -> None:
    one, two = start("-one"), start("-two")
    for world in (one, two):
        world.add_machines([MachineSpec("h", "host")])
    inside = [
        world.machine("h").run("readlink /proc/self/ns/{pid,net,mnt,ipc,user,uts}").stdout.split()
        for world in (one, two)
    ]
    assert not set(inside[0]) & set(inside[1])
    one.machine("h").run(
        "setsid -f sleep 95; ipcmk -M 100 >/dev/null; touch /tmp/x /dev/shm/x /run/x; python3 -c 'import socket, time; s = socket.socket(1); s.bind(chr(0) + \"x\"); time.sleep(9)' &"
    )
    assert two.machine("h").run("pgrep sleep; ls /tmp /dev/shm /run; ipcs -m | grep 0x; grep @x /proc/net/unix").stdout.split() == [
        "/dev/shm:", "/run:", "netns", "/tmp:",
    ]  # fmt: skip
    assert one.machine("h").run("pgrep sleep").status == 0


def test_the_journal_is_written_by_pid_1(start: Callable[..., World], tmp_path: Path) -> None:
    import json

    world = start(journal=tmp_path / "journal")
    world.add_machines([MachineSpec("h", "host")])
    world.write_journal({"kind": "note", "text": "한"})
    world.machine("h").run("exit 3", journal={"kind": "command"})
    first, second = (json.loads(line) for line in (tmp_path / "journal").read_text().splitlines())
    assert (first["kind"], first["text"]) == ("note", "한")
    assert abs(first["time"] - time.time()) < 60
    assert (second["kind"], second["status"]) == ("command", 3)


def test_what_runs_when_the_world_ends_is_in_the_journal(start: Callable[..., World], tmp_path: Path) -> None:
    import json

    world = start(journal=tmp_path / "journal")
    world.add_machines([MachineSpec("h", "host")])
    with ThreadPoolExecutor() as pool:
        running = pool.submit(world.machine("h").run, "touch /tmp/begun; sleep 95", journal={"kind": "run"})
        wait_until(lambda: world.machine("h").run("ls /tmp").stdout == "begun\n")
        world.end()
        with pytest.raises(WorldError):
            running.result()
    (entry,) = (json.loads(line) for line in (tmp_path / "journal").read_text().splitlines())
    assert (entry["kind"], entry["status"]) == ("run", 137)


def test_whoever_waits_for_a_value_is_told_by_the_socket(start: Callable[..., World]) -> None:
    world = start()
    assert not world.wait_for_meta("ready", 0)
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(world.wait_for_meta, "ready", 20) for _ in range(3)]
        world.write_meta(other=True)
        world.write_meta(ready=False)
        world.write_meta(ready=True)
        assert [each.result() for each in waiting] == [True] * 3
    assert world.wait_for_meta("ready", 0.5), "it is there already"


def test_meta_is_small(start: Callable[..., World]) -> None:
    world = start()
    assert world.write_meta(a=[1, {"b": None}], c="x") == {"a": [1, {"b": None}], "c": "x"}
    assert world.write_meta(c="y")["c"] == "y"
    with pytest.raises(UsageError, match=r"meta: more than|over the limit"):
        world.write_meta(big="x" * 155_000)
    assert world.read_meta() == {"a": [1, {"b": None}], "c": "y"}


# --- other people on the same machine


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two people")
@pytest.mark.parametrize(("ours", "theirs"), [(0, STRANGER), (STRANGER, STRANGER - 1), (STRANGER, 0)])
def test_nobody_else_gets_in(ours: int, theirs: int) -> None:
    """The socket's address is no secret: PID 1 hangs up, and a client does not talk to another's PID 1."""
    name = f"people-{os.getpid()}"
    with run_python(
        "w = World.start(sys.argv[1], hidden=True); print('up', flush=True); sys.stdin.read(); print(w.ask('hello')[0]['name'])",
        name,
        user=ours,
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        address = f"\\0labkit-hidden/{ours}.{find_realm()}/{name}"
        knock = f"import socket\ns = socket.socket(1, 5); s.connect('{address}')\ntry: s.send(b'{{\"op\":\"end\"}}'); print(s.recv(9))\nexcept OSError as e: print(e.strerror)"
        said, _ = run_python(knock, user=theirs).communicate()
        assert said in ("b''\n", "Connection reset by peer\n", "Broken pipe\n")
        said, trouble = run_python("World.attach(sys.argv[1], hidden=True)", name, user=theirs).communicate()
        assert f"no lab {name} is running" in trouble
        assert owner.communicate("done")[0] == f"{name}\n"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two people")
def test_a_squatted_name_is_seen_through() -> None:
    """Somebody else listens at the address of our world: we say whose it is and do not talk to it."""
    name = f"squat-{os.getpid()}"
    squat = "import socket\ns = socket.socket(1, 5); s.bind('\\0labkit/0.' + find_realm() + '/' + sys.argv[1]); s.listen(); print('up', flush=True)\ns.settimeout(20)\nc, _ = s.accept(); print(c.recv(99))"
    with run_python(squat, name, user=STRANGER) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "up\n"
        with pytest.raises(WorldError, match=f"belongs to uid {STRANGER}"):
            World.attach(name)
        assert other.communicate()[0] == "b''\n"
