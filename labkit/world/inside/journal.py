"""The journal, as PID 1 writes it: a line of JSON for each thing done, to a descriptor it was given."""

from __future__ import annotations

import json
import os
import time
from typing import Any, Final

VERSION: Final = 1  # of a line; keys that are added need no other
MAX_ENTRY: Final = 64 * 1024
MAX_WHOLE: Final = 8 * 1024 * 1024  # whoever reads it reads all of it: half a second at this size


class Journal:
    """Appends entries, within limits; a limit that is reached is an entry itself. Without a descriptor nothing is kept."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self._torn = False
        self._full = False

    def write(self, entry: dict[str, Any]) -> None:
        """Append `entry` with the version and the time. A full disk is no reason to stop: the lab goes on, the entry is lost."""
        if self._descriptor is None or self._full:
            return
        line = _render(entry)
        if len(line) > MAX_ENTRY:
            line = _render_limit(f"left out: an entry of {len(line)} bytes, more than {MAX_ENTRY}")
        if os.fstat(self._descriptor).st_size + len(line) > MAX_WHOLE:
            self._full = True
            line = _render_limit(f"full: {MAX_WHOLE} bytes. What is done from here on is not written down")
        self._append(self._descriptor, line)

    def _append(self, descriptor: int, line: bytes) -> None:
        data = b"\n" + line if self._torn else line
        try:
            self._torn = os.write(descriptor, data) != len(data)
        except OSError:
            return


def _render(entry: dict[str, Any]) -> bytes:
    return json.dumps({"version": VERSION} | entry | {"time": time.time()}).encode() + b"\n"


def _render_limit(text: str) -> bytes:
    return _render({"kind": "trouble", "text": f"this journal is {text}" if text.startswith("full") else text})
