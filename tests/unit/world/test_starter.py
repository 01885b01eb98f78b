"""What the client makes of a launcher that fails, says nothing, or hangs."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import Any

import pytest

from labkit.errors import UsageError, WorldError
from labkit.world import starter

ANSWER = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); s.recv(99999); s.send({!r})"


def start(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Have `code` be the launcher."""
    started: list[subprocess.Popen[bytes]] = []

    def start_launcher(_: str, __: str, sock: int, trouble: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-IS", "-c", code, str(sock)]
        started.append(subprocess.Popen(command, pass_fds=(sock,), stderr=trouble, start_new_session=True))
        return started[-1]

    monkeypatch.setattr(starter, "start_launcher", start_launcher)
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names are wanted
    spec: dict[str, Any] = {"name": "x", "address": "\0x"}
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: [each.wait() for each in started])
        starter.start_world(spec, owner=None, journal=None, work=None).close()
    assert sorted(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_an_answer_is_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    start(monkeypatch, ANSWER.format(b'{"ok":{}}'))


def test_its_last_words_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WorldError, match="could not be made: ImportError: nothing there"):
        start(monkeypatch, "raise ImportError('nothing there')")


def test_no_words_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WorldError, match="it ended without a word"):
        start(monkeypatch, "import os; os._exit(1)")


def test_a_refusal_names_stage_and_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WorldError, match="file tree: mount proc on /proc: No space left on device") as raised:
        start(
            monkeypatch,
            ANSWER.format(b'{"stage":"file tree","errno":28,"error":"mount proc on /proc: No space left on device"}'),
        )
    assert raised.value.hint.startswith("user.max_")


def test_a_taken_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="lab x is running already"):
        start(monkeypatch, ANSWER.format(b'{"stage":"socket","errno":98,"error":"Address already in use"}'))


def test_one_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starter, "_SECONDS", 0.3)
    with pytest.raises(WorldError, match=r"nothing was heard of it for 0\.3 s"):
        start(monkeypatch, "import signal, os; os.fork(); signal.pause()")
