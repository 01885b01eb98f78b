"""A world's door: requests to its PID 1 on a standing connection, further connections, its end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Sequence
from io import FileIO
from typing import Any, Final, Self

from labkit.world import groups, wire
from labkit.world.connection import Connection, wait_readable

_END_SECONDS: Final = 2.0


class Door:
    """What machines and worlds have in common: they ask the same PID 1. Safe to share between threads."""

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

    def connect(self) -> Connection:
        """A further connection, for one command."""
        return Connection.connect(self._address)

    def ask(self, op: str, **fields: Any) -> tuple[dict[str, Any], list[int]]:
        """One request on the standing connection (inside/requests.py lists them)."""
        return self._connection.ask(op, **fields)

    def is_gone(self) -> bool:
        """Whether this PID 1 has ended, as it does when somebody resets the lab."""
        return self._pidfd.closed or self._connection.is_closed()

    def open_sockets(self, machines: Sequence[str], family: int, kind: int, protocol: int = 0) -> list[socket.socket]:
        """A socket in the network of each machine, with one request for many. Close them soon: they keep it alive."""
        numbers: list[int] = []
        for first in range(0, len(machines), wire.MAX_DESCRIPTORS):
            names = list(machines[first : first + wire.MAX_DESCRIPTORS])
            numbers += self.ask("sockets", machines=names, family=int(family), type=int(kind), protocol=protocol)[1]
        return [socket.socket(family, kind, protocol, fileno=number) for number in numbers]

    def write_journal(self, entry: dict[str, Any]) -> None:
        """Append to the world's journal; PID 1 adds the time."""
        self.ask("journal", entry=entry)

    def read_trouble(self) -> list[str]:
        """Faults of PID 1's own that it survived, with their traces; the newest last."""
        found: list[str] = self.ask("trouble")[0]["trouble"]
        return found

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
        groups.collect_all()
        self.close()

    def close(self) -> None:
        """Detach; the world goes on if it was told to keep."""
        self._connection.close()
        self._pidfd.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
