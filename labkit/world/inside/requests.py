"""What a client may ask of PID 1: each request checked, answered, never trusted.

A request is {"op": NAME, …} with descriptors; the answer {"ok": {…}} or {"error": TEXT, "kind": "usage" | "world"}.
A command's end comes later on the same connection: {"exit": STATUS, "seconds": S}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labkit.world import wire
from labkit.world.inside.command_operations import CommandOperations
from labkit.world.inside.jobs import Jobs
from labkit.world.inside.journal import Journal
from labkit.world.inside.machine_operations import MachineOperations
from labkit.world.inside.registry import Registry
from labkit.world.inside.request import Operation, Request, RequestError, take
from labkit.world.inside.trouble import Trouble
from labkit.world.inside.world_operations import WorldOperations


class Requests:
    """The operations by name. `spec`: what the world was started with; `drain`: takes over the reading end of a pipe."""

    def __init__(
        self, registry: Registry, jobs: Jobs, spec: dict[str, Any], journal: Journal, drain: Callable[[int], None]
    ) -> None:
        self.trouble = Trouble(journal)
        self.world = WorldOperations(spec, journal, self.trouble)
        self._jobs = jobs
        self._machines = MachineOperations(registry)
        self._commands = CommandOperations(registry, jobs, journal, self._machines.require, drain)
        self._table = {**self.world.plan_table(), **self._machines.plan_table(), **self._commands.plan_table()}

    def hang_up(self, connection: int) -> None:
        """A connection closed: what it started ends, what it made for itself goes."""
        self._jobs.stop(connection)
        self._machines.hang_up(connection)

    def end(self) -> None:
        """The world ends: what still runs in it is written down."""
        self._commands.note_killed()

    def answer(self, request: Request) -> None:
        """Carry out one request. Whatever is wrong with it, or with PID 1, becomes an error reply: it must not end of one."""
        try:
            request.reply({"ok": self._find(request)(request)}, request.passed)
        except RequestError as error:
            request.reply({"error": str(error), "kind": "usage"})
        except (OSError, ValueError, OverflowError, RecursionError) as error:
            request.reply({"error": _describe(error), "kind": "world"})
        except Exception as error:  # noqa: BLE001 - a fault of ours: told, kept, survived
            said = self.trouble.note(error, f"request {str(request.message.get('op'))[:40]}")
            request.reply({"error": f"PID 1 failed by a fault of labkit's own: {said}", "kind": "world", "hint": _HINT})
        finally:
            wire.close_all((*request.passed, *request.descriptors))

    def _find(self, request: Request) -> Operation:
        name = take(request.message, "op", str)
        if name not in self._table:
            raise RequestError(f"unknown operation {name[:40]!r}")
        if name == "run" and self.world.refusing:
            raise OSError("the world refuses to start processes")
        return self._table[name]


_HINT = "the lab goes on; `labkit journal` of it has the whole trace, for a report of this fault"


def _describe(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} {error.filename}" if error.filename else error.strerror
    return str(error) or type(error).__name__
