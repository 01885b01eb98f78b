"""Bytes on their way between this process's descriptors and a command's. No descriptor of ours is handed over: what the command leaves
in the background could go on reading from it, or change it.
"""

from __future__ import annotations

import fcntl
import os
import stat
import struct
import termios
from collections.abc import Callable, Collection
from io import FileIO
from typing import Final, NamedTuple, Protocol

from labkit.world.kernel import tee

Taker = Callable[[bytes], None]
CHUNK: Final = 65536
KEPT: Final = (
    8192  # bytes of stdin that the journal keeps: written as JSON six times as many at most, and PID 1 takes 64 KB
)
PIPE_BUF: Final = 4096  # bytes that a pipe takes at once when select says that it takes any (pipe(7))
_POLLED: Final = (0.002, 0.05)  # seconds between two looks at what the command has read, at first and at last


class Ready(NamedTuple):
    """Descriptors that can be read, and those that can be written."""

    readable: Collection[int]
    writable: Collection[int]


class Stream(Protocol):
    """One way. `pause`: seconds after which it wants its turn though nothing came."""

    pause: float | None

    def list_wanted(self) -> tuple[list[int], list[int]]:
        """Descriptors it waits for: to read from, to write to."""

    def take_turn(self, ready: Ready) -> None:
        """Some of what it waits for is ready, or its pause is over."""


class Output:
    """From the command to one of our descriptors. When nobody reads there any more, nobody does at the command's end either."""

    pause: float | None = None

    def __init__(self, source: FileIO | int, sink: int | None, change: Callable[[bytes], bytes] = bytes) -> None:
        self._pipe = source if isinstance(source, FileIO) else None
        self.source: int | None = source.fileno() if isinstance(source, FileIO) else source
        self.left: int | None = None  # not at its end when the command was
        self.failure: OSError | None = None
        self._sink = sink
        self._change = change
        self._waiting = b""

    def list_wanted(self) -> tuple[list[int], list[int]]:
        """To write what was read, then to read on."""
        if self._waiting and self._sink is not None:
            return [], [self._sink]
        return ([] if self.source is None else [self.source]), []

    def take_turn(self, ready: Ready) -> None:
        """Read or write once."""
        if self._waiting:
            if self._sink in ready.writable:
                self._write()
        elif self.source in ready.readable and self.source is not None:
            data = read(self.source)
            if not data:
                self.source = None
            elif self._sink is not None:
                self._waiting = self._change(data)

    def finish(self) -> None:
        """The command has ended: what there is now, and no more."""
        if self.source is not None:
            rest, at_end = read_rest(self.source)
            self._waiting += self._change(rest) if self._sink is not None else b""
            self.left = None if at_end else self.source
        self.source = None

    def _write(self) -> None:
        try:
            done = os.write(self._sink or 0, self._waiting[:PIPE_BUF])
        except OSError as error:
            self.failure, self._waiting, self.source = error, b"", None
            if self._pipe is not None:
                self._pipe.close()
        else:
            self._waiting = self._waiting[done:]


class Handed:
    """From the command to a function."""

    pause: float | None = None

    def __init__(self, source: int, take: Taker) -> None:
        self._source = [source]
        self._take = take

    def list_wanted(self) -> tuple[list[int], list[int]]:
        """To read, as long as there is somebody who writes."""
        return self._source, []

    def take_turn(self, ready: Ready) -> None:
        """Read once."""
        for source in [each for each in self._source if each in ready.readable]:
            data = read(source)
            self._take(data)
            if not data:
                self._source = []

    def finish(self) -> None:
        """The command has ended: what there is now, and no more."""
        for source in self._source:
            self._take(read_rest(source)[0])
        self._source = []


class Input:
    """From our stdin to a pipe of the command's, no more than it reads: the rest stays for whoever reads after it.

    What lies in the pipe is a copy (of a file what comes next, of a pipe by tee(2)); taken from our stdin is what is gone from there.
    `tell_read` gets all of it, once it was read to its end and before the command knows that: what fits, and how many bytes do not.
    """

    def __init__(self, source: int, sink: FileIO, tell_read: Callable[[str, int], None] = lambda *_: None) -> None:
        self.pause: float | None = None
        self._tell_read = tell_read
        self._read = b""
        self._size = 0
        self._source = source
        self._sink = sink
        self._kind = stat.S_IFMT(os.fstat(source).st_mode)
        self._copied = 0
        os.set_blocking(sink.fileno(), False)

    def list_wanted(self) -> tuple[list[int], list[int]]:
        """To read, when the command has read all there was."""
        return ([] if self._sink.closed or self._copied else [self._source]), []

    def take_turn(self, ready: Ready) -> None:
        """Copy more, or see how much the command has read."""
        if self._copied:
            self.settle()
        elif self._source in ready.readable and not self._sink.closed:
            self._copy()

    def _copy(self) -> None:
        try:
            copied = self._copy_some(self._sink.fileno())
        except BlockingIOError:
            return
        except OSError:  # the command has closed its stdin, or ours can't be read
            copied = 0
        if copied:
            self._copied, self.pause = copied, _POLLED[0]
        else:
            self._tell()
            self._sink.close()

    def _copy_some(self, sink: int) -> int:
        if self._kind == stat.S_IFIFO:
            return tee(self._source, sink, CHUNK)
        if self._kind == stat.S_IFREG:
            return os.write(sink, os.pread(self._source, CHUNK, os.lseek(self._source, 0, os.SEEK_CUR)))
        os.write(sink, data := os.read(self._source, PIPE_BUF))
        self._note(data)
        return len(data)

    def _note(self, data: bytes) -> None:
        self._size += len(data)
        self._read = self._read + data if self._size <= KEPT else b""

    def _tell(self) -> None:
        if not self._size:
            return
        try:
            text = self._read.decode()
        except UnicodeDecodeError:
            text = ""
        self._tell_read(text, 0 if text else self._size)

    def settle(self) -> None:
        """Take from our stdin what the command has read of the copy."""
        if not self._copied:
            return
        left = min(self._copied, count_waiting(self._sink.fileno()))  # the command can write to it too
        taken, self._copied = self._copied - left, left
        if self._kind == stat.S_IFIFO and taken:
            self._note(os.read(self._source, taken))
        elif self._kind == stat.S_IFREG:
            self._note(os.pread(self._source, taken, os.lseek(self._source, 0, os.SEEK_CUR)))
            os.lseek(self._source, taken, os.SEEK_CUR)
        self.pause = None if not left else _POLLED[0] if taken else min(2 * (self.pause or 0), _POLLED[1])


def read(descriptor: int) -> bytes:
    """What is there; nothing at the end, and where a terminal's last program has closed it (EIO)."""
    try:
        return os.read(descriptor, CHUNK)
    except OSError:
        return b""


def read_rest(descriptor: int) -> tuple[bytes, bool]:
    """What is there now, at most what a pipe holds; whether its end was reached."""
    rest = b""
    os.set_blocking(descriptor, False)
    try:
        while len(rest) < CHUNK:
            data = os.read(descriptor, CHUNK)
            if not data:
                return rest, True
            rest += data
    except BlockingIOError:
        return rest, False
    except OSError:
        return rest, True
    return rest, False


def count_waiting(pipe: int) -> int:
    """Bytes that lie in a pipe."""
    return int(struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0])
