"""Commands of ours: first in PATH on every machine, one program for each module of labkit/commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.world import World

MODULES = sorted((Path(__file__).parents[2] / "labkit" / "commands").glob("[a-z]*.py"))


@pytest.mark.parametrize("machine", ["worker1", "web"])
def test_they_are_found_first(lab: World, machine: str) -> None:
    named = lab.machine(machine).run('ls "${PATH%%:*}"').stdout.split()
    assert named == [module.stem.replace("_", "-") for module in MODULES]


def test_nobody_can_change_them(lab: World) -> None:
    assert lab.machine("worker1").run("echo forged > /.labkit/bin/ip").status != 0


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_each_says_how_it_is_used(lab: World, module: Path) -> None:
    ran = lab.machine("worker1").run([module.stem.replace("_", "-"), "--help"])
    assert (ran.status, ran.stderr) == (0, "")
    assert ran.stdout.startswith("usage: ")


def test_their_interpreter_reads_this_package(lab: World) -> None:
    code = "import sys; sys.path.insert(0, '/.labkit/package'); import labkit.errors as e; print(e.__file__)"
    assert lab.machine("web").run(["/.labkit/python", "-IS", "-c", code]).stdout == (
        "/.labkit/package/labkit/errors.py\n"
    )
