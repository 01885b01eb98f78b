"""What the processes of one world may use of the computer, so that a learner's flood does not become everybody's.

- processes and threads: RLIMIT_NPROC, which the kernel counts for each user namespace (Linux 5.14, setrlimit(2));
- what it counts for each user, such as inotify instances and namespaces: a part of it for each world (/proc/sys/user, namespaces(7));
- memory: a control group where one can be had; else one process's data only (RLIMIT_DATA).

PID 1 and the judge's programs stand outside of the first and the last: in a full world there is still somebody to tell.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from labkit.world import groups

PROCESSES: Final = 4000
_PART: Final = 4  # a world may have a quarter of what its user has
_LEAST: Final = 32
_COUNTS: Final = "/proc/sys/user"


@dataclass(frozen=True)
class Limits:
    """`processes`, `data` bytes of one of them; `group`: folder and member list of a control group, which bounds their memory."""

    processes: int
    data: int
    group: tuple[str, int] | None

    def enter(self) -> None:
        """Put this process, and all that it will start, under them."""
        if self.group:
            with contextlib.suppress(OSError):  # somebody took the group away; the world goes on
                os.write(self.group[1], b"0")
        for kind, value in ((resource.RLIMIT_NPROC, self.processes), (resource.RLIMIT_DATA, self.data)):
            resource.setrlimit(kind, (value, value))

    def to_data(self) -> dict[str, Any]:
        """As clients are told: `memory` in bytes, 0 where only that of one process is bounded."""
        return {
            "processes": self.processes,
            "data": self.data,
            "memory": self.data if self.group else 0,
            "group": self.group[0] if self.group else None,
            "watchers": _read_number(f"{_COUNTS}/max_inotify_instances"),
        }


def make_limits() -> Limits:
    """While this process still has its starter's rights on the host."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    data = min(memory, _read_hard(resource.RLIMIT_DATA))
    hard = _read_hard(resource.RLIMIT_NPROC)
    return Limits(min(PROCESSES, hard - hard // 8), data, groups.make_group(data))  # the judge needs some, too


def _read_hard(kind: int) -> int:
    hard = resource.getrlimit(kind)[1]
    return sys.maxsize if hard == resource.RLIM_INFINITY else hard


def plan_counts() -> Mapping[str, int]:
    """What one world may have of what the kernel counts for each user: values of /proc/sys/user by name."""
    names = [name for name in os.listdir(_COUNTS) if name.startswith("max_")]  # noqa: PTH208
    has = {name: _read_number(f"{_COUNTS}/{name}") for name in names}
    return {name: min(number, max(_LEAST, number // _PART)) for name, number in has.items()}


def write_counts(values: Mapping[str, int]) -> None:
    """In the user namespace that this process has just made; none below it can have more."""
    for name, value in values.items():
        # a container may have /proc/sys read-only
        with contextlib.suppress(OSError), open(f"{_COUNTS}/{name}", "w") as file:  # noqa: PTH123
            file.write(str(value))


def _read_number(path: str) -> int:
    with open(path) as file:  # noqa: PTH123
        return int(file.read())
