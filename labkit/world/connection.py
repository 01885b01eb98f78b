"""One connection to a world's PID 1: requests out, answers and descriptors back. Safe to share between threads."""

from __future__ import annotations

import os
import re
import select
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from labkit.errors import UsageError, WorldError
from labkit.world import wire

PREFIX: Final = "labkit"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_GONE: Final = "labkit start it again"


def plan_address(name: str, *, hidden: bool = False) -> str:
    """The abstract socket name of a world of this user: gone with its PID 1, one world a name. Raises UsageError."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"not a lab's name: {name!r}", hint="letters, digits, dot, dash and underscore, at most 60")
    return f"\0{PREFIX}{'-hidden' if hidden else ''}/{os.getuid()}/{name}"


class Connection:
    """Speaks to PID 1. One request at a time; a command's end arrives by wait_exit."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lock = threading.Lock()
        self._asked = 0
        self._ended: wire.Message | None = None

    @classmethod
    def connect(cls, address: str) -> Connection:
        """Connect to a running world. Raises WorldError when there is none of this name, or it is somebody else's."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            sock.connect(address.encode())
        except OSError as error:
            sock.close()
            name = address.rpartition("/")[2]
            why = "" if isinstance(error, ConnectionRefusedError) else f" that answers: {error}"
            raise WorldError(f"no lab {name} is running{why}", hint=f"labkit start {name}") from error
        owner = int.from_bytes(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[4:8], "little")
        if owner != os.getuid():
            sock.close()
            raise WorldError(f"the socket of this name belongs to uid {owner}", hint="ask whoever that is to end it")
        return cls(sock)

    def ask(self, op: str, descriptors: Sequence[int] = (), **fields: Any) -> tuple[wire.Message, list[int]]:
        """Send one request, return its answer. Raises UsageError or WorldError as PID 1 says."""
        with self._lock:
            self._asked += 1
            try:
                wire.send_message(self._sock, {"op": op, "id": self._asked, **fields}, descriptors)
                answer, received = self._receive()
                # Ctrl-C may have left an answer nobody waited for, and a command may end while we ask
                while answer.get("id", self._asked) != self._asked or "exit" in answer:
                    self._put_aside(answer, received)
                    answer, received = self._receive()
            except wire.WireError as error:
                raise UsageError(f"{op}: {error}", hint="put long input into a file") from error
            except OSError as error:
                raise WorldError(f"the world is gone ({error.strerror})", hint=_GONE) from error
        return _checked(answer), received

    def tell(self, op: str) -> None:
        """Send a request and don't wait: PID 1 may be in no state to answer. Raises OSError."""
        self._sock.sendmsg([b'{"op":"%s","id":0}' % op.encode()], (), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)

    def _receive(self) -> tuple[wire.Message, list[int]]:
        received = wire.receive_message(self._sock)
        if received is None:
            raise WorldError("the world is gone: its PID 1 closed the connection", hint=_GONE)
        return received

    def _put_aside(self, answer: wire.Message, received: Sequence[int]) -> None:
        wire.close_all(received)
        if "exit" in answer:
            self._ended = answer

    def wait_exit(self, timeout: float | None = None) -> tuple[int, float] | None:
        """The exit status and seconds of the command started here; None when it has not ended in time."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._ended is None:
            if not wait_readable([self._sock.fileno()], deadline):
                return None
            with self._lock:
                if self._ended is None and wait_readable([self._sock.fileno()], 0):
                    self._put_aside(*self._receive())
        return int(self._ended["exit"]), float(self._ended["seconds"])

    def fileno(self) -> int:
        """For select."""
        return self._sock.fileno()

    def close(self) -> None:
        """Hang up: what was started here and still runs is ended."""
        self._sock.close()


def wait_readable(descriptors: Iterable[int], deadline: float | None = None) -> set[int]:
    """Those that can be read, or have come to their end; none when the deadline (time.monotonic) came first."""
    poll = select.poll()  # select(2) knows descriptors below 1,024 only
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
    return {descriptor for descriptor, _ in poll.poll(left)}


def _checked(answer: wire.Message) -> wire.Message:
    if "error" in answer:
        kind = UsageError if answer.get("kind") == "usage" else WorldError
        raise kind(str(answer["error"]))
    result: wire.Message = answer["ok"]
    return result
