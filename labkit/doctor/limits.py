"""Limits of this machine that labs can meet, and what each is enough for."""

from __future__ import annotations

import math
import os
import re
import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labkit.errors import WorldError
from labkit.world import World

_PER_MACHINE: Final = 4  # descriptors that PID 1 holds of each machine
_OTHERS: Final = 100
_MB: Final = 1 << 20
_UNBOUNDED: Final = (1 << 31) - 1  # what a new user namespace begins with
_COUNTS_BY_WORLD: Final = (5, 14)  # Linux; RLIMIT_NPROC of each user namespace


@dataclass(frozen=True)
class Limit:
    """`value`: -1 is none."""

    name: str
    value: int
    enough_for: str


def _plan_neighbors(value: int) -> str:
    nodes = int((1 + math.sqrt(1 + 4 * value)) / 2)
    return f"{nodes} nodes on one LAN that all talk; larger fabrics get permanent neighbours"


_SYSCTLS: Final[dict[str, Callable[[int], str]]] = {
    "net.ipv4.neigh.default.gc_thresh3": _plan_neighbors,
    "user.max_user_namespaces": lambda value: f"{value // 2} labs at once, of one user",
    "user.max_net_namespaces": lambda value: f"{value} machines in all labs of one user",
    "user.max_mnt_namespaces": lambda value: f"{value} machines in all labs of one user",
    "user.max_uts_namespaces": lambda value: f"{value} machines in all labs of one user",
    "fs.inotify.max_user_instances": lambda value: (
        f"{value} programs of one user that watch files (CoreDNS, JupyterLab)"
    ),
    "fs.inotify.max_user_watches": lambda value: f"{value} files watched by one user's programs",
    "net.netfilter.nf_conntrack_max": lambda value: f"{value} connections followed on one machine",
    "kernel.pty.max": lambda value: f"{value} terminals, of all labs and users",
    "kernel.pid_max": lambda value: f"{value} processes and threads, of all users",
}


def list_limits(root: Path = Path("/")) -> list[Limit]:
    """What is set here; a limit this kernel does not have is left out."""
    found = []
    for name, describe in _SYSCTLS.items():
        value = _read_number(root / "proc/sys" / name.replace(".", "/"))
        if value is not None:
            found.append(Limit(name, value, describe(value)))
    processes = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    found.append(
        Limit(
            "processes (ulimit -Hu)",
            processes,
            f"{_say(processes)} processes of one user; a lab has one, and its daemons",
        )
    )
    found.append(Limit("open files (ulimit -Hn)", files, f"{_say(count_machines(files))} machines in one lab"))
    inside = _read_cgroup_limit(root)
    if inside is not None:
        found.append(Limit("processes (pids.max)", inside, f"{_say(inside)} processes in this container or session"))
    return found


def list_world_limits() -> list[Limit]:
    """What one lab may use of this computer, as its PID 1 has it; nothing where no lab can be started."""
    try:
        with World.start(f"limits-{os.getpid()}", hidden=True) as world:
            told, _ = world.ask("limits")
            world.end()
    except WorldError:
        return []
    return plan_world_limits(told, os.uname().release)


def plan_world_limits(told: Mapping[str, Any], release: str) -> list[Limit]:
    """`told`: as PID 1 answers "limits"; memory is in MB."""
    own = tuple(int(part) for part in re.findall(r"\d+", release)[:2]) >= _COUNTS_BY_WORLD
    watchers = told["watchers"] if told["watchers"] < _UNBOUNDED else -1
    memory = told["memory"] // _MB if told["memory"] else -1
    one = f"no control group can be made here, so one process has {told['data'] // _MB} MB and a lab what there is"
    return [
        Limit(
            "processes of a lab", told["processes"],
            "and threads; a learner's flood ends there" if own else f"Linux {release} counts them with yours",
        ),
        Limit("memory of a lab", memory, "MB, by a control group; its files count, too" if memory > 0 else one),
        Limit(
            "inotify instances of a lab", watchers,
            "and a quarter of other things counted for each user" if watchers > 0 else "/proc/sys/user is read-only here",
        ),
    ]  # fmt: skip


def count_machines(files: int) -> int:
    """How many machines one lab can have with this many descriptors; -1: as many as one likes."""
    return files if files < 0 else max(0, (files - _OTHERS) // _PER_MACHINE)


def _say(value: int) -> str:
    return "any number of" if value < 0 else str(value)


def _read_cgroup_limit(root: Path) -> int | None:
    """pids.max of the control group this process is in (cgroups(7), version 2)."""
    try:
        rows = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    places = [row.removeprefix("0::/") for row in rows if row.startswith("0::/")]
    return _read_number(root / "sys/fs/cgroup" / places[0] / "pids.max") if places else None


def _read_number(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return -1 if text == "max" else int(text)
