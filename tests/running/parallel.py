"""How tests are shared out among workers (pytest -n): by file, what takes longest first."""

from __future__ import annotations

import re
from typing import Any

import pytest

# Begun first, in this order; what is not here comes after it, shortest files last.
LONG = (
    "tests/labs/test_proof",
    "tests/browser",
    "tests/notebooks",
    "tests/labs",
    "tests/world/test_kill",
    "tests/cni",
    "tests/agents",
    "tests/cli",
)
# Files whose parameters are worlds of their own, so that several workers can share one.
SHARED_OUT = re.compile(
    r"tests/(notebooks|labs/test_(students|faults|fabric_labs|flannel_backends))|tests/world/test_kill"
)

PROOFS = "tests/labs/test_proof.py"  # in two pieces: one would take longer than everything else, more would fill the processors


def plan_unit(name: str) -> str:
    """What goes to one worker in one piece: a file, or one lab of a file that takes labs in turn."""
    path, _, test = name.partition("::")
    parameter = re.search(r"\[.*", test)
    if path == PROOFS and (lab := re.search(r"\[[0-9]([0-9])-", test)):
        return f"{path}[{'odd' if int(lab[1]) % 2 else 'even'}]"
    return f"{path}{parameter[0] if parameter else ''}" if SHARED_OUT.match(path) else path


def plan_place(name: str) -> int:
    """How late a test begins."""
    return next((at for at, beginning in enumerate(LONG) if name.startswith(beginning)), len(LONG))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: plan_place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    from xdist.scheduler import LoadScopeScheduling

    class ByUnit(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return plan_unit(nodeid)

    config.option.loadscopereorder = False
    return ByUnit(config, log)
