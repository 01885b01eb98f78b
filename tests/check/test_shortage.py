"""Too few processes, too little memory, a full neighbour table: could not be told, never red."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import labkit
from labkit.check import shortage
from labkit.check.engine import Around, run_checks
from labkit.check.record import Record
from labkit.check.register import Check
from labkit.check.shortage import Shortage
from labkit.check.verdict import Status, expect
from labkit.check.view import View
from labkit.errors import WorldError
from labkit.probe.limits import read_overflows
from labkit.world import MachineSpec, World
from tests.waiting import wait_until

ROOM = {"tasks": 10, "processes": 4000, "group": None}
FILES = {
    "proc/loadavg": "1.00 1.00 1.00 2/300 4711\n",
    "proc/sys/kernel/pid_max": "32768\n",
    "proc/sys/kernel/threads-max": "190000\n",
    "proc/meminfo": "MemTotal:  1000000 kB\nMemFree: 10000 kB\nMemAvailable:  500000 kB\n",
}


@pytest.fixture
def find(tmp_path: Path) -> Callable[..., str]:
    """What there is too little of, where the computer says this besides."""

    def find(files: dict[str, str] | None = None, **limits: object) -> str:
        for name, text in (FILES | (files or {})).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        world = SimpleNamespace(ask=lambda _: (ROOM | limits, []))
        return Shortage(cast("Any", world), tmp_path).find()

    return find


def test_where_there_is_room_nothing_is_said(find: Callable[..., str]) -> None:
    assert find() == ""


def test_what_there_is_too_little_of_is_named(find: Callable[..., str]) -> None:
    assert "3900 of the 4000 processes" in find(tasks=3900)
    assert "this computer has 31000 of the 32768" in find({"proc/loadavg": "1 1 1 2/31000 4711\n"})
    assert "this computer has 31000 of the 31001" in find(
        {"proc/loadavg": "1 1 1 2/31000 4711\n", "proc/sys/kernel/threads-max": "31001\n"}
    )
    assert "9 MB of memory left" in find({"proc/meminfo": "MemTotal: 1000000 kB\nMemAvailable: 9999 kB\n"})


def test_processes_that_the_kernel_ended_are_noticed_once_more_of_them_are(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    group = tmp_path / "group"
    group.mkdir()
    (group / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    room = Shortage(cast("Any", SimpleNamespace(ask=lambda _: (ROOM | {"group": str(group)}, []))), tmp_path)
    assert room.find() == ""
    (group / "memory.events").write_text("low 0\noom 3\noom_kill 3\n")
    assert "whose memory was used up" in room.find()


def test_a_world_that_cannot_be_asked_is_short_of_something(tmp_path: Path) -> None:
    answers = iter([(ROOM, [])])

    def ask(_: str) -> object:
        for answer in answers:
            return answer
        raise WorldError("Cannot allocate memory")

    assert Shortage(cast("Any", SimpleNamespace(ask=ask)), tmp_path).find() == "Cannot allocate memory"


# --- what becomes of verdicts


class FakeView(View):
    def __init__(self, deadline: float, stop: Any) -> None:
        Record.__init__(self, deadline, stop)


def red(_: View) -> None:
    expect(False, expected="a", observed="b")


def green(_: View) -> None:
    pass


@contextlib.contextmanager
def leave(_: Sequence[str]) -> Iterator[list[str]]:
    left: list[str] = []
    yield left
    left.append("link x on worker1 stayed")


def test_red_means_nothing_while_something_is_short() -> None:
    checks = [
        Check("red", "title", red),
        Check("then", "title", green, after=("red",)),
        Check("green", "title", green),
        Check("act", "title", green, acts=True),
    ]
    outcomes = run_checks(checks, FakeView, within=0.5, around=Around(leave, lambda: "no memory"))
    told = {name: (outcome.status, outcome.observed) for name, outcome in outcomes.items()}
    assert told["red"] == (Status.CANNOT_TELL, "no memory")
    assert told["then"][0] is Status.CANNOT_TELL
    assert told["green"][0] is Status.PASSED
    assert told["act"] == (Status.CANNOT_TELL, "no memory")
    assert outcomes["red"].share == 0
    outcomes = run_checks(checks, FakeView, within=0.5, around=Around(leave))
    assert [outcomes[name].status for name in ("red", "act")] == [Status.FAILED] * 2


# --- in a real lab


@pytest.fixture
def lab(two_hosts: Path) -> Iterator[labkit.LiveLab]:
    with labkit.start(two_hosts.name) as started:
        yield started
        started.world.end()


@pytest.mark.world
def test_a_lab_full_of_processes_could_not_be_told(lab: labkit.LiveLab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lab.check().exit_status == 1
    with lab.machine("left").start_process(["bash", "-c", "for i in 1 2 3 4 5 6 7 8; do sleep 99 & done; wait"]):
        wait_until(lambda: lab.world.ask("limits")[0]["tasks"] > 8)
        monkeypatch.setattr(shortage, "FULL", 0.001)
        report = lab.check()
    assert report.exit_status == 3
    assert "of the" in report.verdicts[0].observed


@pytest.mark.world
@pytest.mark.user
@pytest.mark.alone
def test_a_neighbour_that_floods_the_kernels_neighbour_table_makes_nothing_red(
    lab: labkit.LiveLab, start: Callable[..., World]
) -> None:
    """gc_thresh3 is 1,024, for all namespaces of the computer."""
    lab.solve()
    (flooder,) = start().add_machines([MachineSpec("h", "host")])
    rows = "".join(
        f"neigh replace 10.77.{i // 250}.{i % 250 + 1} lladdr 02:00:00:00:{i // 250:02x}:{i % 250:02x} nud reachable dev v0\n"
        for i in range(1500)
    )
    flooder.run("ip link add v0 up type veth peer name v1; ip link set v1 up; cat >/root/rows", stdin=rows)
    loop = ["bash", "-c", "while :; do ip -force -batch /root/rows 2>/dev/null; done"]
    with flooder.start_process(loop) as flood:
        before = read_overflows()
        wait_until(lambda: read_overflows() > before)
        for name in ("left", "right"):
            lab.machine(name).run("ip neigh flush all")
        reports = [lab.check() for _ in range(3)]
        flood.stop()
    assert [report.list_ids(Status.FAILED) for report in reports] == [[]] * 3
    assert any(report.exit_status == 3 for report in reports), "the flood met it, so this proves something"
    cast("World", flooder.world).end()
    lab.machine("left").run("ip neigh flush all")
    assert wait_until(lambda: lab.check().exit_status == 0)
