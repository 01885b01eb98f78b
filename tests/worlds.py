"""Worlds for tests, what is typed in one, and what remains of one."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labkit.lab.lab import Lab
from labkit.lab.outfit import find_outfit
from labkit.lab.session import start_hidden_lab
from labkit.world import Machine, MachineSpec, World, list_worlds
from labkit.world.values import Command
from tests.waiting import wait_until

SPECS = (
    MachineSpec("worker1", "node"),
    MachineSpec("worker2", "node"),
    MachineSpec("web", "pod", "worker1"),
    MachineSpec("api", "pod", "worker2"),
)
Start = Callable[..., World]
KINDS = ("pid", "net", "mnt", "uts", "ipc", "user")


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest) -> Iterator[World]:
    """Two nodes with a pod each, shared by a module's tests."""
    name = request.module.__name__.rpartition(".")[2].removeprefix("test_")[:30]
    with World.start(f"{name}-{os.getpid()}", outfit=find_outfit(), hidden=True) as world:
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
        worlds.append(World.start(name, **({"hidden": True, "outfit": find_outfit()} | options)))  # type: ignore[arg-type]
        return worlds[-1]

    yield start
    for world in worlds:
        world.end()


def run_well(machine: Machine, command: Command, **options: Any) -> str:
    """A command that has to succeed; what it says."""
    ran = machine.run(command, **options)
    assert ran.status == 0, ran
    return ran.stdout


def type_on(lab: Lab | World, machine: str, line: str) -> str:
    """The same by the machine's name."""
    return run_well(lab.machine(machine), line)


@contextlib.contextmanager
def start_cluster(folder: Path, name: str, cluster: str) -> Iterator[Lab]:
    """The cluster of tests/data with these lines in its table `[cluster]`, as the hidden lab `name` (`92-…`) in `folder`."""
    shutil.copytree(Path(__file__).parent / "data" / "cluster", folder / name)
    toml = folder / name / "lab.toml"
    toml.write_text(toml.read_text().replace("[cluster]", f"[cluster]\n{cluster}"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_LABS", str(folder))
        with start_hidden_lab(name, f"{name[3:]}-{os.getpid()}", folder / "journal") as lab:
            yield lab


@dataclass(frozen=True)
class Traces:
    """What exists of a world while it runs, by which its remains would be known."""

    name: str
    namespaces: frozenset[int]

    def list_remains(self) -> list[str]:
        """Processes in one of its namespaces, its socket's name, mounts and interfaces that mention it."""
        found = [f"process {process}: {kinds}" for process, kinds in self._list_processes()]
        if f"/{self.name}" in Path("/proc/net/unix").read_text(errors="replace"):
            found.append("its socket")
        if ".labkit" in Path("/proc/self/mountinfo").read_text():
            found.append("a mount")
        return found

    def _list_processes(self) -> Iterator[tuple[str, list[str]]]:
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and not is_zombie(process):
                kinds = [kind for kind, inode in read_namespaces(process) if inode in self.namespaces]
                if kinds:
                    yield process.name, kinds


def is_zombie(process: Path) -> bool:
    """Dead, and waiting for the host's init to take notice."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def read_namespaces(process: Path) -> Iterator[tuple[str, int]]:
    """(kind, inode); nothing of a process that ends meanwhile or is closed to us."""
    for kind in KINDS:
        with contextlib.suppress(OSError):
            yield kind, (process / "ns" / kind).stat().st_ino


class Held:
    """Namespaces held open: the kernel gives the number of one that is gone to the next, which may be another test's world's."""

    def __init__(self) -> None:
        self.numbers: set[int] = set()
        self._stack = contextlib.ExitStack()
        self._here = {inode for _, inode in read_namespaces(Path("/proc/self"))}

    def hold(self, process: Path) -> None:
        """Those of a process, besides the host's."""
        for kind in KINDS:
            with contextlib.suppress(OSError):
                descriptor = os.open(process / "ns" / kind, os.O_RDONLY | os.O_CLOEXEC)
                self._stack.callback(os.close, descriptor)
                self.numbers |= {os.fstat(descriptor).st_ino} - self._here

    def close(self) -> None:
        self._stack.close()


def find_commands(mark: str) -> list[Path]:
    """Processes of this machine with the mark in their command line."""
    found = []
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdigit() and mark.encode() in (process / "cmdline").read_bytes():
                found.append(process)
    return found


def read_traces(world: World, held: Held) -> Traces:
    """The namespaces of each machine, as its commands have them, besides the host's."""
    for number, machine in enumerate(world.machines()):
        mark = f"{100000 + os.getpid()}.{number:03}"
        with machine.start_process(["sleep", mark]):
            for process in wait_until(lambda mark=mark: find_commands(f"sleep\0{mark}")):
                held.hold(process)
    return Traces(world.name, frozenset(held.numbers))


@pytest.fixture
def traces() -> Iterator[Callable[[World], Traces]]:
    held = Held()
    yield lambda world: read_traces(world, held)
    held.close()


@pytest.fixture
def attack() -> str:
    """The text of attack.py, to be run inside."""
    return (Path(__file__).parent / "world" / "attack.py").read_text()


@pytest.fixture(scope="module")
def two_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a small lab (tests/data/two-hosts), this module's own: worlds are the user's. It ends with the module."""
    folder = tmp_path_factory.mktemp("labs")
    name = f"90-two-hosts-{os.getpid()}-{folder.name.strip('labs')}"
    shutil.copytree(Path(__file__).parent / "data" / "two-hosts", folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_LABS", str(folder))
        yield name
        if name in list_worlds():
            World.attach(name).end()
