"""Somebody else's forwarding function, run in a process of its own: it can raise, loop or end there, and the agent goes on.

    def forward(src, dst, came_from, table, peers): return [place, ...]

Places are "bridge" and peers' nicknames; `table` is a dict that stays from call to call.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from labkit.errors import JsonError, LabkitError, parse_json

SECONDS: Final = 1.0  # for one answer: a busy computer may take its time, a loop takes for ever
_STARTING: Final = 5.0
_RECENT: Final = 20  # answers
_LARGEST: Final = 65536
_START: Final = "import sys; sys.path.insert(0, sys.argv[1]); from labkit.agents.weave.guest import main; main()"


class GuestError(LabkitError):
    """The function raised, took too long, or answered with something that is no list of places."""


class Guest:
    """The process with the function of a file, from `__init__` to `close`. What it prints goes into `log`."""

    def __init__(self, path: Path, log: Path = Path(os.devnull)) -> None:
        self.path = path
        self._took: deque[float] = deque(maxlen=_RECENT)
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = _start_process(path, theirs.fileno(), log)
        try:
            self._ask({}, _STARTING)
        except GuestError:
            self.close()
            raise

    def ask(self, src: str, dst: str, came_from: str, peers: Sequence[str]) -> list[str]:
        """The places that the function says, names of any kind. Raises GuestError."""
        began = time.monotonic()
        answer = self._ask({"src": src, "dst": dst, "came_from": came_from, "peers": list(peers)}, SECONDS)
        self._took.append(time.monotonic() - began)
        if not isinstance(answer, list) or any(not isinstance(place, str) for place in answer):
            raise GuestError(f"forward returned {answer!r:.100}", hint="a list of places is expected, [] for none")
        return answer

    @property
    def seconds(self) -> float:
        """What an answer takes at least, of the last ones: a busy computer makes some of them slow, a slow function all."""
        return min(self._took, default=0.0)

    def _ask(self, question: dict[str, Any], seconds: float) -> Any:
        self._ours.settimeout(seconds)
        try:
            self._ours.send(json.dumps(question).encode())
            reply = self._ours.recv(_LARGEST)
        except TimeoutError:
            raise GuestError(
                f"forward took longer than {seconds:g} s", hint="is there a loop that never ends?"
            ) from None
        except OSError:
            reply = b""
        if not reply:
            raise GuestError("the process that ran forward has ended", hint="does it call exit?")
        try:
            answer = parse_json(reply, "what its process says")
        except JsonError as error:  # forward runs there, and may write what it likes
            raise GuestError(error.message, hint="does it write to descriptor 0?") from error
        if "error" in answer:
            raise GuestError(str(answer["error"]), hint=f"see {self.path}")
        return answer["places"]

    def close(self) -> None:
        """End the process, whatever it does."""
        self._ours.close()
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)


def _start_process(path: Path, sock: int, log: Path) -> int:
    """A fresh interpreter: none of the agent's descriptors are in it."""
    package = str(Path(__file__).parents[3])
    argv = [sys.executable, "-ISu", "-c", _START, package, str(path)]
    actions = [
        (os.POSIX_SPAWN_DUP2, sock, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawn(argv[0], argv, os.environ, file_actions=actions)


def main() -> None:
    """The process: read questions from descriptor 0, answer each. Ends when the agent hangs up."""
    sock, path = socket.socket(fileno=0), Path(sys.argv[2])
    table: dict[str, str] = {}
    forward: Callable[..., Any] | None = None
    while question := sock.recv(_LARGEST):
        try:
            if forward is None:
                forward = _load(path)
                places: Any = []
            else:
                words = json.loads(question)
                places = forward(words["src"], words["dst"], words["came_from"], table, words["peers"])
            reply = json.dumps({"places": places})
        except Exception as error:  # noqa: BLE001 - whatever the function raises is told
            reply = json.dumps({"error": _describe(error, path)})
        sock.send(reply.encode())


def _load(path: Path) -> Callable[..., Any]:
    names: dict[str, Any] = {"__name__": "forward"}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)  # noqa: S102 - that is its purpose
    forward: Callable[..., Any] | None = names.get("forward")
    if callable(forward):
        return forward
    raise LookupError("there is no function forward(src, dst, came_from, table, peers) in it")


def _describe(error: Exception, path: Path) -> str:
    """`forward.py, line 4: KeyError: '02:…'`."""
    lines = [each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == str(path)]
    line = error.lineno if isinstance(error, SyntaxError) else (lines[-1] if lines else None)
    what = error.msg if isinstance(error, SyntaxError) else error
    return (
        f"{path.name}, line {line}: {type(error).__name__}: {what}"
        if line
        else f"{path.name}: {type(error).__name__}: {what}"
    )
