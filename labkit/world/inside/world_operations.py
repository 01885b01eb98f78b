"""What may be asked about the world itself."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any, Final

from labkit.world.inside.journal import Journal
from labkit.world.inside.registry import count_tasks
from labkit.world.inside.request import Request, RequestError, Table, take
from labkit.world.inside.trouble import Trouble

_MAX_META: Final = 150 * 1024


class WorldOperations:
    """`spec`: what the world was started with. `ending`: the loop stops; `kept`: it outlives its starter."""

    def __init__(self, spec: dict[str, Any], journal: Journal, trouble: Trouble) -> None:
        self.ending = False
        self.kept = False
        self.refusing = False
        self._spec = spec
        self._journal = journal
        self._trouble = trouble
        self._meta: dict[str, Any] = take(spec, "meta", dict, {})
        self._waiting: list[tuple[str, float, Callable[..., None]]] = []

    def plan_table(self) -> Table:
        """By name."""
        return {
            "hello": self.hello,
            "trouble": self.list_trouble,
            "count": self.count,
            "limits": self.list_limits,
            "meta": self.change_meta,
            "await": self.await_meta,
            "journal": self.write_journal,
            "keep": self.keep,
            "refuse": self.refuse,
            "end": self.end,
        }

    def hello(self, _: Request) -> dict[str, Any]:
        """Who answers."""
        return {"name": self._spec["name"], "pid": self._spec["pid"], "version": 2}

    def list_trouble(self, _: Request) -> dict[str, Any]:
        """Faults of PID 1's own."""
        return {"trouble": self._trouble.kept}

    def count(self, _: Request) -> dict[str, Any]:
        """How many descriptors PID 1 has open: nobody else may look."""
        return {"descriptors": len(os.listdir("/proc/self/fd"))}  # noqa: PTH208 - the number is wanted

    def list_limits(self, _: Request) -> dict[str, Any]:
        """What the world may use, and how many processes and threads it has."""
        return {**self._spec["limits"].to_data(), "tasks": count_tasks()}

    def change_meta(self, request: Request) -> dict[str, Any]:
        """Small values that clients keep here."""
        meta = self._meta | take(request.message, "changes", dict, {})
        if len(json.dumps(meta)) > _MAX_META:
            raise RequestError(f"meta: more than {_MAX_META} bytes")
        self._meta = meta
        self._tell_waiting()
        return {"meta": meta}

    def await_meta(self, request: Request) -> dict[str, Any]:
        """Tell this connection, as it is told of a command's end, when one of these values is there and true."""
        self._waiting.append((take(request.message, "key", str), time.monotonic(), request.reply))
        self._tell_waiting()
        return {}

    def _tell_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for key, since, reply in waiting:
            if self._meta.get(key):
                reply({"exit": 0, "seconds": time.monotonic() - since})
            else:
                self._waiting.append((key, since, reply))

    def write_journal(self, request: Request) -> dict[str, Any]:
        """What a client did by itself."""
        self._journal.write(take(request.message, "entry", dict))
        return {}

    def keep(self, _: Request) -> dict[str, Any]:
        """From now on the world does not end with whoever started it."""
        self.kept = True
        return {}

    def refuse(self, _: Request) -> dict[str, Any]:
        """From now on no process is started: the proof asks what checks say then."""
        self.refusing = True
        return {}

    def end(self, _: Request | None = None) -> dict[str, Any]:
        """The loop stops after this turn."""
        self.ending = True
        return {}
