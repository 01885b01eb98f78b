"""Worlds for tests, and what remains of one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labkit.world import Machine, MachineSpec, World

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
