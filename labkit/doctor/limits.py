"""Limits of this machine that labs can meet, and what each is enough for."""

from __future__ import annotations

import math
import resource
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PER_MACHINE: Final = 4  # descriptors that PID 1 holds of each machine
_OTHERS: Final = 100


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
