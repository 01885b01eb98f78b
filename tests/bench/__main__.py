"""`./lab bench`: labkit measured beside Mininet, `ip -batch` and nsenter, in one run. Exit status 0 when all was measured."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from labkit.errors import LabkitError
from labkit.lab.folders import list_labs
from tests.bench.agents import measure_agents
from tests.bench.cluster import measure_cluster
from tests.bench.commands import measure_commands
from tests.bench.flannel import measure_flannel
from tests.bench.hosts import measure_against_ip_batch, measure_against_mininet, measure_large_down
from tests.bench.ingress import measure_ingress
from tests.bench.labs import measure_lab
from tests.bench.overlay import measure_overlays
from tests.bench.policy import measure_policy
from tests.bench.row import Row

GROUPS: dict[str, Callable[[], list[Row]]] = {
    "command": measure_commands,
    **{f"labs-{name}": partial(measure_lab, name) for name in list_labs()},
    "cluster": measure_cluster,
    "ingress": measure_ingress,
    "agents": measure_agents,
    "policy": measure_policy,
    "overlay": measure_overlays,
    "overlay-flannel": measure_flannel,
    "hosts-100-ip-batch": partial(measure_against_ip_batch, 100),
    "hosts-500-ip-batch": partial(measure_against_ip_batch, 500),
    "hosts-100-mininet": partial(measure_against_mininet, 100),
    "hosts-500-mininet": partial(measure_against_mininet, 500),
    "down-1000": measure_large_down,
}
FULL: dict[str, Callable[[], list[Row]]] = {
    "hosts-1000-ip-batch": partial(measure_against_ip_batch, 1000),
    "hosts-1000-mininet": partial(measure_against_mininet, 1000),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for, print a line a row, write the JSON."""
    parser = argparse.ArgumentParser(prog="./lab bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there")
    parser.add_argument("--full", action="store_true", help="1,000 hosts too; takes long")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"only these, or all that begin so: {', '.join({**GROUPS, **FULL})}"
    )
    asked = parser.parse_args(arguments)
    for name in asked.names:
        if not select([name]):
            parser.error(f"there is no {name}")
    groups = select(asked.names) if asked.names else GROUPS | (FULL if asked.full else {})
    rows: list[Row] = []
    failed = [name for name, measure in groups.items() if not run_group(name, measure, rows)]
    if asked.json:
        asked.json.write_text(json.dumps([row.to_data() for row in rows], indent=1) + "\n")
    return 1 if failed else 0


def select(names: Sequence[str]) -> dict[str, Callable[[], list[Row]]]:
    """The groups of these names, and those whose names go on with a dash."""
    groups = GROUPS | FULL
    return {each: groups[each] for each in groups if any(f"{each}-".startswith(f"{name}-") for name in names)}


def run_group(name: str, measure: Callable[[], list[Row]], rows: list[Row]) -> bool:
    """Measure, show and collect; whether it could be measured."""
    try:
        measured = measure()
    except LabkitError as error:
        sys.stderr.write(f"{name}: not measured: {error}\n")
        return False
    for row in measured:
        say(row)
    rows += measured
    return True


def say(row: Row) -> None:
    """One line: what, both sides, whether the goal was met."""
    if row.goal is None:
        verdict = ""
    else:
        verdict = f"{'met' if row.met else 'NOT MET'} (goal {row.goal:g}{' ' + row.unit if row.absolute else ' x'})"
    beside = "" if row.absolute else f"{row.peer:9.3f} {row.unit:2}  {row.ratio:6.2f} x"
    sys.stdout.write(f"{row.name:28} {row.ours:9.3f} {row.unit:2} {beside:24} {verdict:24} {row.runs} runs\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
