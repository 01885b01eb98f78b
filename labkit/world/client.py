"""A world as its clients see it: start one, attach to one, find its machines."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from labkit.errors import UsageError, guess_meant
from labkit.world.connection import Connection, find_listener, is_name, plan_address, plan_prefix
from labkit.world.door import Door
from labkit.world.machine import Machine
from labkit.world.starter import start_world
from labkit.world.values import MachineSpec, Outfit

_CHUNK: Final = 150
_NAMED: Final = 12  # machines, in an error


class World(Door):
    """A client of one running world. Safe to share between threads."""

    @staticmethod
    def start(  # noqa: PLR0913 - a world's options, by keyword only
        name: str, *, owner: int | None = None, journal: Path | None = None, work: Path | None = None,
        meta: dict[str, Any] | None = None, outfit: Outfit | None = None, hidden: bool = False, lease: float = 1800.0,
    ) -> World:  # fmt: skip
        """Make a new world. It ends with this client unless `keep` is called, with process `owner`, or unattended for `lease` s.

        `journal`: file that PID 1 appends to; `work`: folder that the learner may write to; `hidden`: not in list_worlds.
        Raises UsageError when a world of this name runs, WorldError when this machine does not allow one.
        """
        address = plan_address(name, hidden=hidden)
        had = dataclasses.asdict(outfit or Outfit())
        spec = {"name": name, "address": address, "lease": lease, "meta": meta or {}, "outfit": had}
        return World(address, start_world(spec, owner=owner, journal=journal, work=work))

    @staticmethod
    def attach(name: str, *, hidden: bool = False) -> World:
        """The running world of this name. Raises WorldError when there is none."""
        address = plan_address(name, hidden=hidden)
        return World(address, Connection.connect(address))

    def renew(self) -> World:
        """This world; if it has ended, the one of its name that runs in its place. Raises WorldError when none does."""
        if not self.is_gone():
            return self
        self.close()
        return World(self._address, self.connect())

    def keep(self) -> None:
        """The world shall outlive this client."""
        self.ask("keep")

    def add_machines(self, specs: Sequence[MachineSpec]) -> list[Machine]:
        """Make machines, pods after their nodes."""
        made: list[Machine] = []
        for first in range(0, len(specs), _CHUNK):
            chunk = [_to_message(spec) for spec in specs[first : first + _CHUNK]]
            made += [Machine(self, *row) for row in self.ask("add", machines=chunk)[0]["machines"]]
        return made

    @contextlib.contextmanager
    def start_machine(self, spec: MachineSpec) -> Iterator[Machine]:
        """A machine for as long as the block lasts; PID 1 takes it away also when this client is killed in between."""
        connection = self.connect()
        try:
            answer, _ = connection.ask("add", machines=[_to_message(spec)], temporary=True)
            yield Machine(self, *answer["machines"][0])
            connection.ask("remove", machine=spec.name)
        finally:
            connection.close()

    def remove_machine(self, name: str) -> None:
        """Kill what runs there and take it away."""
        self.ask("remove", machine=name)

    def machines(self) -> list[Machine]:
        """All machines in the order they came, pods made by the learner included, the hidden one with the switches left out."""
        rows: list[tuple[str, str, str | None, int]] = []
        more = True
        while more:
            answer, _ = self.ask("list", first=len(rows))
            rows += answer["machines"]
            more = answer["more"]
        return [Machine(self, *row) for row in rows if row[1] != "fabric"]

    def machine(self, name: str) -> Machine:
        """One machine. Raises UsageError with the nearest names when it is unknown."""
        row = self.ask("find", machine=name)[0]["machine"]
        if row is None:
            names = [each.name for each in self.machines()]
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            raise UsageError(
                f"lab {self.name} has no machine {name!r}",
                hint=f"{guess_meant(name, names)}there are: {', '.join(names[:_NAMED])}{more}",
            )
        return Machine(self, *row)

    def read_meta(self) -> dict[str, Any]:
        """Small values that clients keep with the world."""
        meta: dict[str, Any] = self.ask("meta")[0]["meta"]
        return meta

    def wait_for_meta(self, key: str, timeout: float) -> bool:
        """Until one of them is there and true; whether it came about within so many seconds."""
        with contextlib.closing(self.connect()) as connection:
            connection.ask("await", key=key)
            return connection.wait_exit(timeout) is not None

    def write_meta(self, **changes: Any) -> dict[str, Any]:
        """Change some of them; all of them come back."""
        meta: dict[str, Any] = self.ask("meta", changes=changes)[0]["meta"]
        return meta


def list_worlds() -> list[str]:
    """Names of this user's running worlds of this realm, from the kernel's list of sockets (proc_net(5), unix).

    Names there are bytes, anybody's: only those are taken that a world can have, and at which a process of this user's listens.
    """
    prefix = plan_prefix().replace("\0", "@").encode()
    paths = [line.rpartition(b" ")[2] for line in Path("/proc/net/unix").read_bytes().splitlines()]
    names = {path.removeprefix(prefix).decode(errors="replace") for path in paths if path.startswith(prefix)}
    return sorted(name for name in names if is_name(name) and find_listener(plan_address(name)) == os.getuid())


def _to_message(spec: MachineSpec) -> dict[str, Any]:
    return {
        "name": spec.name, "kind": spec.kind, "node": spec.node, "by_name": spec.by_name,
        "files": dict(spec.files), "sysctls": dict(spec.sysctls),
    }  # fmt: skip
