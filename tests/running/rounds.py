"""How often what is drawn by chance is done: twice, so that it is seen to work, or as often as is asked."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=2, metavar="N", help="rounds of tests/cluster/test_kills.py (2)")
    parser.addoption(
        "--clusters",
        type=int,
        default=15,
        metavar="N",
        help="clusters of tests/agents/calico/test_policy_kernel.py (15)",
    )
    parser.addoption("--seed", type=int, default=1, metavar="N", help="which ones are drawn there (1)")
    parser.addoption(
        "--every-fault",
        action="store_true",
        help="tests/labs/test_faults.py: in a cluster's labs, too, every fault in every right network",
    )
