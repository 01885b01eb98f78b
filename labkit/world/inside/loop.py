"""PID 1's event loop: connections, children, the owner, the clock."""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Sequence
from typing import Final

from labkit.world import wire
from labkit.world.inside.jobs import Jobs
from labkit.world.inside.request import Request
from labkit.world.inside.requests import Requests

_CHUNK: Final = 65536
_MAX_CONNECTIONS: Final = 1000


class Loop:
    """Waits, and calls whoever is concerned. `lease`: seconds that the world goes on when nobody is attached."""

    def __init__(self, selector: selectors.BaseSelector, requests: Requests, jobs: Jobs, lease: float) -> None:
        self._selector = selector
        self._requests = requests
        self._jobs = jobs
        self._lease = lease
        self._connections: set[socket.socket] = set()
        self._attached: set[socket.socket] = (
            set()
        )  # those that have asked anything: looking who listens is not attaching
        self._alone_since = time.monotonic()
        self._starter: socket.socket | None = None
        self._spare = os.dup(0)

    def serve(self, client: socket.socket, listener: socket.socket, owner: int | None) -> None:
        """Serve until the world is to end. `client`: who started it; `owner`: a pidfd, with whose process it ends."""
        self._starter = client
        self._connect(client)
        self._attached.add(client)
        wire.send_message(client, {"ok": {}})
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, lambda: self._accept(listener))
        self._watch_children()
        if owner is not None:
            self._selector.register(owner, selectors.EVENT_READ, self._requests.world.end)
        while not self._requests.world.ending:
            for key, _ in self._selector.select(self._find_pause()):
                key.data()
            self._jobs.keep_time()
            self._keep_lease()
        self._requests.end()

    def tell_end(self, error: BaseException) -> None:
        """Tell whoever is attached of what PID 1 dies; the journal has the trace."""
        said = self._requests.trouble.note(error, "PID 1 ended")
        for connection in self._connections:
            with contextlib.suppress(OSError):
                wire.send_message(connection, {"died": said})

    def _watch_children(self) -> None:
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

        def reap() -> None:
            while len(os.read(reader, _CHUNK)) == _CHUNK:
                pass
            self._jobs.reap()

        self._selector.register(reader, selectors.EVENT_READ, reap)

    def _find_pause(self) -> float:
        due = self._jobs.find_due()
        end = self._alone_since + self._lease
        return max(0.0, min(end if due is None else due, end) - time.monotonic())

    def _keep_lease(self) -> None:
        now = time.monotonic()
        if self._attached:
            self._alone_since = now
        elif now >= self._alone_since + self._lease:
            self._requests.world.end()

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._turn_away(listener)
            return
        if peer_is_owner(connection) and len(self._connections) < _MAX_CONNECTIONS:
            self._connect(connection)
        else:
            connection.close()

    def _turn_away(self, listener: socket.socket) -> None:
        """Out of descriptors: without this the one waiting would wake the loop for ever."""
        os.close(self._spare)
        with contextlib.suppress(OSError):
            listener.accept()[0].close()
        self._spare = os.dup(0)

    def _connect(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._connections.add(connection)
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._answer(connection))

    def _answer(self, connection: socket.socket) -> None:
        if connection not in self._connections:
            return  # closed earlier in this turn of the loop
        try:
            received = wire.receive_message(connection)
        except BlockingIOError:
            return
        except wire.WireError as error:
            self._reply(connection, {"error": str(error), "kind": "usage"})
            return
        except OSError:
            received = None
        if received is None:
            self._disconnect(connection)
            return
        self._attached.add(connection)
        message, descriptors = received
        self._requests.answer(Request(message, descriptors, id(connection), self._plan_reply(connection, message)))

    def _plan_reply(self, connection: socket.socket, request: wire.Message) -> Callable[..., None]:
        """Answers carry the request's number; a command's exit, which may come much later, does not."""
        number = request.get("id")
        mark = {"id": number} if isinstance(number, int) else {}

        def reply(message: wire.Message, descriptors: Sequence[int] = ()) -> None:
            self._reply(connection, message if "exit" in message else message | mark, descriptors)

        return reply

    def _reply(self, connection: socket.socket, message: wire.Message, descriptors: Sequence[int] = ()) -> None:
        if connection not in self._connections:
            return
        try:
            wire.send_message(connection, message, descriptors)
        except wire.WireError as error:
            self._reply(connection, {"error": str(error), "kind": "usage"})
        except OSError:
            self._disconnect(connection)  # it is gone, or does not read its answers

    def _disconnect(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        self._connections.discard(connection)
        self._attached.discard(connection)
        self._requests.hang_up(id(connection))
        connection.close()
        if connection is self._starter and not self._requests.world.kept:
            self._requests.world.end()


def peer_is_owner(connection: socket.socket) -> bool:
    """Whether the other side runs as the world's owner: uid 0 here, or the host's root, who is 1 here (outer.py)."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(credentials[4:8], "little") in (0, 1)
