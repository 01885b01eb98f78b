"""A world as its clients see it: start one, attach to one, make machines, end it."""

from __future__ import annotations

import contextlib
import difflib
import os
import select
import socket
import sys
import sysconfig
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from labkit.errors import UsageError, WorldError
from labkit.world import wire
from labkit.world.connection import PREFIX, Connection, plan_address
from labkit.world.host import start_launcher
from labkit.world.machine import Machine, MachineSpec

_CHUNK: Final = 150
_HINT: Final = "labkit doctor says what this machine allows and how to change it"


class World:
    """A client of one running world. Safe to share between threads."""

    def __init__(self, address: str, connection: Connection) -> None:
        self._address = address
        self._connection = connection
        hello, _ = connection.ask("hello")
        self.name: str = hello["name"]
        self.pid: int = hello["pid"]
        self._machines: dict[str, Machine] = {}
        self._lock = threading.Lock()

    @staticmethod
    def start(
        name: str, *, owner: int | None = None, journal: Path | None = None, work: Path | None = None,
        meta: dict[str, Any] | None = None, hidden: bool = False, lease: float = 1800.0,
    ) -> World:  # fmt: skip
        """Make a new world. It ends with this client unless `keep` is called, with process `owner`, or unattended for `lease` s.

        `journal`: file that PID 1 appends to; `work`: folder that the learner may write to; `hidden`: not in list_worlds.
        Raises UsageError when a world of this name runs, WorldError when this machine does not allow one.
        """
        address = plan_address(name, hidden=hidden)
        package = Path(__file__).parents[2]
        spec = {
            "name": name, "address": address, "package": str(package), "site": find_site(), "lease": lease, "meta": meta or {},
            "work": str(work.resolve()) if work else None, "owner": owner is not None, "journal": journal is not None,
        }  # fmt: skip
        with contextlib.ExitStack() as stack:
            passed = []
            if owner is not None:
                passed.append(_open_pidfd(owner))
                stack.callback(os.close, passed[-1])
            if journal is not None:
                journal.parent.mkdir(parents=True, exist_ok=True)
                passed.append(os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600))
                stack.callback(os.close, passed[-1])
            return World(address, _launch(spec, passed, name))

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
        """End the world and wait until its processes are gone."""
        with contextlib.suppress(ProcessLookupError):
            pidfd = os.pidfd_open(self.pid)
            try:
                self.ask("end")
                select.select([pidfd], [], [], 10)
            finally:
                os.close(pidfd)
        self.close()

    def close(self) -> None:
        """Detach; the world goes on if it was told to keep."""
        self._connection.close()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def list_worlds() -> list[str]:
    """Names of this user's running worlds, from the kernel's list of sockets (proc_net(5), unix)."""
    prefix = f"@{PREFIX}/{os.getuid()}/"
    paths = [line.rpartition(" ")[2] for line in Path("/proc/net/unix").read_text().splitlines()]
    return sorted({path.removeprefix(prefix) for path in paths if path.startswith(prefix)})


def find_site() -> str | None:
    """The folder that the libraries of this interpreter are installed in."""
    site = sysconfig.get_path("purelib")
    return site if Path(site).is_dir() else None


def _launch(spec: dict[str, Any], passed: list[int], name: str) -> Connection:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs, os.fdopen(os.memfd_create("labkit"), "w+b") as trouble:
        launcher = start_launcher(sys.executable, spec["package"], theirs.fileno(), trouble.fileno())
        theirs.close()
        wire.send_message(ours, spec, passed)
        received = wire.receive_message(ours)
        launcher.wait()
        trouble.seek(0)
        said = trouble.read().decode(errors="replace").strip()
    if received and "ok" in received[0]:
        return Connection(ours)
    ours.close()
    if received and received[0].get("errno") == 98:  # noqa: PLR2004 - EADDRINUSE
        raise UsageError(f"lab {name} is running already", hint=f"labkit down {name}, or attach to it")
    last = received[0]["error"] if received else (said.splitlines() or ["it ended without a word"])[-1]
    raise WorldError(f"the world for {name} could not be made: {last}", hint=_HINT)


def _to_message(spec: MachineSpec) -> dict[str, Any]:
    return {
        "name": spec.name, "kind": spec.kind, "node": spec.node, "files": dict(spec.files), "sysctls": dict(spec.sysctls),
    }  # fmt: skip


def _open_pidfd(process: int) -> int:
    try:
        return os.pidfd_open(process)
    except OSError as error:
        raise UsageError(f"owner {process}: {error.strerror}", hint="LABKIT_OWNER must be a running process") from error
