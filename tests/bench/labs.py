"""Each lab: how long it takes to start, to check when solved, and to end, and what it needs of memory when idle.

Timed in this process, as a notebook's kernel would; `labkit start` adds the interpreter's own start.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from labkit import check
from labkit.lab.definition import read_definition
from labkit.lab.folders import find_lab
from labkit.lab.session import start_hidden_lab
from tests.bench.row import Row, Sample, measure

RUNS = 3
GOALS = {"start": 1.0, "down": 0.1, "idle": 30.0}
CLUSTER_GOALS = {"start": 5.0, "down": 0.2, "idle": 550.0}  # with a control plane
ALWAYS = ("down", "check")
WITH_AGENTS = "05"  # from here on labs run programs of their own from the start: no goal for start and memory
REST = 30.0  # s after which a cluster's programs keep what they need, and no more what they had while they started
GRACE = 0.5  # s that a check may take beyond its lab's `within`


def measure_lab(name: str) -> list[Row]:
    """Start and tear-down in several runs, the check and the memory once."""
    time_start(name)  # the first start in a process also imports what labs are built with
    timed = measure(lambda: time_start(name), runs=RUNS)
    inside = look_inside(name)
    idle = inside.pop("idle")
    clustered = read_definition(find_lab(name)).cluster is not None
    limits = (CLUSTER_GOALS if clustered else GOALS) | {"check": inside.pop("limit")}

    def give_row(what: str, ours: float, unit: str, runs: int) -> Row:
        goal = limits[what] if what in ALWAYS or name < WITH_AGENTS or clustered else None
        return Row(f"{what}-{name}", ours, limits[what], unit, goal, runs, absolute=True)

    return [
        *(give_row(what, seconds, "s", RUNS) for what, seconds in timed.items()),
        give_row("check", inside["check"], "s", 1),
        give_row("idle", idle, "MB", 1),
    ]


def time_start(name: str) -> Sample:
    """Seconds to start and to end."""
    with tempfile.TemporaryDirectory(prefix="labkit-bench-") as folder:
        began = time.perf_counter()
        with start_hidden_lab(name, f"bench-{os.getpid()}", Path(folder, "journal")):
            started = time.perf_counter()
        return {"start": started - began, "down": time.perf_counter() - started}


def look_inside(name: str) -> dict[str, float]:
    """The memory of a lab that was just started, and the seconds of a check when it is solved."""
    with (
        tempfile.TemporaryDirectory(prefix="labkit-bench-") as folder,
        start_hidden_lab(name, f"bench-{os.getpid()}", Path(folder, "journal")) as lab,
    ):
        if lab.definition.cluster:
            threading.Event().wait(REST)
        idle = sum(read_memory(process) for process in find_family(lab.world.pid))
        lab.solve()
        began = time.perf_counter()
        check.run(lab)
        return {"check": time.perf_counter() - began, "limit": lab.definition.within + GRACE, "idle": idle}


def find_family(process: int) -> Iterator[int]:
    """A process and all its descendants (proc(5), task/children)."""
    yield process
    for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
        yield from find_family(int(child))


def read_memory(process: int) -> float:
    """Its proportional share in MB; where that may not be read (PID 1's, by a user), all that it has resident."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        kilobytes = int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    except PermissionError:
        kilobytes = int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024
    return kilobytes / 1000
