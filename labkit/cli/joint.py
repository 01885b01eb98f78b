"""A running command joined to this process: its streams and its signals, until it has ended."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from labkit.cli.streams import Handed, Input, Output, Ready, Stream, Taker, read
from labkit.cli.terminal import KEYS, SCREEN, Terminal, copy_size, find_suspension, stop_own_job
from labkit.errors import LabkitError
from labkit.world import Process

_END_OF_INPUT: Final = b"\x04"
_AGAIN: Final = 0.2  # seconds
_CAUGHT: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH)
_SIGNALLED: Final = 128


class _Left(Exception):
    """We were told to end; `status` is what a shell says of that."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = _SIGNALLED + number


class Joint:
    """Joins a command that runs. `suspends`: Ctrl-Z stops it and us, where it has no jobs of its own."""

    def __init__(self, process: Process, terminal: Terminal, *, suspends: bool = False) -> None:
        self.process = process
        self.terminal = terminal
        self._suspends = suspends
        self._streams: list[Stream] = []
        self._interrupted = False

    def join(self, streams: Sequence[Stream]) -> int:
        """Until it has ended; its exit status. The first SIGINT goes to the command, the second ends it."""
        self._streams += streams
        if self.process.master is not None:
            copy_size(self.process.master)
        try:
            with _catch_signals() as signals, self.terminal.entered():
                while (ended := self.process.wait(0)) is None:
                    self._take_turns(signals, [self.process.fileno()])
                self._finish(signals)
        except _Left as left:
            return left.status
        return ended[0]

    def _take_turns(self, signals: int, watched: Sequence[int]) -> None:
        wanted = [stream.list_wanted() for stream in self._streams]
        reading = [descriptor for each, _ in wanted for descriptor in each]
        writing = [descriptor for _, each in wanted for descriptor in each]
        pauses = [stream.pause for stream in self._streams if stream.pause is not None]
        readable, writable, _ = select.select([*watched, signals, *reading], writing, [], min(pauses, default=None))
        if signals in readable:
            for number in os.read(signals, 64):
                self._take_signal(number)
        for stream in self._streams:
            stream.take_turn(Ready(readable, writable))

    def _finish(self, signals: int) -> None:
        """What it said last is written; what it left in the background may go on writing, into the void."""
        outputs = [stream for stream in self._streams if isinstance(stream, Output)]
        for stream in self._streams:
            if isinstance(stream, Input):
                stream.settle()
            elif isinstance(stream, Output | Handed):
                stream.finish()
        self._streams = [*outputs]
        while any(output.list_wanted()[1] for output in outputs):
            self._take_turns(signals, [])
        left = [each.left for each in outputs if each.left is not None and each.left != self.process.master]
        if left:
            self.process.drain(left)
        for output in outputs:
            if output.failure and output.failure.errno not in (errno.EPIPE, errno.EIO):
                raise LabkitError(
                    f"its output could not be written: {output.failure.strerror}", hint="where does it go?"
                )

    def _take_signal(self, number: int) -> None:
        match number:
            case signal.SIGINT if not self._interrupted:
                self._interrupted = True
                self.process.signal(number)
            case signal.SIGINT | signal.SIGTERM | signal.SIGHUP:
                raise _Left(number)
            case signal.SIGTSTP:
                self.suspend()
            case signal.SIGWINCH if self.process.master is not None:
                copy_size(self.process.master)
            case signal.SIGCONT:
                self.terminal.enter()

    def suspend(self) -> None:
        """Stop the command and ourselves; returns when we are continued, and so is the command."""
        self.process.signal(signal.SIGSTOP)
        self.terminal.leave()
        stop_own_job()
        self.terminal.enter()
        if self.process.master is not None:
            copy_size(self.process.master)
        self.process.signal(signal.SIGCONT)

    def find_suspension(self, keys: bytes, master: int) -> int:
        """Where among the keys one suspends the command; -1: nowhere."""
        return find_suspension(keys, master) if self._suspends and self.terminal.is_raw else -1


class Keys:
    """What is typed, or piped in, to the command's terminal."""

    def __init__(self, joint: Joint, master: int) -> None:
        self.pause: float | None = None
        self._joint = joint
        self._master = master
        self._waiting = b""
        self._ended = False
        os.set_blocking(master, False)

    def list_wanted(self) -> tuple[list[int], list[int]]:
        """To write what was typed, then to read on."""
        if self._waiting:
            self.pause = None
            return [], [self._master]
        may_read = not self._ended and self._joint.terminal.may_read()
        self.pause = None if may_read else _AGAIN
        return ([KEYS] if may_read else []), []

    def take_turn(self, ready: Ready) -> None:
        """Read or write once; at the end say so."""
        if self._waiting and self._master in ready.writable:
            with contextlib.suppress(BlockingIOError):
                self._waiting = self._waiting[self._write(self._waiting) :]
        elif KEYS in ready.readable and not self._ended:
            self._take(read(KEYS))
        elif self._ended and not self._waiting and not any(ready):
            # a program that reads line by line takes it, one that is just starting may lose it: say it again
            self._waiting = _END_OF_INPUT

    def _write(self, data: bytes) -> int:
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            raise
        except OSError:  # the last program on it has gone
            return len(data)

    def _take(self, keys: bytes) -> None:
        if not keys:
            self._ended = True
            self._waiting = _END_OF_INPUT
            return
        at = self._joint.find_suspension(keys, self._master)
        self._waiting = keys if at < 0 else keys[:at] + keys[at + 1 :]
        if at >= 0:
            self._joint.suspend()


def run_terminal(process: Process, takers: Mapping[int, Taker] | None = None) -> int:
    """Join a command that runs on a terminal to ours; its exit status. `takers`: who gets what it writes to further descriptors."""
    master = process.master
    if master is None:
        raise ValueError("the command has no terminal")
    joint = Joint(process, Terminal(whole=True))
    further = [Handed(reader, take) for reader, take in (takers or {}).items()]
    return joint.join([Keys(joint, master), Output(master, SCREEN, joint.terminal.adapt), *further])


@contextlib.contextmanager
def _catch_signals() -> Iterator[int]:
    """A descriptor from which the numbers of signals can be read that come meanwhile."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    before = {number: signal.signal(number, lambda *_: None) for number in _CAUGHT}
    waked = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTSTP})  # `hold_suspension`
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(waked)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)
