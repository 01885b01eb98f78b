"""A VM while it runs: its streams handed on, its boot watched, its end seen to."""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from labkit.errors import LabkitError
from labkit.timing import scale
from labkit.vm.console import Console
from labkit.world import open_input, start_program

STOP: Final = 30.0  # seconds in which a server ends in good order
BOOT: Final = 300.0  # seconds for which a guest may not report; it takes 10 to 15 on an idle machine
_EVERY: Final = 0.5
_CHUNK: Final = 1 << 16

Take = Callable[[bytes], None]


Words = Callable[[int, int], Sequence[str]]


class Guest:
    """One start of virtme-run. `plan` gets the descriptors for the command's stderr and for what the guest is told (`values`).

    `served`: the command is a server, whose input has its end when it shall end.
    """

    def __init__(self, plan: Words, values: str, environment: Mapping[str, str], *, served: bool = False) -> None:
        self.console = Console()
        self._began = time.monotonic()
        self._shown = ""
        self._stack = contextlib.ExitStack()
        self._selector = self._stack.enter_context(selectors.DefaultSelector())
        stderr = self._open_output(_write_to(2))
        stdin, self._held = os.pipe() if served else (_open_input(), -1)
        with contextlib.ExitStack() as handed, open_input(values.encode()) as told:
            streams = (
                stdin,
                self._open_output(_write_to(1)),
                self._open_output(self.console.take),
            )
            for descriptor in (*streams, stderr):
                handed.callback(os.close, descriptor)
            self._process = start_program(plan(stderr, told), streams=streams, env=environment, held=(stderr, told))

    def _open_output(self, take: Take) -> int:
        reader, writer = os.pipe()
        self._watch(reader, take)
        return writer

    def _watch(self, reader: int, take: Take) -> None:
        self._selector.register(reader, selectors.EVENT_READ, take)
        self._stack.callback(os.close, reader)

    def run(self, tell: Callable[[str], None]) -> int:
        """The command's exit status; 130 after Ctrl-C. Raises LabkitError with its last lines when it never reported, or ended early."""
        deadline = time.monotonic() + scale(BOOT)
        while self._selector.get_map():
            if not self.console.began:
                self._show(tell)
                if time.monotonic() > deadline:
                    raise self._explain(f"did not report within {scale(BOOT):.0f} s", tell)
            self.hand_on()
        return self._finish(tell)

    def stop(self, tell: Callable[[str], None]) -> int:
        """A server's exit status, once it has ended in good order. Raises LabkitError when it does not in time."""
        os.close(self._held)
        self._held = -1
        deadline = time.monotonic() + scale(STOP)
        while self._selector.get_map():
            if time.monotonic() > deadline:
                raise self._explain(f"did not end within {scale(STOP):.0f} s and was ended", tell)
            self.hand_on()
        return self._finish(tell)

    def _finish(self, tell: Callable[[str], None]) -> int:
        self._process.wait()
        if self.console.status is None:
            raise self._explain("ended early" if self.console.began else "ended before it had reported", tell)
        return self.console.status

    def hand_on(self) -> None:
        """What has come, or half a second of waiting."""
        for key, _ in self._selector.select(_EVERY):
            data = os.read(key.fd, _CHUNK)
            if data:
                key.data(data)
            else:
                self._selector.unregister(key.fd)

    def _show(self, tell: Callable[[str], None]) -> None:
        if self.console.stage != self._shown:
            self._shown = self.console.stage
            tell(f"the VM boots: {self._shown} ({time.monotonic() - self._began:.0f} s)")

    def _explain(self, what: str, tell: Callable[[str], None]) -> LabkitError:
        tell("\n    ".join(["the last lines of the VM's console:", *self.console.last]))
        return LabkitError(f"the VM {what}", hint=self.console.find_remedy())

    def is_over(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def end(self) -> None:
        """Nothing of it is left after this."""
        if not self.is_over():
            self._process.terminate()
            self._process.wait()
        if self._held >= 0:
            os.close(self._held)
            self._held = -1
        self._stack.close()


def _open_input() -> int:
    """What it reads. A terminal is not handed on: there is none in the VM."""
    if os.isatty(0):
        return os.open(os.devnull, os.O_RDONLY)
    reader, writer = os.pipe()
    threading.Thread(target=_feed, args=(writer,), daemon=True).start()
    return reader


def _feed(writer: int) -> None:
    """Our stdin, until its end."""
    with contextlib.suppress(OSError):
        while data := os.read(0, _CHUNK):
            while data:
                data = data[os.write(writer, data) :]
    with contextlib.suppress(OSError):
        os.close(writer)


def _write_to(descriptor: int) -> Take:
    def write(data: bytes) -> None:
        while data:
            data = data[os.write(descriptor, data) :]

    return write
