"""Starting processes when the kernel does not give any, and ending groups, without a world around them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labkit.world.inside import command, jobs, maker
from labkit.world.inside.command import NewCommand
from labkit.world.inside.jobs import Jobs


def refuse_to_fork() -> int:
    raise BlockingIOError(11, "Resource temporarily unavailable")


def list_descriptors() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


@pytest.fixture
def no_leak() -> Iterator[None]:
    before = list_descriptors()
    yield
    assert list_descriptors() == before


@pytest.mark.usefixtures("no_leak")
def test_no_process_for_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fork", refuse_to_fork)
    with pytest.raises(BlockingIOError):
        command.start_command(SimpleNamespace(), SimpleNamespace(), SimpleNamespace())  # type: ignore[arg-type]


@pytest.mark.usefixtures("no_leak")
@pytest.mark.parametrize(
    "make",
    [
        maker.make_inner,
        lambda: maker.make_machines(SimpleNamespace(), [], None),  # type: ignore[arg-type]
        lambda: maker.remove_name(SimpleNamespace(), SimpleNamespace(), "x"),  # type: ignore[arg-type]
    ],
)
def test_no_process_for_the_maker(monkeypatch: pytest.MonkeyPatch, make: Callable[[], object]) -> None:
    monkeypatch.setattr(os, "fork", refuse_to_fork)
    with pytest.raises(BlockingIOError):
        make()


@pytest.mark.usefixtures("no_leak")
def test_a_maker_that_is_stopped_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a learner's `kill -STOP -1`; whoever waits for it is told after a while."""
    monkeypatch.setattr(maker, "_SECONDS", 0.2)
    with pytest.raises(TimeoutError), maker._start_child(lambda _: os.kill(os.getpid(), signal.SIGSTOP)) as sock:
        maker._receive(sock)


@pytest.mark.usefixtures("no_leak")
def test_a_maker_that_dies_is_told() -> None:
    with (
        pytest.raises(OSError, match="ended early"),
        maker._start_child(lambda _: os.kill(os.getpid(), signal.SIGKILL)) as sock,
    ):
        maker._receive(sock)


@pytest.mark.usefixtures("no_leak")
def test_a_command_that_is_stopped_before_it_starts_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_START_SECONDS", 0.2)
    monkeypatch.setattr(command, "_enter", lambda *_: os.kill(os.getpid(), signal.SIGSTOP))
    stopped = SimpleNamespace(machine=None, judge=False, argv=["true"])
    with pytest.raises(OSError, match="stopped before it could start"):
        command.start_command(stopped, SimpleNamespace(), SimpleNamespace(enter=lambda: None))  # type: ignore[arg-type]


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """Jobs whose commands are plain children of this test."""

    def start(new: Any, *_: object) -> int:
        reader, writer = os.pipe()
        process = os.fork()
        if not process:
            os.setsid()
            os.write(writer, b"x")
            os.execvp("bash", ["bash", "-c", *new.argv])
        os.read(reader, 1)
        os.close(reader)
        os.close(writer)
        return process

    monkeypatch.setattr(jobs, "start_command", start)
    return Jobs(SimpleNamespace(), SimpleNamespace())  # type: ignore[arg-type]


def command_of(script: str) -> NewCommand:
    nowhere: Any = None
    return NewCommand(nowhere, [script], {})


def run_until(running: Jobs, condition: Callable[[], object], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        running.keep_time()
        running.reap()
        signal.sigtimedwait([], 0.01)


def test_each_end_is_told_once(running: Jobs) -> None:
    told: list[tuple[int, float]] = []
    for script in ("exit 3", "kill -9 $$", "true"):
        running.start(command_of(script), 1, lambda *end: told.append(end))
    run_until(running, lambda: len(told) == 3)
    running.reap()
    assert sorted(status for status, _ in told) == [0, 3, 137]


def test_stopping_concerns_one_connection(running: Jobs) -> None:
    told: list[str] = []
    running.start(command_of("sleep 60"), 1, lambda *_: told.append("one"))
    running.start(command_of("sleep 60"), 2, lambda *_: told.append("two"))
    running.stop(1)
    run_until(running, lambda: told)
    assert told == ["one"]
    running.signal(2, signal.SIGKILL)
    run_until(running, lambda: len(told) == 2)


def test_a_stubborn_group_is_killed_after_two_pauses(running: Jobs) -> None:
    told: list[tuple[int, float]] = []
    running.start(command_of("trap '' INT TERM; while :; do sleep 0.05; done"), 1, lambda *end: told.append(end))
    signal.sigtimedwait([], 0.3)
    running.stop(1)
    began = time.monotonic()
    assert running.find_due() is not None
    running.stop(1)  # asked twice, done once
    run_until(running, lambda: told)
    assert told[0][0] == 137
    assert time.monotonic() - began > 0.55
    assert running.find_due() is None


def test_the_rest_of_a_group_is_ended_after_its_leader(running: Jobs) -> None:
    told: list[tuple[int, float]] = []
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    running.start(command_of(f"sleep 60 >&{writer} & sleep 60"), 1, lambda *end: told.append(end))
    os.close(writer)
    signal.sigtimedwait([], 0.3)
    running.stop(1)
    run_until(running, lambda: told and running.find_due() is None)
    os.set_blocking(reader, False)
    assert os.read(reader, 1) == b""  # nobody holds the writing end
    os.close(reader)
