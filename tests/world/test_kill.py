"""kill -9 of a world's PID 1, of its client, of both, at random moments: nothing remains."""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import WorldError
from labkit.world import MachineSpec, World
from tests.waiting import wait_until
from tests.worlds import Held, find_commands, read_namespaces

pytestmark = pytest.mark.world

REPOSITORY = Path(__file__).parents[2]
ROUNDS = 50
BOUND = 40.0  # seconds for a quarter of them
# a client that is always in the middle of something; the mark is how its processes are known
BUSY = """
import sys, itertools, threading
from labkit.world import World, MachineSpec
name, mark = sys.argv[1:]
world = World.start(name, hidden=True)
print("up", world.pid, flush=True)
world.add_machines([MachineSpec("worker1", "node"), MachineSpec("web", "pod", "worker1")])
node, web = world.machine("worker1"), world.machine("web")
node.run(f"setsid -f sleep {mark}; (trap '' INT TERM HUP; sleep {mark}; sleep {mark}) & ip link add v0 type veth peer name v1 netns web")
print("busy", flush=True)
threading.Thread(target=lambda: web.run_streaming(f"yes & sleep {mark}", lambda data: None), daemon=True).start()
for number in itertools.count():
    world.add_machines([MachineSpec(f"p{number}", "pod", "worker1")])
    world.machine(f"p{number}").run(f"ip link add b type bridge; sleep {mark} &")
    if number % 2:
        world.remove_machine(f"p{number}")
"""


def read_command(process: Path) -> str:
    """Empty for what has ended."""
    with contextlib.suppress(OSError):
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


class Client:
    """A busy client, started through a link of its own name, which its launcher and PID 1 carry in their command line."""

    def __init__(self, folder: Path, number: int) -> None:
        self.name = f"kill-{os.getpid()}-{number}"
        self.mark = f"{100000 + os.getpid() % 10000}.{number:03}"
        self.link = folder / f"python-{number}"
        self.link.symlink_to(sys.executable)
        self.process = subprocess.Popen(
            [str(self.link), "-c", BUSY, self.name, self.mark], cwd=REPOSITORY, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PYTHONPATH": f"{REPOSITORY}:{':'.join(sys.path)}", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        self.pid = 0
        self.is_busy = False
        self.held = Held()

    def read(self, seconds: float) -> None:
        """What it says within this time."""
        assert self.process.stdout is not None
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and select.select([self.process.stdout], [], [], left)[0]:
            words = self.process.stdout.readline().split()
            if not words:
                return
            if words[0] == "up":
                self.pid = int(words[1])
            else:
                self.is_busy = True
                for process in find_commands(f"sleep\0{self.mark}"):
                    self.held.hold(process)

    def list_remains(self) -> list[str]:
        found = []
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and (command := read_command(process)):
                own = {inode for _, inode in read_namespaces(process)} & self.held.numbers
                if str(self.link) in command or self.mark in command or own:
                    found.append(f"{process.name} {command}{own}")
        return found + (
            ["its socket"] if f"/{self.name}\n" in Path("/proc/net/unix").read_text(errors="replace") else []
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def wait_gone(client: Client) -> list[str]:
    with contextlib.suppress(AssertionError):
        wait_until(lambda: not client.list_remains())
    found = client.list_remains()
    client.held.close()
    return found


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> float:
    """Seconds until a client is busy, on this machine and now."""
    began = time.monotonic()
    client = Client(tmp_path_factory.mktemp("usual"), 0)
    try:
        while not client.is_busy:
            client.read(1)
            assert client.process.poll() is None
        return time.monotonic() - began
    finally:
        client.kill()


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["client", "PID 1", "both", "PID 1, then client"])
def test_nothing_remains(tmp_path: Path, usual: float, victim: str) -> None:
    chance = random.Random(victim)
    reached: set[str] = set()
    began = time.monotonic()
    for number in range(ROUNDS // 4 + 1):
        if time.monotonic() > began + BOUND and "busy" in reached:
            break  # a slow machine: fewer rounds
        client = Client(tmp_path, number)
        try:
            client.read(usual * chance.choice([chance.uniform(0, 1), chance.uniform(1, 2.5)]))
            reached.add("busy" if client.is_busy else "up" if client.pid else "starting")
            if victim != "client" and client.pid:
                os.kill(client.pid, signal.SIGKILL)
                if victim == "PID 1":
                    said = client.process.communicate(timeout=20)[1]
                    assert "the world is gone" in said
            if victim == "PID 1, then client":
                select.select([], [], [], chance.uniform(0, 0.01))
        finally:
            client.kill()
        assert wait_gone(client) == []
    assert "busy" in reached, "every round was killed too early"


def test_what_remains_would_be_seen(tmp_path: Path) -> None:
    client = Client(tmp_path, 0)
    try:
        while not client.is_busy:
            client.read(1)
            assert client.process.poll() is None
        remains = " ".join(client.list_remains())
        assert len(client.held.numbers) > 5, "the namespaces of what it started could not be read"
        assert "its socket" in remains
        assert f"sleep {client.mark}" in remains
        assert f"{client.pid} {client.link}" in remains
    finally:
        client.kill()
    assert wait_gone(client) == []


def test_killing_pid_1_is_told_to_everybody(start: Callable[..., World]) -> None:
    world = start()
    world.add_machines([MachineSpec("h", "host")])
    other = World.attach(world.name, hidden=True)
    machine = world.machine("h")
    with machine.start_process(["sleep", "99"]) as waiting:
        os.kill(world.pid, signal.SIGKILL)
        with pytest.raises(WorldError, match="the world is gone"):
            waiting.wait(20)
    asks: list[Callable[[], Any]] = [
        world.machines,
        other.machines,
        lambda: world.ask("hello"),
        lambda: machine.run("true"),
    ]
    for ask in asks:
        with pytest.raises(WorldError, match=r"gone|no lab .* is running"):
            ask()
    world.end()
    other.close()


def test_killing_the_launcher_leaves_nothing(tmp_path: Path) -> None:
    """It lives for some hundredths of a second only, so it is looked for at once."""
    for number in range(4):
        client = Client(tmp_path, number)
        try:
            launcher: list[str] = []
            until = time.monotonic() + 20
            while not launcher and time.monotonic() < until and client.process.poll() is None:
                launcher = [row for row in client.list_remains() if "labkit.world.inside.launch" in row]
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(launcher[0].split()[0]), signal.SIGKILL)
        finally:
            client.kill()
        assert wait_gone(client) == []
