"""A command for test_warm.py: says what it has of its caller, or ends in one of the ways in which commands end."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from typing import NoReturn


def main() -> int | None:
    """`toy tell`, `toy exit N`, `toy die N`, `toy wait`, `toy raise`, `toy say WORDS`."""
    ways = {"tell": tell, "exit": leave, "die": die, "wait": wait, "raise": stumble, "say": say}
    return ways[sys.argv[1]]()


def tell() -> None:
    """What a process has."""
    mask = os.umask(0)
    sys.stdout.write(
        json.dumps(
            {
                "argv": sys.argv, "environment": dict(os.environ), "folder": os.getcwd(), "mask": mask,  # noqa: PTH109
                "host": socket.gethostname(), "links": sorted(os.listdir("/sys/class/net")), "stdin": sys.stdin.read(),  # noqa: PTH208
                "descriptors": len(os.listdir("/proc/self/fd")), "terminal": sys.stdout.isatty(), "parent": os.getppid(),  # noqa: PTH208
            }
        )
        + "\n"
    )  # fmt: skip
    sys.stderr.write("told\n")


def leave() -> int:
    """An exit status."""
    return int(sys.argv[2])


def die() -> None:
    """By a signal."""
    os.kill(os.getpid(), int(sys.argv[2]))


def wait() -> NoReturn:
    """Until a signal comes; SIGTERM is said."""

    def end(*_: object) -> NoReturn:
        sys.stdout.write("ended in order\n")
        sys.exit(7)

    signal.signal(signal.SIGTERM, end)
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    while True:
        select.select([], [], [])


def stumble() -> None:
    """With a traceback."""
    raise ZeroDivisionError("a slip")


def say() -> None:
    """With a sentence, as sys.exit takes it."""
    sys.exit(sys.argv[2])
