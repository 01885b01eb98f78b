"""Lab 03's check plugs a pod of its own into the learner's bridge: the learner's pods must not notice."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from labkit import check
from labkit.lab.session import start_hidden_lab

WATCH = "timeout 3 ip -o monitor link dev cni0"


@pytest.mark.lab("03-bridge")
def test_the_bridge_keeps_its_mac_while_checked(tmp_path: Path) -> None:
    """A bridge takes the lowest MAC of its ports; pods that heard the check's as their gateway's would be cut off after it."""
    with start_hidden_lab("03-bridge", "test-checked-bridge", tmp_path / "journal.jsonl") as lab:
        lab.solve()
        node = lab.machine("worker1")
        for number, pod in enumerate(lab.values[key]["name"] for key in "abc"):
            assert node.run(f"ip link set veth-{pod} address fe:ff:ff:ff:ff:{number:02x}").status == 0
        with ThreadPoolExecutor() as pool:
            watching = pool.submit(node.run, WATCH)
            reports = [check.run(lab) for _ in range(2)]  # a second each: the watch has begun by the second
            heard = re.findall(r"cni0: .*link/ether (\S+)", watching.result().stdout)
    assert set(heard) <= {"fe:ff:ff:ff:ff:00"}
    assert [report.exit_status for report in reports] == [0, 0]
