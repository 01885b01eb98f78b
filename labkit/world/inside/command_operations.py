"""What may be asked about commands."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import stat
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

from labkit.world import wire
from labkit.world.inside.command import NewCommand
from labkit.world.inside.jobs import Jobs
from labkit.world.inside.journal import Journal
from labkit.world.inside.registry import Held, Registry
from labkit.world.inside.request import (
    Request,
    RequestError,
    Table,
    require_variable,
    take,
    take_arguments,
    take_environment,
)

KILLED: Final = 128 + signal.SIGKILL


class CommandOperations:
    """Commands started, signalled, ended. `require`: finds a request's machine; `drain`: takes over a pipe's reading end."""

    def __init__(
        self, registry: Registry, jobs: Jobs, journal: Journal, require: Callable[[wire.Message], Held],
        drain: Callable[[int], None],
    ) -> None:  # fmt: skip
        self._registry = registry
        self._jobs = jobs
        self._journal = journal
        self._require = require
        self._drain = drain
        self._entries: dict[int, dict[str, Any]] = {}

    def plan_table(self) -> Table:
        """By name."""
        return {"run": self.run, "note": self.note, "signal": self.signal, "stop": self.stop, "drain": self.drain}

    def run(self, request: Request) -> dict[str, Any]:
        """Start a command. Its end is told later on the same connection."""
        message = request.message
        entry = dict(take(message, "journal", dict)) if message.get("journal") else {}

        def ended(status: int, seconds: float) -> None:
            if self._entries.get(request.connection) is entry:
                del self._entries[request.connection]
            if entry:
                self._journal.write(entry | {"status": status, "seconds": round(seconds, 3)})
            request.reply({"exit": status, "seconds": seconds})

        with ExitStack() as stack:
            descriptors = request.descriptors
            if take(message, "terminal", bool, default=False):
                master, terminal = os.openpty()
                request.passed.append(master)
                stack.callback(os.close, terminal)
                descriptors = [terminal, terminal, terminal, *descriptors]
            process = self._jobs.start(self._plan(message, descriptors), request.connection, ended)
        if entry:
            self._entries[request.connection] = entry
        return {"process": process}

    def note_killed(self) -> None:
        """The world ends, and the kernel kills what runs in it: each with the status that a shell would see, and no time."""
        for entry in self._entries.values():
            self._journal.write(entry | {"status": KILLED})

    def _plan(self, message: wire.Message, descriptors: list[int]) -> NewCommand:
        """`descriptors`: stdin, stdout, stderr, then one for each of the message's `names`."""
        environment = take_environment(message)
        names = [require_variable(name) for name in take(message, "names", list, [])]
        if len(descriptors) != 3 + len(names):
            raise RequestError(f"{len(descriptors)} descriptors for stdin, stdout, stderr and {len(names)} names")
        inherit = descriptors[3:]
        environment |= {name: str(number) for name, number in zip(names, inherit, strict=True)}
        if take(message, "namespaces", bool, default=False):
            inherit += self._show_namespaces(environment)
        machine, judge = self._require(message), take(message, "judge", bool, default=False)
        if machine.kind == "fabric" and not judge and not self._registry.open_switches:
            raise RequestError("the switches are no machine of the lab's: nothing runs there")
        return NewCommand(
            machine,
            take_arguments(message),
            environment,
            judge=judge,
            standard=(descriptors[0], descriptors[1], descriptors[2]),
            inherit=inherit,
            terminal=take(message, "terminal", bool, default=False),
        )

    def _show_namespaces(self, environment: dict[str, str]) -> list[int]:
        """For scripts: LK_NODES="worker1 worker2", and LK_worker1="7,8,9,,", descriptors of its network, mount and UTS namespace.

        A pod that was found has its node and its name there behind them, for it may be made anew while the script runs.
        """
        shown = []
        held = self._registry.list_held()
        environment["LK_NODES"] = " ".join(each.name for each in held if each.kind == "node")
        for each in (each for each in held if each.kind != "fabric"):
            names, where = each.namespaces, f"{each.node},{each.found}" if each.found else ","
            variable = "LK_" + re.sub(r"[^A-Za-z0-9]", "_", each.name)
            environment[variable] = f"{names.net},{names.mounts},{names.uts},{where}"
            shown += [names.net, names.mounts, names.uts]
        return shown

    def note(self, request: Request) -> dict[str, Any]:
        """More about the command that runs on this connection, for its entry in the journal."""
        entry = self._entries.get(request.connection)
        if entry is not None:
            entry |= take(request.message, "entry", dict)
        return {}

    def signal(self, request: Request) -> dict[str, Any]:
        """To what was started on this connection."""
        self._jobs.signal(request.connection, take(request.message, "number", int))
        return {}

    def stop(self, request: Request) -> dict[str, Any]:
        """End what was started on this connection."""
        self._jobs.stop(request.connection)
        return {}

    def drain(self, request: Request) -> dict[str, Any]:
        """Pipes that background processes still write to: their output is read and thrown away, so that they can go on."""
        if not all(_is_reading_end(descriptor) for descriptor in request.descriptors):
            raise RequestError("reading ends of pipes expected")
        for descriptor in request.descriptors:
            self._drain(os.dup(descriptor))
        return {}


def _is_reading_end(descriptor: int) -> bool:
    mode = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
    return stat.S_ISFIFO(os.fstat(descriptor).st_mode) and mode == os.O_RDONLY
