"""What a check may conclude from a probe that the deadline cut short."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from labkit.check import probes as probes_module
from labkit.check.record import OutOfTime, Record
from labkit.check.verdict import Failed
from labkit.check.view import View
from labkit.errors import CannotTell, UsageError
from labkit.lab.journal import State
from labkit.lab.lab import Lab
from labkit.probe import Answer
from labkit.world import Machine, Result

NETWORKS = {"web": 1, "db": 2, "alias": 1}


class FakeMachine(Machine):
    """A machine whose probes answer what is said here."""

    def __init__(self, name: str) -> None:
        self.name, self.kind, self.node, self.network = name, "host", None, NETWORKS[name]
        self.world: Any = None  # nothing here opens sockets

    def probe(self, argv: Any, *, stdin: str = "", timeout: float = 5.0) -> Result:
        if argv[0] == "missing":
            raise CannotTell("missing: no such program")
        return Result(
            self.name, tuple(argv), 0, "x" * 9000 if argv[0] == "flood" else f"{stdin}{timeout > 1}", "", 0.01
        )


def find_machine(name: str) -> FakeMachine:
    if name not in NETWORKS:
        raise UsageError(f"lab x has no machine {name!r}", hint="there are: web, db")
    return FakeMachine(name)


def make_view(seconds: float) -> View:
    world = SimpleNamespace(machines=lambda: [FakeMachine("web"), FakeMachine("db")], machine=find_machine)
    lab = cast("Lab", SimpleNamespace(world=world, values={"x": 1}))
    return View(lab, State(answers={"q": "4"}), time.monotonic() + seconds)


def answer_with(monkeypatch: pytest.MonkeyPatch, *, reached: bool) -> None:
    answer = Answer(reached, None, "detail", 0.1, ("ping", "-c", "1", "10.0.0.1"))
    monkeypatch.setattr(probes_module, "ping", lambda *_, **__: answer)
    monkeypatch.setattr(probes_module, "connect_tcp", lambda *_, **__: answer)
    monkeypatch.setattr(probes_module, "ping_many", lambda shots, **_: [answer] * len(shots))


def test_a_silence_that_the_deadline_cut_short_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, reached=False)
    assert make_view(3).ping("web", "10.0.0.1").reached is False
    for probe in (
        lambda view: view.ping("web", "10.0.0.1"),
        lambda view: view.connect_tcp("web", "10.0.0.1", 80),
        lambda view: view.ping_many([("web", "10.0.0.1")]),
        lambda view: view.ask_arp("web", "10.0.0.1", "eth0"),
        lambda view: view.trace_path("web", "10.0.0.1"),
    ):
        with pytest.raises(OutOfTime):
            probe(make_view(0.3))


def test_an_answer_counts_however_little_time_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, reached=True)
    view = make_view(0.3)
    assert view.ping("web", "10.0.0.1", at="db").reached
    assert (view.evidence[0].machine, view.evidence[0].argv, view.evidence[0].status) == (
        "web",
        ("ping", "-c", "1", "10.0.0.1"),
        0,
    )
    with pytest.raises(OutOfTime):
        make_view(0.1).ping("web", "10.0.0.1")


def test_probes_are_evidence_and_so_is_one_that_could_not_run() -> None:
    view = make_view(3)
    assert view.machine("web").probe(["ip", "a"], stdin="in ").stdout == "in True"
    view.machine("web").probe(["flood"])
    with pytest.raises(CannotTell):
        view.machine("db").probe(["missing"])
    assert [(each.machine, each.argv[0], len(each.stdout), each.status) for each in view.evidence] == [
        ("web", "ip", 7, 0),
        ("web", "flood", 8000, 0),
        ("db", "missing", 24, None),
    ]


def test_a_machine_that_is_not_there_is_red() -> None:
    with pytest.raises(Failed, match="a machine api"):
        make_view(3).machine("api")
    assert [machine.name for machine in make_view(3).machines("host")] == ["web", "db"]
    assert make_view(3).machines("pod") == []


def test_two_machines_that_are_one_namespace_are_red() -> None:
    view = make_view(3)
    view.machine("web")
    view.machine("db")
    with pytest.raises(Failed, match="web and alias are two machines") as raised:
        view.machine("alias")
    assert raised.value.observed == "both names mean the same namespace"
    assert make_view(3).machine("alias").name == "alias"


def test_answers_and_values() -> None:
    view = make_view(3)
    assert (view.answer("q"), view.answer("p"), view.values["x"]) == ("4", None, 1)


def test_time_that_is_left() -> None:
    assert Record(time.monotonic() + 9).limit(5) == 5
    assert 1 < Record(time.monotonic() + 2).limit(5) <= 2
    with pytest.raises(OutOfTime):
        Record(time.monotonic() + 2).limit(5, least=0.5)
