"""Names of sockets are bytes that anybody may take: one's own worlds are listed, whatever others call theirs."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labkit.errors import UsageError, WorldError
from labkit.world import World, list_worlds
from labkit.world.connection import plan_address, plan_prefix
from tests.waiting import wait_until

pytestmark = pytest.mark.world

REPOSITORY = Path(__file__).parents[2]
STRANGER = 65533  # a uid nobody has
PREFIX = b"PREFIX"  # stands for what the names of worlds begin with
HOLD = """
import socket, sys
names = [bytes.fromhex(word) for word in sys.argv[2:]]
socks = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in names]
for sock, name in zip(socks, names):
    sock.bind(b"\\0" + name)
    if sys.argv[1] == "listen":
        sock.listen()
print("up", flush=True)
sys.stdin.read()
"""
ODD = {
    "no UTF-8": [b"\xff\xfe", PREFIX + b"\xff\xfe", b"\x80" * 100],
    "control characters": [PREFIX + b"03\x1b[31m", PREFIX + b"a\rb", PREFIX + b"\x07"],
    "newlines": [PREFIX + b"x\n0: 1 0 1 5 1 1 @" + PREFIX + b"y"],
    "NULs": [PREFIX + b"a\0b", b"\0" * 20],
    "blanks": [PREFIX + b"a b", PREFIX + b" ", PREFIX],
    "other letters": [PREFIX + "한글".encode(), PREFIX + b"../..", PREFIX + b"x" * 80],
}


@contextlib.contextmanager
def hold(names: list[bytes], *, listen: bool = True, user: int | None = None) -> Iterator[None]:
    """Have another process bind these abstract names."""
    words = [name.replace(PREFIX, plan_prefix()[1:].encode()).hex() for name in names]
    command = [sys.executable, "-c", HOLD, "listen" if listen else "bind", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, user=user, cwd="/") as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"up\n"
        yield
        holder.communicate()


@pytest.mark.parametrize("kind", ODD)
def test_odd_names_are_passed_over(start: Callable[..., World], kind: str) -> None:
    with hold(ODD[kind]):
        assert list_worlds() == []
        world = start(hidden=False)
        assert list_worlds() == [world.name]
        with World.attach(world.name) as attached:
            assert attached.pid == world.pid


def test_a_name_at_which_nobody_listens_is_no_world() -> None:
    with hold([PREFIX + b"taken"], listen=False):
        assert list_worlds() == []
        with pytest.raises(WorldError, match="belongs to a process that does not answer") as raised:
            World.start("taken")
        assert "LABKIT_REALM" in raised.value.hint


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two people: run the tests as root")
def test_a_name_that_somebody_else_took_is_not_listed_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with hold([PREFIX + b"squat"], user=STRANGER):
        assert list_worlds() == []
        for way in (World.start, World.attach):
            with pytest.raises(WorldError, match=f"the socket of this name belongs to uid {STRANGER}") as raised:
                way("squat")
            assert "LABKIT_REALM" in raised.value.hint
        monkeypatch.setenv("LABKIT_REALM", "beside")
        with World.start("squat") as world:
            assert list_worlds() == ["squat"]
            world.end()


def test_a_name_of_ones_own_is_said_to_run(start: Callable[..., World]) -> None:
    world = start(hidden=False)
    with pytest.raises(UsageError, match=f"lab {world.name} is running already"):
        World.start(world.name)


def test_looking_who_runs_does_not_keep_a_world_alive() -> None:
    name = f"looked-at-{os.getpid()}"
    world = World.start(name, lease=0.7)
    world.keep()
    world.close()
    seen = 0
    while name in list_worlds():
        seen += 1
        assert seen < 100_000
    assert seen > 3
    # sockets that are being closed stay in the kernel's list for a moment
    wait_until(lambda: plan_address(name)[1:] not in Path("/proc/net/unix").read_text(errors="replace"))
