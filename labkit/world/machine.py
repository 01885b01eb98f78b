"""A machine as its users see it: run commands, as the learner or as the judge; open sockets in its network."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any, Final

from labkit.errors import CannotTell, LabkitError, WorldError
from labkit.world.door import Door
from labkit.world.process import Kept, Process, Take, open_input, open_pipe, pump
from labkit.world.values import Command, Result, to_argv

_LAST_WORDS: Final = 0.8  # seconds; PID 1 kills 0.6 s after the first signal
_SIGNALLED: Final = 128


class Machine:
    """A handle on one machine of a running world. `network` identifies its network: two machines can be one."""

    def __init__(self, world: Door, name: str, kind: str, node: str | None, network: int = 0) -> None:
        self.world = world
        self.name = name
        self.kind = kind
        self.node = node
        self.network = network

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name} of {self.world.name}>"

    def run(
        self, command: Command, *, stdin: str = "", timeout: float | None = None,
        env: Mapping[str, str] | None = None, journal: Mapping[str, Any] | None = None,
    ) -> Result:  # fmt: skip
        """Run as the learner, in all of the machine's namespaces; a string is given to bash -c. Raises WorldError."""
        return self._collect(command, stdin, timeout, environment=dict(env or {}), journal=journal and dict(journal))

    def probe(self, argv: Sequence[str], *, stdin: str = "", timeout: float = 5.0) -> Result:
        """Run as the judge: PID 1's programs and files, in this machine's network.

        Raises CannotTell when that failed, was too slow, or was ended by a signal, which a learner's process can send.
        """
        try:
            result = self._collect(argv, stdin, timeout, judge=True)
        except LabkitError as error:
            raise CannotTell(f"{' '.join(argv)} on {self.name}: {error.message}", hint=error.hint) from error
        if result.status > _SIGNALLED:
            raise CannotTell(f"{' '.join(argv)} on {self.name} was ended by signal {result.status - _SIGNALLED}")
        return result

    def _collect(self, command: Command, stdin: str, timeout: float | None, **options: Any) -> Result:
        argv = to_argv(command)
        stdout, stderr = Kept(), Kept()
        with open_input(stdin.encode()) as source:
            ended = self._run_piped(argv, source, (stdout.take, stderr.take), timeout, **options)
        if ended is None:
            raise CannotTell(f"{' '.join(argv)[:200]} on {self.name} did not end within {timeout:g} s")
        return Result(self.name, argv, ended[0], stdout.render(), stderr.render(), ended[1])

    def _run_piped(
        self, command: Command, source: int, takers: Sequence[Take], timeout: float | None, **options: Any
    ) -> tuple[int, float] | None:
        """Run to the end; `takers`: of stdout and stderr, or one of both."""
        with contextlib.ExitStack() as stack:
            pipes = [open_pipe(stack) for _ in takers]
            writers = [writer for _, writer in pipes]
            standard = (source, writers[0].fileno(), writers[-1].fileno())
            process = stack.enter_context(self.start_process(command, standard=standard, **options))
            for writer in writers:
                writer.close()
            readers = {reader.fileno(): take for (reader, _), take in zip(pipes, takers, strict=True)}
            try:
                return pump(process, readers, timeout)
            except KeyboardInterrupt:
                process.stop()
                pump(process, readers, _LAST_WORDS)
                raise

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
        except BaseException:  # Ctrl-C too: hanging up ends what was started
            connection.close()
            raise
        return Process(connection, received[0] if received else None)

    def run_streaming(self, command: Command, take: Take, **options: Any) -> int:
        """Run as the learner, handing output (both streams) on as it comes; the exit status. Any exception ends the command.

        The command is over when its first process is: what it left in the background goes on, its output is not seen.
        Ctrl-C, a notebook's Stop, waits for the command's last words, at most 0.8 s; a second one does not.
        """
        with open_input() as nothing:
            ended = self._run_piped(command, nothing, (take,), None, **options)
        return ended[0] if ended else -1

    def open_socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """A socket opened in this machine's network namespace. Close it soon: it keeps the namespace alive."""
        return self.world.open_sockets([self.name], family, kind, protocol)[0]

    def open_netns(self) -> int:
        """A descriptor of this machine's network namespace. Close it soon."""
        _, received = self.world.ask("netns", machine=self.name)
        return received[0]

    def list_folder(self, path: str) -> list[str] | None:
        """Names in a folder as this machine's processes find it, read without a program of the machine's; None when there is none."""
        opened = self._open_path(path)
        if opened is None:
            return None
        try:
            return sorted(os.listdir(opened))  # noqa: PTH208 - a descriptor has no Path
        except NotADirectoryError:
            return None
        finally:
            os.close(opened)

    def read_file(self, path: str, *, limit: int = 1 << 20) -> str | None:
        """The text of a file there, its first `limit` bytes, likewise; None when there is none."""
        opened = self._open_path(path)
        if opened is None:
            return None
        with os.fdopen(opened, "rb") as file:
            return file.read(limit).decode(errors="replace")

    def _open_path(self, path: str) -> int | None:
        try:
            _, received = self.world.ask("open", machine=self.name, path=path)
        except WorldError as error:
            if os.strerror(errno.ENOENT) in error.message:
                return None
            raise
        return received[0]

    def list_processes(self) -> list[tuple[int, list[str]]]:
        """Processes in this machine's network: (number inside the world, command line, cut at 500 bytes)."""
        found: list[tuple[int, list[str]]] = []
        more = True
        while more:
            answer, _ = self.world.ask("processes", machine=self.name, first=len(found))
            found += [(number, argv) for number, argv in answer["processes"]]
            more = answer["more"]
        return found
