"""Worlds for tests, and what remains of one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labkit.world import Machine, MachineSpec, World, list_worlds

SPECS = (
    MachineSpec("worker1", "node"),
    MachineSpec("worker2", "node"),
    MachineSpec("web", "pod", "worker1"),
    MachineSpec("api", "pod", "worker2"),
)
Start = Callable[..., World]


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest) -> Iterator[World]:
    """Two nodes with a pod each, shared by a module's tests."""
    name = request.module.__name__.rpartition(".")[2].removeprefix("test_")[:30]
    with World.start(f"{name}-{os.getpid()}", hidden=True) as world:
        world.add_machines(SPECS)
        yield world
        world.end()


@pytest.fixture
def web(lab: World) -> Machine:
    return lab.machine("web")


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Start worlds that end with the test. They have the test's name, and are hidden from `labkit ps` unless asked."""
    worlds: list[World] = []

    def start(suffix: str = "", **options: object) -> World:
        name = f"{request.node.originalname[5:35]}{suffix}-{os.getpid()}"
        worlds.append(World.start(name, **({"hidden": True} | options)))  # type: ignore[arg-type]
        return worlds[-1]

    yield start
    for world in worlds:
        world.end()


@pytest.fixture
def attack() -> str:
    """The text of attack.py, to be run inside."""
    return (Path(__file__).parent / "attack.py").read_text()


@pytest.fixture(scope="module")
def two_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a small lab (tests/data/two-hosts), this module's own: worlds are the user's. It ends with the module."""
    folder = tmp_path_factory.mktemp("labs")
    name = f"90-two-hosts-{os.getpid()}-{folder.name.strip('labs')}"
    shutil.copytree(Path(__file__).parents[1] / "data" / "two-hosts", folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_LABS", str(folder))
        yield name
        if name in list_worlds():
            World.attach(name).end()
