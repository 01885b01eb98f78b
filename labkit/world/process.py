"""A running command as its starter sees it: its end, its signals, its output."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from io import FileIO
from typing import Final, Self

from labkit.world.connection import Connection, wait_readable

Take = Callable[[bytes], None]
_CHUNK: Final = 65536
_KEPT: Final = 32 * 1024 * 1024


class Process:
    """A running command. Closing it ends it: INT, TERM, KILL to its group, 0.3 s apart, by PID 1's clock."""

    def __init__(self, connection: Connection, master: int | None) -> None:
        self._connection = connection
        self.master = master

    def fileno(self) -> int:
        """Readable when the command has ended."""
        return self._connection.fileno()

    def wait(self, timeout: float | None = None) -> tuple[int, float] | None:
        """Exit status and seconds; None when it has not ended within `timeout` seconds."""
        return self._connection.wait_exit(timeout)

    def signal(self, number: int) -> None:
        """Send a signal to its whole process group."""
        self._connection.ask("signal", number=number)

    def note(self, **fields: str | int) -> None:
        """Add to its entry in the journal, which is written when it has ended."""
        self._connection.ask("note", entry=fields)

    def stop(self) -> None:
        """Have it ended as by closing, and stay for its last words and its exit status."""
        self._connection.ask("stop")

    def drain(self, readers: Sequence[int]) -> None:
        """Leave reading ends of pipes to PID 1: what still writes to them in the background can go on."""
        self._connection.ask("drain", readers)

    def close(self) -> None:
        """End it if it still runs."""
        self._connection.close()
        if self.master is not None:
            os.close(self.master)
            self.master = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def pump(process: Process, takers: Mapping[int, Take], timeout: float | None = None) -> tuple[int, float] | None:
    """Hand on what comes from each reading end until the command has ended: (exit status, seconds); None if not in time.

    The command is over when its first process is. What it left in the background keeps the pipe, which PID 1 reads from then on.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    waiting = dict(takers)
    while (ended := process.wait(0)) is None:
        ready = wait_readable([process.fileno(), *waiting], deadline)
        if not ready:
            return None
        for reader in ready & waiting.keys():
            if data := os.read(reader, _CHUNK):
                waiting[reader](data)
            else:
                del waiting[reader]
    left_open = [reader for reader, take in waiting.items() if not _take_rest(reader, take)]
    if left_open:
        process.drain(left_open)
    return ended


def _take_rest(reader: int, take: Take) -> bool:
    """Hand on what is in the pipe, and no more: whether its end was reached."""
    os.set_blocking(reader, False)
    left = fcntl.fcntl(reader, fcntl.F_GETPIPE_SZ)
    with contextlib.suppress(BlockingIOError):
        while left > 0:
            data = os.read(reader, left)
            if not data:
                return True
            take(data)
            left -= len(data)
    return False


class Kept:
    """Output collected up to 32 MiB; of the rest only the size is kept."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._room = _KEPT
        self._left_out = 0

    def take(self, data: bytes) -> None:
        """Add to it."""
        kept = data[: self._room]
        self._room -= len(kept)
        self._left_out += len(data) - len(kept)
        if kept:
            self._parts.append(kept)

    def render(self) -> str:
        """The text, with a last line that says how much is missing."""
        text = b"".join(self._parts).decode(errors="replace")
        return text + f"\n[{self._left_out} more bytes left out]\n" if self._left_out else text


def open_pipe(stack: ExitStack) -> tuple[FileIO, FileIO]:
    """A pipe's reading and writing end, closed with `stack` at the latest."""
    reader, writer = os.pipe2(os.O_CLOEXEC)
    os.fchmod(writer, 0o666)  # as root the world's uid is another one, and shall be able to open /dev/stdout
    return stack.enter_context(FileIO(reader, "r")), stack.enter_context(FileIO(writer, "w"))


@contextlib.contextmanager
def open_input(content: bytes = b"") -> Iterator[int]:
    """Memory that a command reads from: never blocking."""
    descriptor = os.memfd_create("labkit")
    try:
        if content:
            os.write(descriptor, content)
            os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
