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
from labkit.world import debug, wire

PREFIX: Final = "labkit"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_REALM: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,15})?")
_GONE: Final = "labkit start it again"
_DIED: Final = "`labkit journal` of this lab says where; labkit start it again"


def find_realm() -> str:
    """Which of the user's worlds are meant: LABKIT_REALM keeps those of two checkouts, or of two test runs, apart; mostly empty."""
    realm = os.environ.get("LABKIT_REALM", "")
    if not _REALM.fullmatch(realm):
        raise UsageError(f"LABKIT_REALM is {realm!r}", hint="letters, digits, dot, dash and underscore, at most 16")
    return realm


def plan_prefix(*, hidden: bool = False) -> str:
    """What the socket names of this user's worlds in this realm begin with. Raises UsageError."""
    realm = find_realm()
    return f"\0{PREFIX}{'-hidden' if hidden else ''}/{os.getuid()}{'.' if realm else ''}{realm}/"


def plan_address(name: str, *, hidden: bool = False) -> str:
    """The abstract socket name of a world: gone with its PID 1, one world a name. Raises UsageError."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"not a lab's name: {name!r}", hint="letters, digits, dot, dash and underscore, at most 60")
    return f"{plan_prefix(hidden=hidden)}{name}"


def is_name(name: str) -> bool:
    """Whether a world can have it."""
    return _NAME.fullmatch(name) is not None


def find_listener(address: str) -> int | None:
    """The uid of whoever listens at an address; None when nobody does, or can't be reached at once. It is not spoken to."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK) as sock:
        try:
            sock.connect(address.encode())
        except OSError:
            return None
        return _read_peer(sock)


def require_own(owner: int | None) -> None:
    """Anybody can take a name; it is ours only if the kernel says so. Raises WorldError."""
    if owner != os.getuid():
        whom = "a process that does not answer" if owner is None else f"uid {owner}"
        raise WorldError(
            f"the socket of this name belongs to {whom}",
            hint="ask whoever that is to end it, or go on beside it: export LABKIT_REALM=mine, in every terminal",
        )


def _read_peer(sock: socket.socket) -> int:
    return int.from_bytes(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[4:8], "little")


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
        try:
            require_own(_read_peer(sock))
        except WorldError:
            sock.close()
            raise
        return cls(sock)

    def ask(self, op: str, descriptors: Sequence[int] = (), **fields: Any) -> tuple[wire.Message, list[int]]:
        """Send one request, return its answer. Raises UsageError or WorldError as PID 1 says."""
        began = time.monotonic()
        with self._lock:
            self._asked += 1
            request = {"op": op, "id": self._asked, **fields}
            try:
                wire.send_message(self._sock, request, descriptors)
                answer, received = self._receive()
                # Ctrl-C may have left an answer nobody waited for, and a command may end while we ask
                while answer.get("id", self._asked) != self._asked or "exit" in answer:
                    self._put_aside(answer, received)
                    answer, received = self._receive()
            except wire.WireError as error:
                raise UsageError(f"{op}: {error}", hint="put long input into a file") from error
            except OSError as error:
                raise WorldError(f"the world is gone ({error.strerror})", hint=_GONE) from error
        debug.show_request(began, request, answer)
        return _checked(answer), received

    def tell(self, op: str) -> None:
        """Send a request and don't wait: PID 1 may be in no state to answer. Raises OSError."""
        self._sock.sendmsg([b'{"op":"%s","id":0}' % op.encode()], (), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)

    def _receive(self) -> tuple[wire.Message, list[int]]:
        received = wire.receive_message(self._sock)
        if received is None:
            raise WorldError("the world is gone: its PID 1 closed the connection", hint=_GONE)
        if "died" in received[0]:
            raise WorldError(
                f"the world is gone: a fault of labkit's own in its PID 1: {received[0]['died']}", hint=_DIED
            )
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
        debug.show(time.monotonic() - self._ended["seconds"], f"exit {self._ended['exit']}")
        return int(self._ended["exit"]), float(self._ended["seconds"])

    def is_closed(self) -> bool:
        """Whether PID 1 has hung up; known without asking it."""
        if self._sock.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(self._sock, 0)  # POLLHUP comes unasked
        return bool(poll.poll(0))

    def fileno(self) -> int:
        """The descriptor, so that select can wait for it."""
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
        raise kind(str(answer["error"]), hint=str(answer.get("hint", "")))
    result: wire.Message = answer["ok"]
    return result
