"""Where labkit meets what it did not foresee: whatever is raised becomes one line that names a remedy; odd streams become usable ones."""

# ruff: noqa: RUF001 - signs are named here that look like others

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import sys
import traceback
from typing import Any, Final, TextIO

from labkit.cli.printing import adapt
from labkit.errors import LabkitError
from labkit.world import debug

_HINTS: Final = {
    errno.EAGAIN: "ulimit -u says how many processes and threads there may be",
    errno.ENOMEM: "ulimit -v says how much memory there may be",
    errno.EMFILE: "ulimit -n says how many files may be open; 256 will do",
    errno.ENFILE: "this machine has too many files open",
    errno.ENOSPC: "make room on the disk, or write elsewhere",
    errno.EDQUOT: "make room in your quota, or write elsewhere",
    errno.EROFS: "write elsewhere",
    errno.EACCES: "ask who it belongs to, or take another",
}
_OWN_FAULT: Final = "this is a fault of labkit's own: LABKIT_DEBUG=1 before the command shows where"
_LONGEST: Final = 1000  # characters of what is said of an error
# for terminals that have few letters: signs of ours by what comes near them
_NEAR: Final = {
    "✓": "+", "✗": "x", "–": "-", "—": "-", "…": "...", "→": "->", "←": "<-", "·": ".", "⏎": "|", "×": "x", "≥": ">=", "“": '"', "”": '"',
    "’": "'", "─": "-", "│": "|", "└": "`", "├": "|", "●": "*", "○": "o",
}  # fmt: skip


def ensure_streams() -> None:
    """Stdin, stdout and stderr are open, so that nothing else gets their numbers, and take every letter."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    sys.stdout = _open_again(sys.stdout, 1)
    sys.stderr = _open_again(sys.stderr, 2)
    codecs.register_error("labkit-near", _find_near)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="labkit-near")


def _open_again(stream: TextIO | Any, number: int) -> TextIO:
    """Python has none for a descriptor that was closed when it began."""
    return stream or os.fdopen(number, "w", encoding="utf-8", closefd=False)


def _find_near(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(_NEAR.get(letter, "?") for letter in letters), error.end


def explain(error: Exception) -> LabkitError:
    """What is said of an error that nobody foresaw."""
    if isinstance(error, LabkitError):
        return error
    if isinstance(error, MemoryError):
        return LabkitError("there is not enough memory", hint=_HINTS[errno.ENOMEM])
    if isinstance(error, OSError) and error.strerror:
        where = f": {os.fsdecode(error.filename)}" if isinstance(error.filename, str | bytes) else ""
        return LabkitError(f"{error.strerror}{where}", hint=_HINTS.get(error.errno or 0, _OWN_FAULT))
    if isinstance(error, RuntimeError) and "new thread" in str(error):
        return LabkitError("no further thread can be started", hint="ulimit -u or ulimit -v is too low")
    said = str(error).strip().partition("\n")[0]
    return LabkitError(f"{type(error).__name__}{': ' if said else ''}{said}", hint=_OWN_FAULT)


def print_error(error: Exception, door: str = "labkit") -> LabkitError:
    """What was tried and what came back, below it what to do; with LABKIT_DEBUG also where. What it was said as."""
    said = explain(error)
    with contextlib.suppress(OSError, ValueError):  # stderr is full, or gone
        if debug.is_on():
            traceback.print_exception(error)
        lines = [f"{door}: {_render_line(said.message)}", *([f"  {_render_line(said.hint)}"] if said.hint else [])]
        print(adapt("\n".join(lines), sys.stderr), file=sys.stderr)
    return said


def _render_line(text: str) -> str:
    line = " ".join(text.splitlines())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def forget_output() -> None:
    """What is still to be written can't be: the interpreter's own flush at the end must not say so again."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
