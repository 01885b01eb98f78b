"""Log files as kubelet expects them of a container runtime (CRI): `2026-11-29T15:04:05.000000000Z stdout F text`."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Final, Self

_LONGEST: Final = 16 * 1024  # bytes; more of a line is written as parts (containerd)
_WORDS: Final = 4


@dataclass(frozen=True)
class Line:
    """One entry. `whole`: the text ends a line."""

    time: str
    stream: str
    whole: bool
    text: bytes

    @property
    def output(self) -> bytes:
        """What the program wrote."""
        return self.text + b"\n" if self.whole else self.text

    @classmethod
    def parse(cls, raw: bytes) -> Self | None:
        """Of a file's line; None when it is none."""
        parts = raw.rstrip(b"\n").split(b" ", _WORDS - 1)
        if len(parts) != _WORDS:
            return None
        return cls(parts[0].decode(), parts[1].decode(), parts[2] == b"F", parts[3])


class Log:
    """The writing side, of both streams of a container."""

    def __init__(self, path: str) -> None:
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._rests: dict[str, bytes] = {}

    def write(self, stream: str, data: bytes) -> None:
        """What came; a line that is not at its end is kept until it is, or is too long."""
        *lines, rest = (self._rests.pop(stream, b"") + data).split(b"\n")
        entries = [render_line(stream, line) for line in lines]
        while len(rest) > _LONGEST:
            entries.append(render_line(stream, rest[:_LONGEST], whole=False))
            rest = rest[_LONGEST:]
        if rest:
            self._rests[stream] = rest
        if entries:
            os.write(self._file, b"".join(entries))

    def flush(self) -> None:
        """The ends of both streams, which may lack their newline."""
        for stream, rest in self._rests.items():
            os.write(self._file, render_line(stream, rest, whole=False))
        self._rests.clear()

    def close(self) -> None:
        """Nothing more comes."""
        self.flush()
        os.close(self._file)


def render_line(stream: str, text: bytes, *, whole: bool = True, now: int | None = None) -> bytes:
    """One entry; `now`: nanoseconds since 1970."""
    moment = time.time_ns() if now is None else now
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment // 10**9))
    return b"%s.%09dZ %s %s %s\n" % (seconds.encode(), moment % 10**9, stream.encode(), b"F" if whole else b"P", text)
