"""A container as it is asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Self

DOOR: Final = "/run/labkit/containers.sock"
KILLED: Final = 137  # what a container's end by SIGKILL is called


@dataclass(frozen=True)
class Mount:
    """`source`, a file or folder of the node's, seen at `target`."""

    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True)
class Spec:
    """`folder`: a new one for what the container writes; `netns`: path of its sandbox's, empty for the node's; `hostname` likewise."""

    id: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str
    log: str
    netns: str = ""
    hostname: str = ""
    cwd: str = "/"
    mounts: tuple[Mount, ...] = ()
    terminal: bool = False
    stdin: bool = False

    def to_data(self) -> dict[str, Any]:
        """As it is sent."""
        return asdict(self)

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self:
        """As it came. Raises TypeError, KeyError."""
        known = {each.name for each in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        mounts = tuple(Mount(**each) for each in data["mounts"])
        return cls(**values | {"argv": tuple(data["argv"]), "mounts": mounts})


@dataclass
class Life:
    """A container: `process` while it runs; times are seconds since 1970; `status` once it has ended, 128 + signal for one killed."""

    id: str
    process: int
    started: float
    ended: float = 0.0
    status: int | None = None
    labels: dict[str, str] = field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        """As it is told."""
        return asdict(self)


def plan_status(code: int) -> int:
    """Of what os.waitstatus_to_exitcode says, what Kubernetes shows: a signal counts from 128."""
    return code if code >= 0 else 128 - code
