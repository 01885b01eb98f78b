"""From what was asked for to a VM that runs, and ends."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labkit.programs import find_programs
from labkit.state import ensure_state_folder
from labkit.timing import LARGEST, find_crowding, read_factor
from labkit.vm.debian import Kernel, Tell, ensure_kernel
from labkit.vm.kvm import may_use_kvm
from labkit.vm.machine import plan_memory, plan_processors, read_memory
from labkit.vm.options import Options
from labkit.vm.plan import SCRATCH, Plan, plan_command
from labkit.vm.run import Guest
from labkit.vm.values import SLOWER, Task, plan_environment, render_values
from labkit.vm.virtme import ensure_virtme

CHECKOUT: Final = Path(__file__).parents[2]


def run_vm(options: Options, tell: Tell) -> int:
    """The command's exit status. Raises UsageError, LabkitError."""
    memory = plan_memory(options.memory, read_memory())
    kernel, virtme = ensure_kernel(tell), ensure_virtme(tell)
    speed = Speed(may_use_kvm(kernel), find_crowding())
    slow = "" if speed.kvm else ", without KVM: it is 10 to 30 times as slow as this machine"
    tell(f"a VM with Debian's kernel {kernel.release}{slow}")
    guest = start(options, Machine(kernel, virtme, memory, speed))
    try:
        return guest.run(tell)
    finally:
        guest.end()


@dataclass(frozen=True)
class Speed:
    """How fast it will be. `crowding`: how many times as long as on an idle machine work takes here now."""

    kvm: bool
    crowding: float

    @property
    def factor(self) -> float:
        """For all waits in it."""
        return min(read_factor() * self.crowding * (1.0 if self.kvm else SLOWER), LARGEST)


@dataclass(frozen=True)
class Machine:
    """What it is made of; `memory` in MB."""

    kernel: Kernel
    virtme: Path
    memory: int
    speed: Speed


def start(options: Options, machine: Machine) -> Guest:
    """A guest that boots."""
    task = plan_task(options, Path.cwd())
    environment = plan_environment(task, machine.speed.factor, os.environ)
    plan = Plan(
        machine.kernel, machine.virtme, CHECKOUT / "vm" / "guest.sh", machine.memory,
        plan_processors(len(os.sched_getaffinity(0)), machine.speed.crowding), machine.speed.kvm,
        scratch=(*SCRATCH, Path(environment["HOME"])), shared=plan_shared(), cached=plan_cached(task, machine.kernel),
    )  # fmt: skip
    return Guest(
        lambda stderr, told: plan_command(plan, stderr, told), render_values(task, environment, plan.cached),
        plan_host_environment(machine.virtme),
    )  # fmt: skip


def plan_task(options: Options, folder: Path) -> Task:
    """A command runs where it was typed, if that is in the checkout."""
    here = folder if folder.is_relative_to(CHECKOUT) else CHECKOUT
    return Task(options.words, here, Path(sys.prefix), options.root)


def plan_shared() -> tuple[Path, ...]:
    """What lasts: the checkout, journals and settings. A folder within another needs no mention."""
    state = ensure_state_folder()
    return (CHECKOUT,) if state.is_relative_to(CHECKOUT) else (CHECKOUT, state)


def plan_cached(task: Task, kernel: Kernel) -> tuple[tuple[str, Path], ...]:
    """What nobody changes meanwhile: programs, the Python environment, Kubernetes' binary of 120 MB."""
    programs = find_programs()
    built = () if programs is None else (("labkit.programs", programs),)
    modules = ("labkit.modules", kernel.folder / "lib" / "modules")
    return (("labkit.usr", Path("/usr")), ("labkit.venv", task.venv), modules, *built)


def plan_host_environment(virtme: Path) -> dict[str, str]:
    """virtme-run's own: its packages, and no other Python's."""
    return {**os.environ, "PYTHONPATH": str(virtme), "LC_ALL": "C.UTF-8"}
