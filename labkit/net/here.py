"""The machine an agent runs on, from inside: what a Machine is to the client, `Here` is to a process in the world."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence

from labkit.world import Result, run_host


class Here:
    """Read and write the network namespace of this process, for Batch and the readers of labkit.net."""

    def __init__(self) -> None:
        self.name = socket.gethostname()

    def probe(self, argv: Sequence[str], /) -> Result:
        """Run a program and wait for its end."""
        return run_host(argv)

    def open_socket(self, family: int, kind: int, protocol: int = 0, /) -> socket.socket:
        """A socket like any other of this process."""
        return socket.socket(family, kind, protocol)

    @property
    def world(self) -> Here:
        """Where sockets on several machines are asked for; there is only this one."""
        return self

    def open_sockets(
        self, machines: Sequence[str], family: int, kind: int, protocol: int = 0, /
    ) -> list[socket.socket]:
        """A socket of this process for each name."""
        return [self.open_socket(family, kind, protocol) for _ in machines]

    def open_netns(self) -> int:
        """A descriptor of this process's network namespace."""
        return os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
