"""Python programs of ours in a world: forked from the warm process, beside an interpreter for each, as they were before.

Twenty that stay, on five nodes, as in a cluster whose nodes have four agents each; and one short command after the other, as a
CNI plugin is called. Processor time, which a busy computer changes least, and memory.
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

import labkit.agents.weave.agent  # noqa: F401 - what `stay` has loaded
from labkit.agents.start.programs import render_programs
from labkit.world import MachineSpec, Outfit, World
from labkit.world.places import PACKAGE, PYTHON, SITE
from tests.bench.labs import find_family, read_memory
from tests.bench.row import Row, Sample, compare

RUNS: Final = 5
NODES: Final = tuple(f"n{number}" for number in range(1, 6))
AGENTS: Final = 4
CALLS: Final = 20
TARGET: Final = "tests.bench.agents:stay"
ALONE: Final = f"""#!{PYTHON} -IS
import sys
sys.path += ["{PACKAGE}", "{SITE}"]
from {{}} import {{}} as main
sys.exit(main())
"""
WARM: Final = render_programs({"stay": TARGET, "plugin": "labkit.agents.weave.plugin:main"})
COLD: Final = {
    "stay": ALONE.format("tests.bench.agents", "stay"),
    "plugin": ALONE.format("labkit.agents.weave.plugin", "main"),
}
READY: Final = (
    "for n in 1 2 3 4; do stay >/tmp/$n & done; for n in 1 2 3 4; do until [ -s /tmp/$n ]; do sleep 0.02; done; done"
)


def stay() -> NoReturn:
    """An agent that has what Weave's has, and nothing to do."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        select.select([], [], [])


def measure_agents() -> list[Row]:
    """Both sides in worlds of their own, in turn."""
    medians, runs = compare(lambda: sample(WARM), lambda: sample(COLD), runs=RUNS, budget=60)
    units = {"agents-cpu": "s", "agents-memory": "MB", "plugin-cpu": "ms"}
    return [Row(name, *medians[name], unit, 0.5, runs) for name, unit in units.items()]


def sample(programs: Mapping[str, str]) -> Sample:
    """Processor seconds until twenty agents are ready, their memory, and the processor time of one call of a plugin."""
    with World.start(f"bench-agents-{os.getpid()}", outfit=Outfit(programs=programs), hidden=True) as world:
        world.add_machines([MachineSpec(name, "node") for name in NODES])
        before = [read_time(world.pid), sum_memory(world.pid)]
        for name in NODES:
            world.machine(name).run(READY)
        agents, memory = read_time(world.pid) - before[0], sum_memory(world.pid) - before[1]
        before = [read_time(world.pid)]
        script = f"for n in $(seq {CALLS}); do CNI_COMMAND=VERSION plugin </dev/null >/dev/null; done"
        world.machine(NODES[0]).run(script)
        until = time.monotonic() + 1
        while len(list(find_family(world.pid))) > 1 + 2 * AGENTS * len(NODES) + 1 and time.monotonic() < until:
            time.sleep(0.01)
        call = (read_time(world.pid) - before[0]) / CALLS
        world.end()
    return {"agents-cpu": agents, "agents-memory": memory, "plugin-cpu": call * 1000}


def sum_memory(process: int) -> float:
    """Of a process and all its descendants, in MB."""
    return sum(read_memory(each) for each in find_family(process))


def read_time(process: int) -> float:
    """Processor seconds of a process and its descendants, and of those of theirs that have ended (proc(5), stat)."""
    fields = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in find_family(process)]
    return sum(int(word) for words in fields for word in words[11:15]) / os.sysconf("SC_CLK_TCK")
