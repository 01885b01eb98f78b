"""What belongs to a lab: tests that take labs in turn, and those with a mark."""

from __future__ import annotations

from collections.abc import Sequence

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--lab", action="append", default=[], metavar="LAB", help="only tests that belong to this lab")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if labs := config.getoption("lab"):
        config.hook.pytest_deselected(items=[item for item in items if not belongs(item, labs)])
        items[:] = [item for item in items if belongs(item, labs)]


def belongs(item: pytest.Item, labs: Sequence[str]) -> bool:
    """A parameter of it names one of them, or its mark `lab` does."""
    named = [name for mark in item.iter_markers("lab") for name in mark.args]
    parameters = (
        [f"{value}" for value in getattr(item, "callspec", None).params.values()] if hasattr(item, "callspec") else []
    )
    return any(lab in text for lab in labs for text in (*named, *parameters))
