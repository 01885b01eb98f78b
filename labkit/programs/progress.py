"""How far a build has come, told by whoever builds and repeated by those who wait for it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

Tell = Callable[[str], None]
_EVERY: Final = 5.0  # seconds between two lines
_NAME: Final = "progress"


class Progress:
    """Lines for whoever looks on, not more than one in five seconds, the newest also in a file for those who wait."""

    def __init__(self, work: Path, tell: Tell) -> None:
        self._file = work / _NAME
        self._tell = tell
        self._began = self._said = time.monotonic()
        self._modules = self._packages = self._all = 0

    def say(self, text: str) -> None:
        """At once."""
        self._said = time.monotonic()
        with contextlib.suppress(OSError):
            self._file.write_text(text, encoding="utf-8")
        self._tell(text)

    def expect(self, packages: int) -> None:
        """How many there are to be compiled."""
        self._all = packages

    def take_download(self, line: str) -> bool:
        """Whether the line of `go`'s is about a module that is fetched."""
        if not line.startswith("go: downloading"):
            return False
        self._modules += 1
        self._say_now_and_then(f"{self._modules} modules fetched")
        return True

    def take(self, line: str) -> None:
        """A line of `go build -v`: a package that is compiled."""
        if self.take_download(line) or " " in line or line.startswith("#"):
            return
        self._packages += 1
        self._say_now_and_then(f"{self._packages} of {self._all} packages compiled, now {line}")

    def _say_now_and_then(self, text: str) -> None:
        if time.monotonic() - self._said >= _EVERY:
            seconds = int(time.monotonic() - self._began)
            self.say(f"Kubernetes' programs: {text} ({seconds // 60} min {seconds % 60:02} s)")


def read_told(work: Path) -> str:
    """The newest line; empty when there is none."""
    try:
        return (work / _NAME).read_text(encoding="utf-8")
    except OSError:
        return ""


@contextlib.contextmanager
def follow(work: Path, tell: Tell) -> Iterator[None]:
    """Meanwhile, tell what another builder tells."""
    over = threading.Event()

    def repeat() -> None:
        told = ""
        while not over.wait(_EVERY):
            if (text := read_told(work)) and text != told:
                tell(text)
                told = text

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
