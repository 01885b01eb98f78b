"""One flanneld a node: its number in a locked file."""

from __future__ import annotations

import fcntl
import os
import selectors
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from labkit.errors import UsageError

PID: Final = "/run/flannel/flanneld.pid"


@contextmanager
def hold_pid_file() -> Iterator[None]:
    """While this one runs; the next one waits for its end."""
    Path(PID).parent.mkdir(exist_ok=True)
    with open(os.open(PID, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+") as file:  # noqa: PTH123
        wait_lock(file.fileno())
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def wait_lock(descriptor: int, *, seconds: float = 5.0) -> None:
    """Until the lock is ours. Raises UsageError when the other one does not end."""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as clock:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise UsageError("another flanneld runs on this node", hint=f'kill "$(cat {PID})"') from error
                clock.select(0.05)
            else:
                return
