"""The terminal this process was started on: line mode and raw mode, front and background, its size; a command's terminal behind it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import struct
import termios
import tty
from collections.abc import Iterator
from typing import Any, Final

KEYS, SCREEN = 0, 1
_LOCAL, _CHARACTERS = 3, 6  # places in what tcgetattr returns


class Terminal:
    """Our side. `whole`: keys and screen are one, so that every key goes to the command, Ctrl-C too."""

    def __init__(self, *, whole: bool) -> None:
        self.is_one = os.isatty(KEYS)
        self._whole = whole and self.is_one
        self._before: list[Any] | None = None

    @property
    def is_raw(self) -> bool:
        return self._before is not None

    def enter(self) -> None:
        """Raw mode, from now on; nothing where this process runs in the background."""
        if self._whole and not self.is_raw and _is_in_front():
            self._before = termios.tcgetattr(KEYS)
            tty.setraw(KEYS, termios.TCSADRAIN)  # keys typed already are kept

    def leave(self) -> None:
        """As it was."""
        if self._before is not None:
            with contextlib.suppress(termios.error):  # it has gone
                termios.tcsetattr(KEYS, termios.TCSADRAIN, self._before)
        self._before = None

    def may_read(self) -> bool:
        """Whether keys are for us: in the background they aren't, nor while another program, `less` say, has taken line mode away."""
        if not self.is_one or self.is_raw:
            return True
        with contextlib.suppress(termios.error):
            return _is_in_front() and bool(termios.tcgetattr(KEYS)[_LOCAL] & termios.ICANON)
        return True

    def adapt(self, shown: bytes) -> bytes:
        """What a command's terminal writes for a raw one, for ours as it is: in line mode it begins lines by itself."""
        return shown if self.is_raw else shown.replace(b"\r\n", b"\n")

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Raw mode for the block."""
        self.enter()
        try:
            yield
        finally:
            self.leave()


def _is_in_front() -> bool:
    try:
        return os.tcgetpgrp(KEYS) == os.getpgrp()
    except OSError:  # not the terminal that controls this process: then nobody else's
        return True


def hold_suspension() -> None:
    """Ctrl-Z waits until somebody catches it: it would stop us and not the command that has just begun."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})


def stop_own_job() -> None:
    """As Ctrl-Z does it to the whole job, until the shell continues it."""
    before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    try:
        os.kill(0, signal.SIGTSTP)
    finally:
        signal.signal(signal.SIGTSTP, before)


def copy_size(master: int) -> None:
    """The window's size, to the command's terminal."""
    for own in (SCREEN, KEYS):
        with contextlib.suppress(OSError):
            fcntl.ioctl(master, termios.TIOCSWINSZ, fcntl.ioctl(own, termios.TIOCGWINSZ, bytes(8)))
            return


def silence(master: int) -> None:
    """No echo there: our own terminal is in line mode and has shown what was typed."""
    attributes = termios.tcgetattr(master)
    attributes[_LOCAL] &= ~termios.ECHO
    termios.tcsetattr(master, termios.TCSANOW, attributes)


def find_suspension(keys: bytes, master: int) -> int:
    """Where among the keys is the one that suspends the command; -1 when there is none, or it is for a program with jobs of its own.

    The command's group then is not the one in front of its terminal, or it reads key by key, as an editor or a shell at its prompt.
    """
    try:
        attributes = termios.tcgetattr(master)
        in_front = os.tcgetpgrp(master)
        session = struct.unpack("i", fcntl.ioctl(master, _SESSION, bytes(4)))[0]
    except (termios.error, OSError):
        return -1
    wanted = termios.ISIG | termios.ICANON
    is_plain = attributes[_LOCAL] & wanted == wanted and in_front == session
    return keys.find(attributes[_CHARACTERS][termios.VSUSP]) if is_plain else -1


_SESSION: Final = 0x5429  # TIOCGSID (asm-generic/ioctls.h), which Python 3.11 has no name for
