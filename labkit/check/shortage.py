"""When red means nothing: the lab or the whole computer has no room for further processes, or no memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from labkit.errors import LabkitError
from labkit.world import World
from labkit.world.groups import read_kills

FULL: Final = 0.9  # of the processes that there may be
_LITTLE: Final = 0.02  # of the memory
_REMEDY: Final = "end what fills it (`ps` inside, labkit reset), then check again"


class Shortage:
    """Looks at a world's computer when a check is red."""

    def __init__(self, world: World, root: Path = Path("/")) -> None:
        self._world = world
        self._root = root
        group = world.ask("limits")[0]["group"]
        self._group: str | None = group
        self._kills = read_kills(group) if group else 0

    def find(self) -> str:
        """What there is too little of, in words; empty when there is enough of everything."""
        try:
            return next(self._list_shortages(), "")
        except LabkitError as error:  # it can't even be asked
            return error.message

    def _list_shortages(self) -> Iterator[str]:
        limits = self._world.ask("limits")[0]
        if limits["tasks"] > FULL * limits["processes"]:
            yield f"the lab has {limits['tasks']} of the {limits['processes']} processes it may have: {_REMEDY}"
        if self._group and read_kills(self._group) > self._kills:
            yield f"the kernel ended processes of the lab, whose memory was used up: {_REMEDY}"
        tasks, most = read_tasks(self._root)
        if tasks > FULL * most:
            yield f"this computer has {tasks} of the {most} processes it may have: check again when others have ended"
        free, memory = read_memory(self._root)
        if free < _LITTLE * memory:
            yield f"this computer has {free // 1024} MB of memory left: check again when others have ended"


def read_tasks(root: Path) -> tuple[int, int]:
    """Processes and threads that this computer has, and may have (proc_loadavg(5), proc_sys_kernel(5))."""
    tasks = int((root / "proc/loadavg").read_text().split()[3].partition("/")[2])
    return tasks, min(int((root / "proc/sys/kernel" / name).read_text()) for name in ("pid_max", "threads-max"))


def read_memory(root: Path) -> tuple[int, int]:
    """What is left of it, and all of it, in kB (proc_meminfo(5))."""
    rows = dict(line.split(":") for line in (root / "proc/meminfo").read_text().splitlines())
    return int(rows["MemAvailable"].split()[0]), int(rows["MemTotal"].split()[0])
