"""A command on a machine: Machine.run and Machine.probe beside nsenter into the very same namespaces."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from labkit.world import MachineSpec, World, run_program
from tests.bench.row import Row

ROUNDS = 100
GOAL = 1.5
ENTER = ("nsenter", "--user", "--net", "--mount", "--uts", "--preserve-credentials")


def measure_commands() -> list[Row]:
    """`true`, with its output collected, by all three in turn."""
    with World.start(f"bench-{os.getpid()}", hidden=True) as world:
        world.add_machines([MachineSpec("h1", "host")])
        machine = world.machine("h1")
        resident = machine.start_process(["sleep", "1000"])
        nsenter = [*ENTER, "--target", str(find_child(world.pid)), "true"]
        sides: list[Callable[[], object]] = [
            lambda: run_program(nsenter), lambda: machine.run(["true"]), lambda: machine.probe(["true"]),
        ]  # fmt: skip
        taken = [[time_call(side) for side in sides] for _ in range(ROUNDS)]
        resident.close()
        world.end()
    peer, run, probe = (sorted(times)[ROUNDS // 2] * 1000 for times in zip(*taken, strict=True))
    return [
        Row("command-nsenter", run, peer, "ms", GOAL, ROUNDS),
        Row("probe-nsenter", probe, peer, "ms", None, ROUNDS),
    ]


def time_call(side: Callable[[], object]) -> float:
    """Seconds."""
    began = time.perf_counter()
    side()
    return time.perf_counter() - began


def find_child(process: int) -> int:
    """The last child of a process, as this namespace numbers it (proc(5), task/children)."""
    return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[-1])
