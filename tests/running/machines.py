"""Tests that take minutes in a virtual machine (mark `vm`): only with --vm, as in `./lab test --vm`."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--vm", action="store_true", help="also what takes minutes in a virtual machine")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("vm"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("vm")])
        items[:] = [item for item in items if not item.get_closest_marker("vm")]
