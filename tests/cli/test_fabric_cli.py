"""Mininet's own CLI on a network that Mininet built."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Iterator

import pytest

from labkit.errors import UsageError, WorldError
from labkit.fabric import Link, Machine, Port, Switch, Topology, build_mininet, build_netlink, start_cli
from labkit.world import Outfit, Process, World

pytestmark = pytest.mark.world

TOPOLOGY = Topology(
    (Machine("h1", "host"), Machine("h2", "host")),
    (Switch("s1"),),
    (
        Link(Port("h1", "eth0", ("10.0.0.1/24",)), Port("s1", "s1-eth1")),
        Link(Port("h2", "eth0", ("10.0.0.2/24",)), Port("s1", "s1-eth2")),
    ),
)
PROMPT = "mininet> "


@pytest.fixture
def world() -> Iterator[World]:
    world = World.start(f"test-cli-{os.getpid()}", outfit=Outfit(open_switches=True), hidden=True)
    try:
        yield world
    finally:
        world.end()


@pytest.fixture
def mininet(world: World) -> World:
    build_mininet(world, TOPOLOGY)
    return world


@contextlib.contextmanager
def opened(world: World) -> Iterator[Process]:
    process = start_cli(world)
    try:
        yield process
    finally:
        process.close()


def write(process: Process, text: bytes) -> None:
    assert process.master is not None
    os.write(process.master, text)


def read_until(process: Process, wanted: str, said: str = "") -> str:
    until = time.monotonic() + 10
    assert process.master is not None
    while wanted not in said:
        left = until - time.monotonic()
        assert left > 0, f"{wanted!r} did not come, but {said!r}"
        if select.select([process.master], [], [], left)[0]:
            said += os.read(process.master, 4096).decode()
    return said


def ask(process: Process, line: str) -> str:
    write(process, f"{line}\n".encode())
    echo = f"{line}\r\n"
    said = read_until(process, echo)
    return read_until(process, PROMPT, said.rpartition(echo)[2])


def test_it_knows_the_network_and_reaches_it(mininet: World) -> None:
    with opened(mininet) as cli:
        read_until(cli, PROMPT)
        assert "h1 eth0:s1-eth1" in ask(cli, "net")
        assert "<LinuxBridge s1:" in ask(cli, "dump")
        assert "0% dropped (2/2 received)" in ask(cli, "pingall")
        assert ask(cli, "h2 hostname").split() == ["h2", "mininet>"]
        write(cli, b"exit\n")
        ended = cli.wait(5)
    assert ended is not None
    assert ended[0] == 0


def test_it_knows_the_addresses_that_people_give_and_take(mininet: World) -> None:
    mininet.machine("h2").run("ip addr flush dev eth0")
    with opened(mininet) as cli:
        read_until(cli, PROMPT)
        assert "h2: eth0:None" in ask(cli, "dump")
        assert "No packets sent" in ask(cli, "pingall")
        mininet.machine("h2").run("ip addr add 10.0.0.3/24 dev eth0")
        assert "0% dropped (2/2 received)" in ask(cli, "pingall")
        assert "PING 10.0.0.3" in ask(cli, "h1 ping -c 1 h2")


def test_control_c_stops_the_command_not_the_cli(mininet: World) -> None:
    with opened(mininet) as cli:
        read_until(cli, PROMPT)
        write(cli, b"h1 ping h2\n")
        read_until(cli, "icmp_seq=1")
        write(cli, b"\x03")
        read_until(cli, PROMPT)
        assert "s1-eth1" in ask(cli, "net")


def test_a_second_one_begins_when_the_first_hangs_up(mininet: World) -> None:
    with opened(mininet) as first:
        read_until(first, PROMPT)
        write(first, b"h1 ping h2\n")
        read_until(first, "icmp_seq=1")
        second = start_cli(mininet)
        read_until(second, "open elsewhere")
    with contextlib.closing(second):
        read_until(second, PROMPT)
        assert ask(second, "h1 hostname").split() == ["h1", "mininet>"]
        assert "s1-eth2" in ask(second, "net")


def test_a_network_of_the_other_builder_has_none(world: World) -> None:
    build_netlink(world, TOPOLOGY)
    with pytest.raises(UsageError, match="not built by Mininet") as refused:
        start_cli(world)
    assert "--fabric mininet" in refused.value.hint


def test_mininet_s_own_words_come_back_when_it_fails(world: World) -> None:
    silent = Machine("h3", "host")
    build_mininet(world, TOPOLOGY)
    with pytest.raises(WorldError, match="Address already in use"):
        build_mininet(world, Topology((silent,)))


def test_an_interpreter_that_worlds_do_not_see_is_replaced_by_the_system_s(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/root/.pyenv/bin/python3")
    build_mininet(world, TOPOLOGY)
    assert world.machine("h1").probe(["ping", "-c1", "-W1", "10.0.0.2"]).status == 0
