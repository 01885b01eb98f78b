"""What may be asked about machines."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack, suppress
from typing import Any, Final

from labkit.world import kernel, wire
from labkit.world.inside.maker import NewMachine
from labkit.world.inside.registry import Held, Registry, list_processes, read_arguments
from labkit.world.inside.request import Request, RequestError, Table, parse_machine, require_text, take

_MAX_MACHINES: Final = 20_000
_ROWS: Final = 1000  # an answer is one packet
_PROCESSES: Final = 40


class MachineOperations:
    """Machines made and taken away, found and listed, their processes, and sockets in their networks."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._temporary: dict[int, list[str]] = {}

    def plan_table(self) -> Table:
        """By name."""
        return {
            "add": self.add,
            "remove": self.remove,
            "find": self.find,
            "list": self.list_all,
            "processes": self.list_processes,
            "netns": self.open_netns,
            "open": self.open_path,
            "sockets": self.open_sockets,
        }

    def hang_up(self, connection: int) -> None:
        """What it made for itself goes."""
        for name in self._temporary.pop(connection, ()):
            with suppress(OSError):  # the world goes on with one machine too many
                if self._registry.find(name):
                    self._registry.remove(name)

    def require(self, message: wire.Message) -> Held:
        """The machine that a request is about."""
        return self._require(take(message, "machine", str))

    def _require(self, name: str) -> Held:
        held = self._registry.find(name)
        if held is None:
            raise RequestError(f"no machine {name[:80]!r}")
        return held

    def add(self, request: Request) -> dict[str, Any]:
        """`temporary`: they go with the connection, also when its client is killed."""
        known = {held.name: held.kind for held in self._registry.list_held()}
        machines: list[NewMachine] = []
        for each in take(request.message, "machines", list):
            machines.append(parse_machine(each, known))
            known[machines[-1].name] = machines[-1].kind
        if len(known) > _MAX_MACHINES:
            raise RequestError(f"more than {_MAX_MACHINES} machines")
        made = self._registry.add(machines)
        if take(request.message, "temporary", bool, default=False):
            self._temporary.setdefault(request.connection, []).extend(machine.name for machine in machines)
        return {"machines": [held.row for held in made]}

    def remove(self, request: Request) -> dict[str, Any]:
        """With a node go its pods."""
        held = self.require(request.message)
        if held.kind == "fabric":
            raise RequestError("the switches stay as long as the world")
        self._registry.remove(held.name)
        return {}

    def find(self, request: Request) -> dict[str, Any]:
        """One by name, null when there is none."""
        held = self._registry.find(take(request.message, "machine", str))
        return {"machine": held.row if held else None}

    def list_all(self, request: Request) -> dict[str, Any]:
        """At most 1,000 from number `first` on."""
        first = take(request.message, "first", int, 0)
        held = self._registry.list_held()[first:] if first >= 0 else []
        return {"machines": [each.row for each in held[:_ROWS]], "more": len(held) > _ROWS}

    def list_processes(self, request: Request) -> dict[str, Any]:
        """At most 40 from number `first` on, their command lines cut."""
        first = take(request.message, "first", int, 0)
        found = list_processes(self.require(request.message).inode)[first:] if first >= 0 else []
        rows = [[process, read_arguments(process)] for process in found[:_PROCESSES]]
        return {"processes": rows, "more": len(found) > _PROCESSES}

    def open_netns(self, request: Request) -> dict[str, Any]:
        """A descriptor of its network."""
        request.passed.append(os.dup(self.require(request.message).namespaces.net))
        return {}

    def open_path(self, request: Request) -> dict[str, Any]:
        """A file or a folder of a machine, to be read by the judge."""
        held = self.require(request.message)
        request.passed.append(self._registry.open_path(held, take(request.message, "path", str)))
        return {}

    def open_sockets(self, request: Request) -> dict[str, Any]:
        """One on each machine. It lives in the namespace it was opened in, whoever holds it: PID 1 steps there and back."""
        family, kind, protocol = (take(request.message, key, int) for key in ("family", "type", "protocol"))
        names = take(request.message, "machines", list)
        if len(names) > wire.MAX_DESCRIPTORS:
            raise RequestError(f"machines: more than {wire.MAX_DESCRIPTORS}")
        held = [self._require(require_text(name, "machines")) for name in names]
        with ExitStack() as stack:
            opened = []
            for each in held:
                with kernel.visit_network(each.namespaces.net):
                    opened.append(stack.enter_context(socket.socket(family, kind, protocol)))
            request.passed.extend(each.detach() for each in opened)
        return {}
