"""An agent's process: one a node, in the background once it is ready."""

from __future__ import annotations

import fcntl
import os
import selectors
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from labkit.errors import LabkitError, UsageError

_READY: Final = b"+"


@contextmanager
def hold_pid_file(path: Path) -> Iterator[None]:
    """While this agent runs, its number in a locked file; the next one waits for its end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+") as file:  # noqa: PTH123
        wait_lock(file.fileno(), path)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def read_running(path: Path) -> int:
    """The process whose number a file has; 0 when there is none of it any more."""
    try:
        process = int(path.read_text(encoding="ascii"))
        os.kill(process, 0)
    except (OSError, ValueError):
        return 0
    return process


def wait_lock(descriptor: int, path: Path, *, seconds: float = 5.0) -> None:
    """Until the lock is ours. Raises UsageError when the other one does not end."""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as clock:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise UsageError(f"another {path.stem} runs on this node", hint=f'kill "$(cat {path})"') from error
                clock.select(0.05)
            else:
                return


def start_background(serve: Callable[[Callable[[], None]], None], log: Path) -> None:
    """Run `serve` in a process that goes on when this one ends; what it prints goes into `log`.

    Returns when `serve` calls the function that it is given: it is ready. Raises LabkitError, with its words, if it ends before.
    """
    reader, writer = os.pipe()
    sys.stdout.flush()
    if not os.fork():
        os.close(reader)
        _become_background(serve, log, writer)
    os.close(writer)
    with open(reader, "rb") as pipe:  # noqa: PTH123 - a descriptor
        said = pipe.read()
    if said != _READY:
        raise LabkitError(said.decode() or f"{log.stem} ended before it was ready", hint=f"see {log}")


def _become_background(serve: Callable[[Callable[[], None]], None], log: Path, writer: int) -> NoReturn:
    """Never returns into the caller's code, which is that of the process in the foreground."""
    status = 1
    try:
        os.setsid()
        take_standard_streams(log)
        serve(lambda: _say_and_close(writer, _READY))
        status = 0
    except (LabkitError, OSError) as error:
        print(error, file=sys.stderr)
        _say_and_close(writer, str(error).encode())
    except BaseException:  # noqa: BLE001 - it would go up into the caller's code
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def take_standard_streams(log: Path) -> None:
    """Nothing to read; what this process prints from now on goes into `log`."""
    null = os.open(os.devnull, os.O_RDONLY)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for target, source in ((0, null), (1, written), (2, written)):
        os.dup2(source, target)


def _say_and_close(writer: int, said: bytes) -> None:
    try:
        os.write(writer, said)
        os.close(writer)
    except OSError:
        pass  # said already, or whoever started it is gone
