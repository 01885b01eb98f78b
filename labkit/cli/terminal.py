"""This process's terminal joined to a machine's: keys there, output here, the window's size kept the same."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import termios
import tty
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from labkit.world import Process

Taker = Callable[[bytes], None]
_CHUNK: Final = 65536
_END_OF_INPUT: Final = b"\x04"
_AGAIN: Final = 0.2  # seconds
_KEYS, _SCREEN = 0, 1


def run_terminal(process: Process, takers: Mapping[int, Taker] | None = None) -> int:
    """Join until the command has ended; its exit status. `takers`: who gets what it writes to further descriptors."""
    master = process.master
    if master is None:
        raise ValueError("the command has no terminal")
    with _raw_mode(), _same_size(master):
        _join(process, master, dict(takers or {}))
    ended = process.wait()
    return ended[0] if ended else 1


def _join(process: Process, master: int, takers: dict[int, Taker]) -> None:
    takers |= {master: _write_screen, _KEYS: lambda keys: _write_all(master, keys)}
    while True:
        # a program that reads line by line takes the end of input, one that is just starting may lose it: say it again
        pause = None if _KEYS in takers else _AGAIN
        ready, _, _ = select.select([process.fileno(), *takers], [], [], pause)
        for descriptor in [each for each in ready if each in takers]:
            data = _read(descriptor)
            takers[descriptor](data)
            if not data:
                del takers[descriptor]
        if ready == [process.fileno()] or (process.fileno() in ready and master not in takers):
            return
        if not ready:
            _write_all(master, _END_OF_INPUT)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _CHUNK)
    except OSError:
        return b""  # EIO: the last program on the terminal has closed it


def _write_screen(data: bytes) -> None:
    _write_all(_SCREEN, data)


def _write_all(descriptor: int, data: bytes) -> None:
    with contextlib.suppress(OSError):
        while data:
            data = data[os.write(descriptor, data) :]


@contextlib.contextmanager
def _raw_mode() -> Iterator[None]:
    """Every key goes to the machine, Ctrl-C too; nothing to do where stdin is no terminal."""
    if not os.isatty(_KEYS):
        yield
        return
    before = termios.tcgetattr(_KEYS)
    try:
        tty.setraw(_KEYS, termios.TCSADRAIN)  # keys typed already are kept
        yield
    finally:
        termios.tcsetattr(_KEYS, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _same_size(master: int) -> Iterator[None]:
    def copy_size(*_: object) -> None:
        with contextlib.suppress(OSError):
            fcntl.ioctl(master, termios.TIOCSWINSZ, fcntl.ioctl(_SCREEN, termios.TIOCGWINSZ, bytes(8)))

    copy_size()
    before = signal.signal(signal.SIGWINCH, copy_size)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
