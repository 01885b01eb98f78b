"""One connection to a world's PID 1: requests out, answers and descriptors back. Safe to share between threads."""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Sequence
from typing import Any, Final

from labkit.errors import UsageError, WorldError
from labkit.world import wire

PREFIX: Final = "labkit"


def plan_address(name: str, *, hidden: bool = False) -> str:
    """The abstract socket name of a world of this user: gone with its PID 1, one world a name."""
    return f"\0{PREFIX}{'-hidden' if hidden else ''}/{os.getuid()}/{name}"


class Connection:
    """Speaks to PID 1. One request at a time; a command's end arrives by wait_exit."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lock = threading.Lock()
        self._ended: dict[str, Any] | None = None

    @classmethod
    def connect(cls, address: str) -> Connection:
        """Connect to a running world. Raises WorldError when there is none of this name, or it is somebody else's."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            sock.connect(address.encode())
        except OSError as error:
            sock.close()
            name = address.rpartition("/")[2]
            raise WorldError(f"no lab {name} is running", hint=f"labkit start {name}") from error
        owner = int.from_bytes(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[4:8], "little")
        if owner != os.getuid():
            sock.close()
            raise WorldError(f"the socket of this name belongs to uid {owner}", hint="ask whoever that is to end it")
        return cls(sock)

    def ask(self, op: str, descriptors: Sequence[int] = (), **fields: Any) -> tuple[dict[str, Any], list[int]]:
        """Send one request, return its answer. Raises UsageError or WorldError as PID 1 says."""
        with self._lock:
            try:
                wire.send_message(self._sock, {"op": op, **fields}, descriptors)
                answer, received = self._receive()
                if "exit" in answer:  # the command ended while we asked
                    self._ended = answer
                    answer, received = self._receive()
            except wire.WireError as error:
                raise UsageError(f"{op}: {error}", hint="put long input into a file") from error
            except OSError as error:
                raise WorldError(f"the world is gone ({error.strerror})", hint="labkit start it again") from error
        return _checked(answer), received

    def _receive(self) -> tuple[dict[str, Any], list[int]]:
        received = wire.receive_message(self._sock)
        if received is None:
            raise WorldError("the world is gone: its PID 1 closed the connection", hint="labkit start it again")
        return received

    def wait_exit(self, timeout: float | None = None) -> tuple[int, float] | None:
        """The exit status and seconds of the command started here; None when it has not ended in time."""
        if self._ended is None:
            if not select.select([self._sock], [], [], timeout)[0]:
                return None
            self._ended, _ = self._receive()
        return int(self._ended["exit"]), float(self._ended["seconds"])

    def fileno(self) -> int:
        """For select."""
        return self._sock.fileno()

    def close(self) -> None:
        """Hang up: what was started here and still runs is ended."""
        self._sock.close()


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        kind = UsageError if answer.get("kind") == "usage" else WorldError
        raise kind(str(answer["error"]))
    result: dict[str, Any] = answer["ok"]
    return result
