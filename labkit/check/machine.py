"""A machine as a check sees it: what the judge reads of it, and what it is asked to run as the learner would."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence

from labkit.check.record import SHOWN, Record
from labkit.check.verdict import Evidence
from labkit.errors import CannotTell
from labkit.net import (
    Address,
    BridgePort,
    FdbEntry,
    Link,
    Neighbor,
    Route,
    RoutingRule,
    read_addresses,
    read_bridge_ports,
    read_fdb,
    read_links,
    read_neighbors,
    read_routes,
    read_rules,
    read_sysctl,
)
from labkit.world import Machine, Result
from labkit.world.values import Command, to_argv


class MachineView:
    """Nouns are read by the judge's own programs and written down. Readers of labkit.net take it for a machine."""

    def __init__(self, machine: Machine, record: Record) -> None:
        self._machine = machine
        self._record = record
        self.world = machine.world  # for labkit.net, which opens sockets on many machines at once
        self.name = machine.name
        self.kind = machine.kind
        self.node = machine.node

    # --- what is there, as the kernel has it

    def addresses(self, link: str | None = None) -> list[Address]:
        """IPv4 addresses, of one link or of all."""
        return [each for each in read_addresses(self) if link in (None, each.link)]

    def links(self) -> dict[str, Link]:
        """Links by name."""
        return {each.name: each for each in read_links(self)}

    def ports(self, bridge: str) -> list[BridgePort]:
        """The ports of a bridge."""
        return [each for each in read_bridge_ports(self) if each.bridge == bridge]

    def routes(self, table: str = "main") -> list[Route]:
        """Routes of a table."""
        return read_routes(self, table)

    def rules(self) -> list[RoutingRule]:
        """Policy routing rules."""
        return read_rules(self)

    def neighbours(self) -> list[Neighbor]:
        """The neighbour table."""
        return read_neighbors(self)

    def fdb(self) -> list[FdbEntry]:
        """Forwarding entries of bridges and VXLAN devices."""
        return read_fdb(self)

    def sysctl(self, name: str) -> str | None:
        """A sysctl of this network namespace; None where the kernel has none of this name."""
        return read_sysctl(self, name)

    def list_processes(self) -> list[tuple[int, list[str]]]:
        """What runs in this machine's network: (number, command line)."""
        return self._machine.list_processes()

    def list_folder(self, path: str) -> list[str]:
        """Names in a folder of the machine, read by the judge; [] when there is none."""
        names = self._machine.list_folder(path)
        self._record.note(Evidence(self.name, ("ls", path), "\n".join(names or ()), 2 if names is None else 0))
        return names or []

    # --- asking

    def probe(self, argv: Sequence[str], *, stdin: str = "", timeout: float = 5.0) -> Result:
        """Run one of the judge's programs in this machine's network. CannotTell when that was not possible."""
        limit = self._record.limit(timeout)
        return self._noted(tuple(argv), lambda: self._machine.probe(argv, stdin=stdin, timeout=limit))

    def run(
        self, command: Command, *, stdin: str = "", env: Mapping[str, str] | None = None, timeout: float = 5.0
    ) -> Result:
        """Run as the learner: the learner's programs and files. What it says is a claim, to be seen in the kernel or on the wire."""
        limit = self._record.limit(timeout)
        return self._noted(
            to_argv(command), lambda: self._machine.run(command, stdin=stdin, env=env, timeout=limit, journal={})
        )

    def _noted(self, argv: tuple[str, ...], run: Callable[[], Result]) -> Result:
        try:
            result = run()
        except CannotTell as error:
            self._record.note(Evidence(self.name, argv, error.message, None))
            raise
        self._record.note(Evidence(self.name, argv, (result.stdout or result.stderr)[:SHOWN], result.status))
        return result

    def open_socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """A socket in this machine's network; close it soon."""
        return self._machine.open_socket(family, kind, protocol)

    def open_netns(self) -> int:
        """A descriptor of this machine's network namespace; close it soon."""
        return self._machine.open_netns()

    @property
    def handle(self) -> Machine:
        """For labkit's own rooms, whose answers a view writes down; labs have no use for it."""
        return self._machine
