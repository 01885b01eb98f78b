"""Tests that start a virtual machine: run only when they are asked for (./lab test --vm), for they take minutes without KVM."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--vm", action="store_true", help="also what runs in the virtual machine of ./lab vm")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("vm"):
        asked = [item for item in items if not item.get_closest_marker("vm")]
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("vm")])
        items[:] = asked
