"""A check's own pod may get an address that another pod had: what the node remembers of that one does not count against the learner."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit import check
from labkit.check import Status
from labkit.lab.session import start_hidden_lab
from labkit.net import read_addresses

LAB, CHECK = "06-cni", "chain_is_complete"
pytestmark = [pytest.mark.lab(LAB), pytest.mark.slow]
OLD = "02:00:00:00:de:ad"


def test_an_address_that_somebody_had_before_is_no_reason_for_red(tmp_path: Path) -> None:
    with start_hidden_lab(LAB, "test-stale-neighbour", tmp_path / "journal") as lab:
        lab.solve()
        node = lab.machine("worker1")
        bridge = next(each for each in read_addresses(node) if each.link == "cni0")
        for host in range(2, 30):
            address = bridge.network.network_address + host
            assert node.run(f"ip neigh replace {address} dev cni0 lladdr {OLD} nud stale").status == 0
        report = check.run(lab, CHECK)
        assert report.list_ids(Status.PASSED) == [CHECK], report.verdicts
