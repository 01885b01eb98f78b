"""Words for failures, paths from answers, and controls."""

from __future__ import annotations

import contextlib
import errno
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from labkit.errors import CannotTell, UsageError
from labkit.net.write import netlink
from labkit.probe import limits
from labkit.probe.icmp import ECHO_REPLY, TIME_EXCEEDED, UNREACHABLE, Packet
from labkit.probe.path import plan_path
from labkit.probe.ping import plan_argv
from labkit.probe.volley import Flight, Shot
from labkit.probe.words import describe_errno, describe_icmp
from labkit.timing import scale

REPOSITORY = Path(__file__).parents[2]
SRC = cast("Any", SimpleNamespace(name="web"))


def make_flight(source: str | None, kind: int = TIME_EXCEEDED, refused: int = 0) -> Flight:
    answer = Packet(source, "10.0.0.1", kind, 0, 0, b"") if source else None
    return Flight(Shot(SRC, "10.0.2.2"), answer=answer, refused=refused)


def test_a_path_ends_at_the_address() -> None:
    answered = [make_flight("10.0.0.1"), make_flight("10.0.2.2", ECHO_REPLY), make_flight("10.0.2.2", ECHO_REPLY)]
    assert plan_path(answered) == ["10.0.0.1", "10.0.2.2"]


def test_a_silent_router_leaves_a_gap() -> None:
    assert plan_path([make_flight(None), make_flight("10.0.2.2", ECHO_REPLY)]) == [None, "10.0.2.2"]


def test_a_path_that_gets_lost_ends_with_one_gap() -> None:
    assert plan_path([make_flight("10.0.0.1"), make_flight(None), make_flight(None)]) == ["10.0.0.1", None]


def test_a_path_ends_where_somebody_says_unreachable() -> None:
    assert plan_path([make_flight("10.0.0.1", UNREACHABLE), make_flight("10.0.0.1", UNREACHABLE)]) == ["10.0.0.1"]


def test_no_route_is_an_empty_path() -> None:
    assert plan_path([make_flight(None, refused=errno.ENETUNREACH)]) == []


def test_failures_have_words_and_their_symbol() -> None:
    assert describe_errno(errno.ENETUNREACH) == "no route to it (ENETUNREACH)"
    assert describe_errno(errno.EXDEV) == "Invalid cross-device link (EXDEV)"
    assert describe_icmp(UNREACHABLE, 1, "10.0.0.1") == "host unreachable, says 10.0.0.1"
    assert (
        describe_icmp(UNREACHABLE, 4, "10.0.0.1", 1400) == "too large for the next link, says 10.0.0.1: its MTU is 1400"
    )
    assert describe_icmp(TIME_EXCEEDED, 0, "10.0.0.1") == "TTL ran out at 10.0.0.1"


def test_the_command_is_what_a_person_would_type() -> None:
    assert " ".join(plan_argv(Shot(SRC, "10.0.2.2"))) == "ping -c 1 -W 1 10.0.2.2"
    shot = Shot(SRC, "10.0.2.2", size=1472, dont_fragment=True, ttl=3)
    assert " ".join(plan_argv(shot)) == "ping -c 1 -W 1 -s 1472 -M do -t 3 10.0.2.2"


def test_waits_scale_with_the_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.timing.find_crowding", lambda: 1.0)
    monkeypatch.delenv("LABKIT_TIMEOUT_SCALE", raising=False)
    assert scale(1.5) == 1.5
    monkeypatch.setenv("LABKIT_TIMEOUT_SCALE", "4")
    assert scale(1.5) == 6.0
    monkeypatch.setenv("LABKIT_TIMEOUT_SCALE", "slow")
    with pytest.raises(UsageError, match="LABKIT_TIMEOUT_SCALE is 'slow'"):
        scale(1.5)


def test_silence_while_the_neighbour_table_was_full_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "read_overflows", lambda: 11)
    limits.require_room(11)
    with pytest.raises(CannotTell, match="silence proves nothing"):
        limits.require_room(10)


def test_overflows_are_the_last_of_a_tables_counts() -> None:
    head = limits._HEAD.pack(2, 0)
    name = netlink.text(1, "arp_cache")
    assert limits.parse_overflows(head + name + netlink.attribute(7, struct.pack("=11Q", *range(11)))) == 10
    assert limits.parse_overflows(head + name + netlink.attribute(7, struct.pack("=10Q", *range(10)))) == 0
    assert limits.parse_overflows(head + name + netlink.attribute(6, bytes(180))) == 0


READ = "from labkit.probe.limits import read_overflows; print(read_overflows())"


@pytest.mark.world
def test_overflows_are_counted_in_a_further_network_namespace_too() -> None:
    """There /proc/net/stat/arp_cache is missing, as in a container: a neighbour's flood made a right lab red."""
    own = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-c"]
    gone = "import pathlib; assert not pathlib.Path('/proc/net/stat/arp_cache').exists(); "
    before = limits.read_overflows()
    ran = subprocess.run([*own, gone + READ], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert before <= int(ran.stdout) <= limits.read_overflows()
    with contextlib.suppress(FileNotFoundError):  # in a container itself
        _, *rows = Path("/proc/net/stat/arp_cache").read_text().splitlines()
        assert sum(int(row.split()[-1], 16) for row in rows) >= before
