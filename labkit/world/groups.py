"""Control groups that bound the memory of what learners run: where one can be had, what happened in one, those left over (cgroups(7)).

A group is locked by whoever holds it, PID 1: one that nobody has locked is left over from a world that was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from typing import Final

_BEGIN: Final = "labkit-"
_ROOT: Final = "/sys/fs/cgroup"
MEMBERS: Final = "cgroup.procs"
_LIMITS: Final = ("memory.max", "memory.limit_in_bytes")  # of version 2, of version 1
_EVENTS: Final = ("memory.events", "memory.oom_control")


def find_parents(root: str = _ROOT, process: str = "/proc/self/cgroup") -> Iterator[str]:
    """Folders below which a group with a memory limit may be possible, the best first.

    Version 1: in the group this process is in. Version 2: in the nearest one above it that hands the controller on.
    """
    for row in _read(process).splitlines():
        _, controllers, path = row.split(":", 2)
        if controllers == "memory":
            yield f"{root}/memory{path.rstrip('/')}"
        elif not controllers:
            while path.strip("/"):
                path = path.rpartition("/")[0]
                if "memory" in _read(f"{root}{path}/cgroup.subtree_control").split():
                    yield f"{root}{path}"


def make_group(memory: int) -> tuple[str, int] | None:
    """A new group whose members have so many bytes: its folder, and its list of members, open to be written and locked.

    None where this process may make none.
    """
    for parent in find_parents():
        with contextlib.suppress(OSError):
            return _make_below(parent, memory)
    return None


def _make_below(parent: str, memory: int) -> tuple[str, int]:
    collect(parent)
    group = f"{parent}/{_BEGIN}{os.getpid()}"
    os.mkdir(group)  # noqa: PTH102 - the launcher starts in a third of the time without pathlib
    try:
        members = os.open(f"{group}/{MEMBERS}", os.O_WRONLY | os.O_CLOEXEC)
        fcntl.flock(members, fcntl.LOCK_EX)
        limit = next(name for name in _LIMITS if os.path.exists(f"{group}/{name}"))  # noqa: PTH110
        with open(f"{group}/{limit}", "w") as file:  # noqa: PTH123
            file.write(str(memory))
        _try_to_enter(members)
    except (OSError, StopIteration) as error:
        os.rmdir(group)  # noqa: PTH106
        raise OSError(f"{group} can't be used") from error
    return group, members


def _try_to_enter(members: int) -> None:
    """A child does: whoever may make a group may not always move a process there. Raises OSError."""
    child = os.fork()
    if not child:
        try:
            os.write(members, b"0")
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise OSError("nobody may enter")


def collect(parent: str) -> None:
    """Take away groups that were left over."""
    for name in os.listdir(parent):  # noqa: PTH208
        if name.startswith(_BEGIN):
            with contextlib.suppress(OSError):  # somebody has it, or is in it
                _collect_one(f"{parent}/{name}")


def _collect_one(group: str) -> None:
    members = os.open(f"{group}/{MEMBERS}", os.O_WRONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(members, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.rmdir(group)  # noqa: PTH106
    finally:
        os.close(members)


def collect_all() -> None:
    """Those of this user's that are where new ones would be made."""
    for parent in find_parents():
        with contextlib.suppress(OSError):
            collect(parent)


def read_kills(group: str) -> int:
    """How many processes of the group the kernel ended because its memory was used up."""
    for name in _EVENTS:
        for line in _read(f"{group}/{name}").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def _read(path: str) -> str:
    try:
        with open(path) as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return ""
