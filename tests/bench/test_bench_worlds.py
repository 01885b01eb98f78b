"""The bench's two sides do build what they time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.commands import measure_commands
from tests.bench.hosts import time_ip_batch, time_mininet, time_ours, write_batches
from tests.bench.labs import measure_lab

pytestmark = [pytest.mark.world, pytest.mark.alone]


def test_every_side_builds_and_tears_down(tmp_path: Path) -> None:
    write_batches(tmp_path, 3)
    for sample in (time_ours(3), time_ip_batch(tmp_path), time_mininet(tmp_path)):
        assert sample.keys() == {"build", "down"}
        assert all(0 < seconds < 60 for seconds in sample.values())


def test_commands_beside_nsenter() -> None:
    rows = {row.name: row for row in measure_commands()}
    assert rows["command-nsenter"].peer > 0
    assert rows["command-nsenter"].goal == 1.5


def test_a_lab_has_four_figures() -> None:
    rows = {row.name: row for row in measure_lab("03-bridge")}
    assert list(rows) == ["start-03-bridge", "down-03-bridge", "check-03-bridge", "idle-03-bridge"]
    assert 1 < rows["idle-03-bridge"].ours < 30
