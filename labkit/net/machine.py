"""What this room needs of a machine: sockets and descriptors to write and capture, probes to read."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Protocol


class Ran(Protocol):
    """What is read of a finished program."""

    @property
    def status(self) -> int: ...
    @property
    def stdout(self) -> str: ...
    @property
    def stderr(self) -> str: ...


class Readable(Protocol):
    """A network namespace in which the judge's own programs can look."""

    @property
    def name(self) -> str: ...
    def probe(self, argv: Sequence[str], /, *, stdin: str = "") -> Ran: ...


class Opener(Protocol):
    """What opens sockets on many machines at once."""

    def open_sockets(
        self, machines: Sequence[str], family: int, kind: int, protocol: int, /
    ) -> list[socket.socket]: ...


class Writable(Protocol):
    """A network namespace that hands out sockets and descriptors; the caller closes them soon."""

    @property
    def name(self) -> str: ...
    @property
    def world(self) -> Opener: ...
    def open_socket(self, family: int, kind: int, protocol: int, /) -> socket.socket: ...
    def open_netns(self) -> int: ...
