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
from labkit.vm.machine import expect_programs, plan_memory, plan_processors, read_memory
from labkit.vm.options import Options
from labkit.vm.plan import SCRATCH, Plan, plan_command
from labkit.vm.run import Guest
from labkit.vm.serving import ensure_server
from labkit.vm.values import SLOWER, Task, plan_environment, render_values
from labkit.vm.virtme import ensure_virtme

CHECKOUT: Final = Path(__file__).parents[2]


def run_vm(options: Options, tell: Tell) -> int:
    """The command's exit status. Raises UsageError, LabkitError."""
    expect_programs()
    memory = plan_memory(options.memory, read_memory())
    kernel, virtme = ensure_kernel(tell), ensure_virtme(tell)
    speed = Speed(may_use_kvm(kernel), find_crowding())
    slow = "" if speed.kvm else ", without KVM: it is 10 to 30 times as slow as this machine"
    tell(f"a VM with Debian's kernel {kernel.release}{slow}")
    machine = Machine(kernel, virtme, memory, speed)
    task = plan_task(options, Path.cwd()) if options.words else ensure_server(options, CHECKOUT, tell)
    guest = start(task, machine, shared=plan_shared(options.work))
    try:
        return guest.run(tell)
    except KeyboardInterrupt:
        if not (task.port and guest.console.began):
            raise
        tell("JupyterLab ends; Ctrl-C once more ends the VM at once")
        return guest.stop(tell)
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


def start(task: Task, machine: Machine, *, shared: tuple[Path, ...]) -> Guest:
    """A guest that boots."""
    environment = plan_environment(task, machine.speed.factor, os.environ)
    plan = Plan(
        machine.kernel, machine.virtme, CHECKOUT / "vm" / "guest.sh", machine.memory,
        plan_processors(len(os.sched_getaffinity(0)), machine.speed.crowding), machine.speed.kvm,
        scratch=(*SCRATCH, Path(environment["HOME"])), shared=shared, cached=plan_cached(task, machine.kernel),
        port=task.port,
    )  # fmt: skip
    return Guest(
        lambda stderr, told: plan_command(plan, stderr, told), render_values(task, environment, plan.cached),
        plan_host_environment(machine.virtme), served=bool(task.port),
    )  # fmt: skip


def plan_task(options: Options, folder: Path) -> Task:
    """A command runs where it was typed, if that is in the checkout."""
    here = folder if folder.is_relative_to(CHECKOUT) else CHECKOUT
    return Task(options.words, here, Path(sys.prefix), options.root)


def plan_shared(work: Path) -> tuple[Path, ...]:
    """What lasts: the checkout, journals and settings, the learner's notebooks. A folder within the checkout needs no mention."""
    others = (ensure_state_folder(), work)
    return (CHECKOUT, *(each for each in others if each != Path() and not each.is_relative_to(CHECKOUT)))


def plan_cached(task: Task, kernel: Kernel) -> tuple[tuple[str, Path], ...]:
    """What nobody changes meanwhile: programs, the Python environment, labkit itself, Kubernetes' binary of 120 MB."""
    programs = find_programs()
    built = () if programs is None else (("labkit.programs", programs),)
    modules = ("labkit.modules", kernel.folder / "lib" / "modules")
    code = ("labkit.code", CHECKOUT / "labkit")
    return (("labkit.usr", Path("/usr")), ("labkit.venv", task.venv), code, modules, *built)


def plan_host_environment(virtme: Path) -> dict[str, str]:
    """virtme-run's own: its packages, and no other Python's."""
    return {**os.environ, "PYTHONPATH": str(virtme), "LC_ALL": "C.UTF-8"}
