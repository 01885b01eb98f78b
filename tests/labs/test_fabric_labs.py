"""The labs on the fabric that Mininet builds: the reference solution is as right there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labkit import check
from labkit.lab.build import Plan, build_world
from labkit.lab.definition import read_definition
from labkit.lab.entries import Start
from labkit.lab.folders import find_lab, list_labs
from labkit.lab.lab import Lab

pytestmark = pytest.mark.world


@pytest.mark.parametrize("name", list_labs())
def test_solved_on_mininet_is_green(name: str, tmp_path: Path) -> None:
    definition = read_definition(find_lab(name), None)
    plan = Plan(definition, "mininet", tmp_path / "journal", hidden=True, name=f"test-mininet-{os.getpid()}")
    world = build_world(plan, Start())
    try:
        assert world.read_meta()["fabric"] == "mininet"
        lab = Lab(definition, world, hidden=True)
        lab.solve()
        report = check.run(lab)
    finally:
        world.end()
    assert [f"{each.id}: {each.observed}" for each in report.verdicts if each.status != "passed"] == []
    assert report.exit_status == 0
