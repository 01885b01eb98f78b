"""The containers that there are: made, watched, ended, forgotten."""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from labkit.agents.containers.child import Entry, start_container, start_entry
from labkit.agents.containers.log import Log
from labkit.agents.containers.spec import Life, Spec, plan_status
from labkit.errors import UsageError

_CHUNK: Final = 1 << 16


@dataclass
class Held:
    """A container with what this process holds of it: `stdin` is a pipe's end, or its terminal."""

    spec: Spec
    life: Life
    log: Log
    mounts: int  # a descriptor of its mount namespace, by which all its processes are known; -1 when it has ended
    stdin: int = -1
    readers: dict[int, str] = field(default_factory=dict)
    listeners: list[tuple[int, int]] = field(default_factory=list)


class Keeper:
    """`tell` is given each container that has ended."""

    def __init__(self, selector: selectors.BaseSelector, tell: Callable[[Life], None]) -> None:
        self._selector = selector
        self._tell = tell
        self._held: dict[str, Held] = {}

    def start(self, spec: Spec) -> Life:
        """Make a container and run its program. Raises UsageError or OSError."""
        if spec.id in self._held:
            raise UsageError(f"container {spec.id} exists already")
        ours, theirs, stdin = open_streams(spec)
        try:
            process, mounts = start_container(spec, theirs)
        except OSError:
            for each in {*ours, stdin} - {-1}:
                os.close(each)
            raise
        finally:
            for each in set(theirs):
                os.close(each)
        life = Life(spec.id, process, time.time())
        held = Held(spec, life, Log(spec.log), mounts, stdin, dict(ours))
        self._held[spec.id] = held
        for reader in held.readers:
            os.set_blocking(reader, False)
            self._selector.register(reader, selectors.EVENT_READ, lambda reader=reader: self._read(held, reader))
        self.watch(process, lambda code: self._end(held, code))
        return life

    def watch(self, process: int, ended: Callable[[int], None]) -> None:
        """Call `ended` with its exit code (a signal's is negative), once."""
        descriptor = os.pidfd_open(process)

        def reap() -> None:
            self._selector.unregister(descriptor)
            os.close(descriptor)
            ended(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))

        self._selector.register(descriptor, selectors.EVENT_READ, reap)

    def _read(self, held: Held, reader: int) -> bool:
        """Whether there may be more."""
        try:
            data = os.read(reader, _CHUNK)
        except BlockingIOError:
            return False
        except OSError:  # a terminal's other end is closed
            data = b""
        if not data:
            self._close_reader(held, reader)
            return False
        stream = held.readers[reader]
        held.log.write(stream, data)
        for streams in held.listeners:
            with contextlib.suppress(OSError):  # it does not keep up, or is gone
                os.write(streams[stream == "stderr"], data)
        return True

    def _close_reader(self, held: Held, reader: int) -> None:
        self._selector.unregister(reader)
        del held.readers[reader]
        if reader != held.stdin:
            os.close(reader)

    def _end(self, held: Held, code: int) -> None:
        """With the first process the others of a container end."""
        for reader in list(held.readers):
            while self._read(held, reader):
                pass
        held.log.flush()
        self.kill(held.spec.id)
        os.close(held.mounts)
        held.mounts = -1
        for streams in held.listeners:
            for each in set(streams):
                os.close(each)
        held.listeners.clear()
        held.life.status, held.life.ended = plan_status(code), time.time()
        self._tell(held.life)

    def find(self, name: str) -> Held:
        """Raises UsageError."""
        if name not in self._held:
            raise UsageError(f"there is no container {name}")
        return self._held[name]

    def enter(self, name: str, entry: Entry, streams: Sequence[int]) -> int:
        """One more process in it; its number. Raises UsageError or OSError."""
        life = self.find(name).life
        if life.status is not None:
            raise UsageError(f"container {name} is not running")
        return start_entry(Entry(life.process, entry.argv, entry.environment, entry.terminal, entry.cwd), streams)

    def listen(self, name: str, streams: tuple[int, int]) -> int:
        """Output goes to these two, too; what can be written into, -1 if nothing. Raises UsageError."""
        held = self.find(name)
        if held.life.status is not None:
            raise UsageError(f"container {name} is not running")
        for each in streams:
            os.set_blocking(each, False)
        held.listeners.append(streams)
        return held.stdin

    def close_stdin(self, name: str) -> None:
        """It reads the end of its input."""
        held = self.find(name)
        if held.stdin >= 0 and not held.spec.terminal:
            os.close(held.stdin)
            held.stdin = -1

    def signal(self, name: str, number: int) -> None:
        """To its first process."""
        life = self.find(name).life
        if life.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(life.process, number)

    def kill(self, name: str) -> None:
        """All its processes, however they were started; those, too, that they start meanwhile."""
        held = self.find(name)
        killed: set[int] = set()
        while held.mounts >= 0 and (found := set(_list_processes(held.mounts)) - killed):
            for process in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            killed |= found

    def forget(self, name: str) -> None:
        """A container that has ended, with what it wrote; its log stays."""
        held = self.find(name)
        if held.life.status is None:
            raise UsageError(f"container {name} is running")
        for reader in list(held.readers):
            self._close_reader(held, reader)
        if held.stdin >= 0:
            os.close(held.stdin)
        held.log.close()
        shutil.rmtree(held.spec.folder, ignore_errors=True)
        del self._held[name]

    def list_lives(self) -> list[Life]:
        """In the order they were made."""
        return [held.life for held in self._held.values()]


def open_streams(spec: Spec) -> tuple[dict[int, str], tuple[int, int, int], int]:
    """What is read here and as which stream, what the container gets, and what is written to for its stdin (-1: nothing)."""
    if spec.terminal:
        master, slave = os.openpty()
        os.set_inheritable(master, False)
        return {master: "stdout"}, (slave, slave, slave), master
    pairs = [os.pipe2(os.O_CLOEXEC) for _ in range(2)]
    stdin, writer = os.pipe2(os.O_CLOEXEC) if spec.stdin else (os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), -1)
    return {pairs[0][0]: "stdout", pairs[1][0]: "stderr"}, (stdin, pairs[0][1], pairs[1][1]), writer


def _list_processes(mounts: int) -> Iterator[int]:
    """Those whose mount namespace this is."""
    ours = os.fstat(mounts)
    for entry in os.scandir("/proc"):
        with contextlib.suppress(OSError):  # it is gone
            if entry.name.isdigit() and os.path.samestat(os.stat(f"{entry.path}/ns/mnt"), ours):  # noqa: PTH116
                yield int(entry.name)
