"""A world as its clients see it: start one, attach to one, make machines, end it."""

from __future__ import annotations

import contextlib
import difflib
import os
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import Any, Final, Self

from labkit.errors import UsageError
from labkit.world import wire
from labkit.world.connection import PREFIX, Connection, plan_address, wait_readable
from labkit.world.machine import Machine, MachineSpec
from labkit.world.starter import start_world

_CHUNK: Final = 150
_END_SECONDS: Final = 2.0


class World:
    """A client of one running world. Safe to share between threads."""

    def __init__(self, address: str, connection: Connection) -> None:
        self._address = address
        self._connection = connection
        try:
            hello, _ = connection.ask("hello")
            self._pidfd = FileIO(os.pidfd_open(hello["pid"]))
        except BaseException:
            connection.close()
            raise
        self.name: str = hello["name"]
        self.pid: int = hello["pid"]

    @staticmethod
    def start(  # noqa: PLR0913 - a world's options, by keyword only
        name: str, *, owner: int | None = None, journal: Path | None = None, work: Path | None = None,
        meta: dict[str, Any] | None = None, hidden: bool = False, lease: float = 1800.0,
    ) -> World:  # fmt: skip
        """Make a new world. It ends with this client unless `keep` is called, with process `owner`, or unattended for `lease` s.

        `journal`: file that PID 1 appends to; `work`: folder that the learner may write to; `hidden`: not in list_worlds.
        Raises UsageError when a world of this name runs, WorldError when this machine does not allow one.
        """
        address = plan_address(name, hidden=hidden)
        spec = {"name": name, "address": address, "lease": lease, "meta": meta or {}}
        return World(address, start_world(spec, owner=owner, journal=journal, work=work))

    @staticmethod
    def attach(name: str, *, hidden: bool = False) -> World:
        """The running world of this name. Raises WorldError when there is none."""
        address = plan_address(name, hidden=hidden)
        return World(address, Connection.connect(address))

    def connect(self) -> Connection:
        """A further connection, for one command."""
        return Connection.connect(self._address)

    def ask(self, op: str, **fields: Any) -> tuple[dict[str, Any], list[int]]:
        """One request on the standing connection (world/requests.py lists them)."""
        return self._connection.ask(op, **fields)

    def keep(self) -> None:
        """The world shall outlive this client."""
        self.ask("keep")

    def add_machines(self, specs: Sequence[MachineSpec]) -> None:
        """Make machines, pods after their nodes."""
        for first in range(0, len(specs), _CHUNK):
            chunk = specs[first : first + _CHUNK]
            self.ask("add", machines=[_to_message(spec) for spec in chunk])

    @contextlib.contextmanager
    def start_machine(self, spec: MachineSpec) -> Iterator[Machine]:
        """A machine for as long as the block lasts; PID 1 takes it away also when this client is killed in between."""
        connection = self.connect()
        try:
            connection.ask("add", machines=[_to_message(spec)], temporary=True)
            yield Machine(self, spec.name, spec.kind, spec.node)
            connection.ask("remove", machine=spec.name)
        finally:
            connection.close()

    def remove_machine(self, name: str) -> None:
        """Kill what runs there and take it away."""
        self.ask("remove", machine=name)

    def machines(self) -> list[Machine]:
        """All machines in the order they came, pods made by the learner included, the hidden `fabric` left out."""
        found: list[Machine] = []
        first = 0
        while rows := self.ask("list", first=first)[0]["machines"]:
            found += [Machine(self, *row) for row in rows if row[1] != "fabric"]
            first += len(rows)
        return found

    def machine(self, name: str) -> Machine:
        """One machine. Raises UsageError with the nearest names when it is unknown."""
        if name == "fabric":
            return Machine(self, "fabric", "fabric", None)
        machines = {each.name: each for each in self.machines()}
        if name not in machines:
            near = difflib.get_close_matches(name, machines) or list(machines)[:12]
            raise UsageError(f"lab {self.name} has no machine {name!r}", hint=f"there are: {', '.join(near)}")
        return machines[name]

    def open_sockets(self, machines: Sequence[str], family: int, kind: int, protocol: int = 0) -> list[socket.socket]:
        """A socket in the network of each machine, with one request for many. Close them soon: they keep it alive."""
        numbers: list[int] = []
        for first in range(0, len(machines), wire.MAX_DESCRIPTORS):
            names = list(machines[first : first + wire.MAX_DESCRIPTORS])
            numbers += self.ask("sockets", machines=names, family=int(family), type=int(kind), protocol=protocol)[1]
        return [socket.socket(family, kind, protocol, fileno=number) for number in numbers]

    def read_meta(self) -> dict[str, Any]:
        """Small values that clients keep with the world."""
        meta: dict[str, Any] = self.ask("meta")[0]["meta"]
        return meta

    def write_meta(self, **changes: Any) -> dict[str, Any]:
        """Change some of them; all of them come back."""
        meta: dict[str, Any] = self.ask("meta", changes=changes)[0]["meta"]
        return meta

    def write_journal(self, entry: dict[str, Any]) -> None:
        """Append to the world's journal; PID 1 adds the time."""
        self.ask("journal", entry=entry)

    def end(self) -> None:
        """End the world and wait until its processes are gone. One that does not end by itself within 2 s is killed."""
        if self._pidfd.closed:
            return
        # a descriptor of its own: another thread that finds the world gone may close this client meanwhile
        with FileIO(os.dup(self._pidfd.fileno())) as pidfd:
            with contextlib.suppress(OSError):  # it may be gone, or have stopped reading
                self._connection.tell("end")
            if not wait_readable([pidfd.fileno()], time.monotonic() + _END_SECONDS):
                signal.pidfd_send_signal(pidfd.fileno(), signal.SIGKILL)
                wait_readable([pidfd.fileno()], time.monotonic() + 10)
        self.close()

    def close(self) -> None:
        """Detach; the world goes on if it was told to keep."""
        self._connection.close()
        self._pidfd.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def list_worlds() -> list[str]:
    """Names of this user's running worlds, from the kernel's list of sockets (proc_net(5), unix)."""
    prefix = f"@{PREFIX}/{os.getuid()}/"
    paths = [line.rpartition(" ")[2] for line in Path("/proc/net/unix").read_text().splitlines()]
    return sorted({path.removeprefix(prefix) for path in paths if path.startswith(prefix)})


def _to_message(spec: MachineSpec) -> dict[str, Any]:
    return {
        "name": spec.name, "kind": spec.kind, "node": spec.node, "files": dict(spec.files), "sysctls": dict(spec.sysctls),
    }  # fmt: skip
