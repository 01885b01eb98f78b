"""What passes between worlds and those who use them, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Command = str | Sequence[str]


@dataclass(frozen=True)
class MachineSpec:
    """A machine to be made. `files`: "etc/hosts" -> its text; `sysctls` besides the stated list (inside/skeleton.py).

    `by_name`: a pod that is what its name in the node's /run/netns means, as if the learner had made it there; else it keeps the
    namespace it was made with, whatever becomes of that name.
    """

    name: str
    kind: str
    node: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    sysctls: Mapping[str, str] = field(default_factory=dict)
    by_name: bool = False


@dataclass(frozen=True)
class Outfit:
    """What machines have besides the system's files. Paths are given without the first slash.

    `programs`: name -> text, first in PATH; `own`: folders below etc, opt or var that each machine has for itself;
    `files` and `links`: what each of them begins with there, path -> text, path -> where it points; `node_links`: links of nodes only.
    `binaries`: a folder of the host's with more programs, shown read-only and looked through after `programs`.
    `open_switches`: the learner may enter the machine whose bridges are the switches, as Mininet has to.
    """

    programs: Mapping[str, str] = field(default_factory=dict)
    own: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    node_links: Mapping[str, str] = field(default_factory=dict)
    binaries: str | None = None
    open_switches: bool = False


@dataclass(frozen=True)
class Result:
    """What a command left: exit status (128 + signal), output decoded as UTF-8, seconds."""

    machine: str
    argv: tuple[str, ...]
    status: int
    stdout: str
    stderr: str
    seconds: float


def to_argv(command: Command) -> tuple[str, ...]:
    """A string is a bash script; a sequence is taken as it is."""
    return ("bash", "-c", command) if isinstance(command, str) else tuple(command)
