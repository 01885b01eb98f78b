"""A machine as its users see it: run commands, as the learner or as the judge; open sockets in its network."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labkit.errors import CannotTell, LabkitError
from labkit.world.connection import Connection

if TYPE_CHECKING:
    from labkit.world.client import World

Command = str | Sequence[str]
_CHUNK = 65536
_LAST_WORDS = 0.8  # seconds; PID 1 kills 0.6 s after the first signal


@dataclass(frozen=True)
class MachineSpec:
    """A machine to be made. `files`: "etc/hosts" -> its text; `sysctls` besides the stated list (world/skeleton.py)."""

    name: str
    kind: str
    node: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    sysctls: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What a command left: exit status (128 + signal), output decoded as UTF-8, seconds."""

    machine: str
    argv: tuple[str, ...]
    status: int
    stdout: str
    stderr: str
    seconds: float


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

    def stop(self) -> None:
        """Have it ended as by closing, and stay for its last words and its exit status."""
        self._connection.ask("stop")

    def close(self) -> None:
        """End it if it still runs."""
        self._connection.close()
        if self.master is not None:
            os.close(self.master)
            self.master = None


class Machine:
    """A handle on one machine of a running world."""

    def __init__(self, world: World, name: str, kind: str, node: str | None) -> None:
        self.world = world
        self.name = name
        self.kind = kind
        self.node = node

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name} of {self.world.name}>"

    def run(
        self, command: Command, *, stdin: str = "", timeout: float | None = None,
        env: Mapping[str, str] | None = None, journal: Mapping[str, Any] | None = None,
    ) -> Result:  # fmt: skip
        """Run as the learner, in all of the machine's namespaces; a string is given to bash -c. Raises WorldError."""
        return self._collect(command, stdin, timeout, environment=dict(env or {}), journal=journal and dict(journal))

    def probe(self, argv: Sequence[str], *, stdin: str = "", timeout: float = 5.0) -> Result:
        """Run as the judge: PID 1's programs and files, in this machine's network. Raises CannotTell when that failed."""
        try:
            return self._collect(argv, stdin, timeout, judge=True)
        except LabkitError as error:
            raise CannotTell(f"{' '.join(argv)} on {self.name}: {error.message}", hint=error.hint) from error

    def _collect(self, command: Command, stdin: str, timeout: float | None, **options: Any) -> Result:
        argv = to_argv(command)
        with _temporary(stdin.encode()) as source, _temporary() as out, _temporary() as err:
            process = self.start_process(argv, standard=(source, out, err), **options)
            try:
                ended = process.wait(timeout)
            finally:
                process.close()
            if ended is None:
                raise CannotTell(f"{' '.join(argv)[:200]} on {self.name} did not end within {timeout:g} s")
            return Result(self.name, argv, ended[0], _read_all(out), _read_all(err), ended[1])

    def start_process(
        self, command: Command, *, standard: tuple[int, int, int] | None = None,
        passed: Mapping[str, int] | None = None, **options: Any,
    ) -> Process:  # fmt: skip
        """Start a command with these stdin, stdout, stderr; without them on a new terminal, whose master is the process's.

        `passed`: further descriptors; the command finds their numbers in the environment variables named.
        """
        connection = self.world.connect()
        extra = dict(passed or {})
        descriptors = [*(standard or ()), *extra.values()]
        try:
            _, received = connection.ask(
                "run", descriptors, machine=self.name, argv=list(to_argv(command)),
                names=list(extra), terminal=standard is None, **options,
            )  # fmt: skip
        except LabkitError:
            connection.close()
            raise
        return Process(connection, received[0] if received else None)

    def run_streaming(self, command: Command, take: Callable[[bytes], None], **options: Any) -> int:
        """Run as the learner, handing output (both streams) on as it comes; the exit status. Any exception ends the command.

        The command is over when its first process is: what it left in the background keeps the pipe, and goes on.
        Ctrl-C, a notebook's Stop, waits for the command's last words, at most 0.8 s; a second one does not.
        """
        reader, writer = os.pipe2(os.O_CLOEXEC)
        null = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        try:
            process = self.start_process(command, standard=(null, writer, writer), **options)
        finally:
            os.close(writer)
            os.close(null)
        try:
            return _pump(process, reader, take)
        except KeyboardInterrupt:
            process.stop()
            process.wait(_LAST_WORDS)
            _drain(reader, take)
            raise
        finally:
            os.close(reader)
            process.close()

    def open_socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """A socket opened in this machine's network namespace. Close it soon: it keeps the namespace alive."""
        _, received = self.world.ask("socket", machine=self.name, family=int(family), type=int(kind), protocol=protocol)
        return socket.socket(family, kind, protocol, fileno=received[0])

    def open_netns(self) -> int:
        """A descriptor of this machine's network namespace. Close it soon."""
        _, received = self.world.ask("netns", machine=self.name)
        return received[0]

    def list_processes(self) -> list[tuple[int, list[str]]]:
        """Processes in this machine's network: (number inside the world, command line)."""
        answer, _ = self.world.ask("processes", machine=self.name)
        return [(number, argv) for number, argv in answer["processes"]]


def to_argv(command: Command) -> tuple[str, ...]:
    """A string is a bash script; a sequence is taken as it is."""
    return ("bash", "-c", command) if isinstance(command, str) else tuple(command)


def _pump(process: Process, reader: int, take: Callable[[bytes], None]) -> int:
    while True:
        ready = select.select([reader, process], [], [])[0]
        data = os.read(reader, _CHUNK) if reader in ready else b""
        if data:
            take(data)
        elif process in ready or reader in ready:
            ended = process.wait()
            _drain(reader, take)
            return ended[0] if ended else -1


def _drain(reader: int, take: Callable[[bytes], None]) -> None:
    os.set_blocking(reader, False)  # noqa: FBT003
    until = time.monotonic() + 0.2
    with contextlib.suppress(BlockingIOError):
        while time.monotonic() < until and (data := os.read(reader, _CHUNK)):
            take(data)


@contextlib.contextmanager
def _temporary(content: bytes = b"") -> Iterator[int]:
    """Memory that a command reads from or writes to: never full, never blocking."""
    descriptor = os.memfd_create("labkit")
    try:
        if content:
            os.write(descriptor, content)
            os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def _read_all(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, size, 0).decode(errors="replace")
