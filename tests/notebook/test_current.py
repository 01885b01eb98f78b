"""Which lab a notebook belongs to, and mistakes that are found before Python reads a cell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labkit.errors import UsageError
from labkit.lab.lab import Lab
from labkit.notebook.beginners import find_mistake
from labkit.notebook.current import CurrentLab, find_own_lab


def test_an_opened_notebook_says_its_lab(tmp_path: Path) -> None:
    path = tmp_path / "mine.ipynb"
    asked = {"JPY_SESSION_NAME": str(path)}
    assert find_own_lab(asked) is None
    for text, name in (
        ("[1]", None),
        ("{", None),
        (json.dumps({"metadata": {"labkit": {"lab": "03-bridge"}}}), "03-bridge"),
    ):
        path.write_text(text)
        assert find_own_lab(asked) == name
    assert find_own_lab({}) is None


def test_its_own_lab_is_the_only_one_it_works_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.notebook.current.list_worlds", lambda: ["04-gateway-routes"])
    with pytest.raises(UsageError, match="03-bridge is not running") as caught:
        CurrentLab("03-bridge").get()
    assert "%lab start 03-bridge" in caught.value.hint


def test_after_a_failed_start_nobody_else_s_lab_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when submissions are graded one after the other, and the one before has left its lab running."""

    def attach(name: str, *, student: str | None) -> Lab:
        raise UsageError(f"lab {name} is running with student ann, not {student}")

    monkeypatch.setattr("labkit.notebook.current.list_worlds", lambda: ["03-bridge"])
    monkeypatch.setattr("labkit.notebook.current.attach_lab", attach)
    current = CurrentLab("03-bridge")
    current.ask("bob")
    with pytest.raises(UsageError, match="not bob"):
        current.get()


@pytest.mark.parametrize(
    "cell",
    ["ip = 3", "%%on web\nip addr", "print('ip')", "", "import os\nos.listdir()", "ping(3)", "!ip addr", "# ip addr"],
)
def test_python_and_magics_are_left_alone(cell: str) -> None:
    assert find_mistake(cell, {}) is None


def test_a_name_that_python_knows_is_python_s() -> None:
    assert find_mistake("hostname", {"hostname": "web"}) is None
    assert find_mistake("hostname", {}) is not None
    assert find_mistake("ip - br", {}) is not None
