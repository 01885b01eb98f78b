"""Commands of ours: each is there on every machine, and says what it is for."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.agents import COMMANDS
from labkit.agents.start.programs import render_programs
from labkit.lab.outfit import find_outfit
from labkit.world import MachineSpec, World

AGENTS = Path(__file__).parents[3] / "labkit" / "agents"
FOLDERS = sorted({path.parent for path in AGENTS.glob("*/*.py")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_folder_says_what_is_in_it_in_ten_lines(folder: Path) -> None:
    assert 5 <= len((folder / "README.md").read_text().splitlines()) <= 20


@pytest.mark.parametrize("target", COMMANDS.values())
def test_every_command_names_a_function(target: str) -> None:
    module, _, function = target.partition(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_a_program_is_a_few_lines_that_say_what_they_are() -> None:
    text = render_programs({"toy": "labkit.agents.toy.command:main"})["toy"]
    assert text.startswith("#!/.labkit/python -IS\n# toy: labkit's, standing in for the program of that name\n")
    assert 'run("labkit.agents.toy.command:main", ' in text
    assert len(text.splitlines()) < 10


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World.start("programs", outfit=find_outfit(), hidden=True) as world:
        world.add_machines([MachineSpec("worker1", "node"), MachineSpec("web", "pod", "worker1")])
        yield world
        world.end()


@pytest.mark.world
@pytest.mark.parametrize("name", COMMANDS)
def test_every_machine_has_the_commands_and_nobody_can_change_them(world: World, name: str) -> None:
    for machine in ("worker1", "web"):
        ran = world.machine(machine).run([name, "--help"])
        assert (ran.status, bool(ran.stdout + ran.stderr)) == (0, True), ran.stderr
    assert world.machine("web").run(f"echo forged >/.labkit/bin/{name}").status != 0


@pytest.mark.world
def test_a_command_works_under_another_name_and_in_another_folder(world: World) -> None:
    copied = "cp /.labkit/bin/flannel /opt/cni/bin/mine && CNI_COMMAND=VERSION /opt/cni/bin/mine"
    assert '"supportedVersions"' in world.machine("worker1").run(copied).stdout


@pytest.mark.world
def test_an_exit_status_is_the_commands_own(world: World) -> None:
    assert world.machine("web").run("weave status").status == 1
    assert world.machine("web").run("weave dance").status == 2


@pytest.mark.world
def test_machines_share_a_folder_for_sockets(world: World) -> None:
    assert world.machine("web").run("echo said >/.labkit/run/x").status == 0
    assert world.machine("worker1").run("cat /.labkit/run/x; rm /.labkit/run/x").stdout == "said\n"
