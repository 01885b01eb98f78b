"""Time-outs as long as the machine needs: by its speed as told, and by how busy it is as measured."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from labkit import timing

HOGS = 3


@pytest.fixture
def shared_processor() -> Iterator[None]:
    """This process and three that never rest, on one processor."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    hogs = [subprocess.Popen([sys.executable, "-ISc", "while True: pass"]) for _ in range(HOGS)]
    yield
    for hog in hogs:
        hog.kill()
        hog.wait()
    os.sched_setaffinity(0, before)


@pytest.mark.usefixtures("shared_processor")
def test_what_others_take_is_seen() -> None:
    assert max(timing.measure_crowding() for _ in range(20)) > 2


@pytest.mark.parametrize(("measured", "factor"), [(1.0, 1.0), (1.4, 1.0), (3.0, 3.0), (99.0, 4.0)])
def test_a_crowd_makes_time_outs_longer(monkeypatch: pytest.MonkeyPatch, measured: float, factor: float) -> None:
    monkeypatch.setattr(timing, "_measured", (0.0, float("-inf")))
    monkeypatch.setattr(timing, "measure_crowding", lambda: measured)
    monkeypatch.setenv("LABKIT_TIMEOUT_SCALE", "2")
    assert timing.scale(5) == 5 * 2 * factor


def test_a_measurement_holds_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_measured", (0.0, float("-inf")))
    tried: list[float] = []
    monkeypatch.setattr(timing, "measure_crowding", lambda: tried.append(1.0) or 4.0)
    assert [timing.find_crowding() for _ in range(5)] == [4.0] * 5
    assert len(tried) == 1
