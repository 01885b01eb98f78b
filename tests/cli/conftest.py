"""A person at a terminal; `./lab up` as a process, and asking it."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CLI = (sys.executable, "-m", "labkit.cli")
NOTEBOOK = {"cells": [], "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}


class Terminal:
    """The person's side of a terminal on which a program runs, in a session of its own."""

    def __init__(self, words: Sequence[str], size: tuple[int, int] = (30, 90)) -> None:
        self.master, slave = pty.openpty()
        self.resize(*size)
        self.process = subprocess.Popen(["setsid", "--ctty", *words], stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        self.said = ""

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def read_until(self, wanted: str) -> str:
        """What comes until `wanted` does; the rest is kept for the next call."""
        until = time.monotonic() + 15
        while wanted not in self.said:
            assert select.select([self.master], [], [], until - time.monotonic())[0], f"{wanted!r} not in {self.said!r}"
            self.said += os.read(self.master, 4096).decode()
        found, _, self.said = self.said.partition(wanted)
        return found

    def ask(self, line: str, wanted: str) -> str:
        self.type(f"{line}\n")
        return self.read_until(wanted)

    def close(self) -> int:
        self.type("\x04")
        status = self.process.wait(15)
        os.close(self.master)
        return status


def start_up(folder: Path, port: int) -> subprocess.Popen[str]:
    """On a course of one empty notebook; work, state and home are below `folder`."""
    (folder / "notebooks").mkdir(parents=True)
    (folder / "home").mkdir()
    (folder / "notebooks" / "00-start-here.ipynb").write_text(json.dumps(NOTEBOOK))
    words = [folder / "notebooks", folder / "work", "--port", str(port), "--no-browser"]
    own = {"HOME": str(folder / "home"), "TMPDIR": str(folder), "XDG_STATE_HOME": str(folder / "state")}
    return subprocess.Popen(
        [sys.executable, "-m", "labkit.cli.serve", *map(str, words)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, **own}, cwd="/",
    )  # fmt: skip


def wait_address(process: subprocess.Popen[str], seconds: float = 60) -> str:
    """The address it prints; fails when it prints none in time."""
    assert process.stdout
    text = ""
    while not (found := re.search(r"http://\S+\n", text)):
        assert select.select([process.stdout], [], [], seconds)[0], f"no address, but: {text}"
        chunk = os.read(process.stdout.fileno(), 4096)  # not readline: what it keeps back, select doesn't see
        assert chunk, f"ended, with: {text}"
        text += chunk.decode()
    return found[0].strip()


def ask_server(address: str, method: str = "GET", body: Any = None) -> tuple[int, str]:
    """Status and text of one request."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def read_status(address: str) -> int:
    return ask_server(address)[0]


def read_text(address: str) -> str:
    """The page there, redirections followed."""
    return ask_server(address)[1]
