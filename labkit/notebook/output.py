"""A cell's output: shown as it comes, capped, all of it kept in a file when it is too much."""

from __future__ import annotations

import codecs
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final, TextIO

HEAD: Final = 150_000  # bytes shown as they come; the server drops everything of a cell that sends a million a second
TAIL: Final = 50_000  # bytes shown from the end
KEPT: Final = 100_000_000  # bytes kept in the file


class CappedOutput:
    """Takes bytes as they come and writes text to `stream`; `close` shows the end of a flood and says where all of it is.

    `make_file` opens a new file for the first flood of a cell.
    """

    def __init__(self, stream: TextIO, make_file: Callable[[], BinaryIO]) -> None:
        self._stream = stream
        self._make_file = make_file
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._head: list[bytes] = []
        self._tail = b""
        self._file: BinaryIO | None = None
        self.taken = 0

    def take(self, data: bytes) -> None:
        """The next bytes, of any number."""
        room = max(0, HEAD - self.taken)
        self.taken += len(data)
        if room:
            self._stream.write(self._decode(data[:room]))
            self._head.append(data[:room])
        if data[room:]:
            self._keep(data[room:])

    def _keep(self, data: bytes) -> None:
        if self._file is None:
            self._file = self._make_file()
            self._file.writelines(self._head)
        if self._file.tell() < KEPT:
            self._file.write(data)
        self._tail = (self._tail + data)[-TAIL:]

    def read_end(self) -> bytes:
        """The last of what was said, where errors are."""
        return self._tail or b"".join(self._head)[-TAIL:]

    def close(self) -> None:
        """No more will come."""
        if self._file is None:
            self._stream.write(self._decode(b"", final=True))
            return
        left_out = self.taken - HEAD - len(self._tail)
        note = f"… {left_out:,} bytes left out; all of it is in {self._file.name} …"
        self._stream.write(f"\n{note}\n{self._tail.decode(errors='replace')}")
        self._file.close()


def open_capped(machine: str) -> CappedOutput:
    """Output of the running cell, from a command on `machine`."""
    return CappedOutput(sys.stdout, lambda: _open_file(machine))


def _open_file(machine: str) -> BinaryIO:
    """In `output/` beside the notebook, where the learner finds it; elsewhere when that can't be written."""
    folder = Path.cwd() / "output" if os.access(Path.cwd(), os.W_OK) else None
    if folder:
        folder.mkdir(exist_ok=True)
    descriptor, name = tempfile.mkstemp(".txt", f"output-{machine}-", folder)
    os.close(descriptor)
    return Path(name).open("wb")
