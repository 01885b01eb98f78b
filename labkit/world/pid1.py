"""PID 1 of a world: small, single-threaded, standard library only.

It holds machines, runs commands in them and hands out sockets opened in them. It knows nothing of rtnetlink, packets or Kubernetes.
It ends when told to, when its owner ends, when its starter goes before saying "keep", or when nobody was attached for the lease.
With it the kernel ends everything in the world.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from labkit.world import enclosure, kernel, maker, seccomp, skeleton, wire
from labkit.world.jobs import Jobs
from labkit.world.outer import drop_to_world_uid
from labkit.world.registry import Registry
from labkit.world.requests import Requests
from labkit.world.stages import stage

LEASE: Final = 1800.0
_CHUNK: Final = 65536
_MAX_CONNECTIONS: Final = 1000
_MAX_DRAINED: Final = 64 * 1024 * 1024


def run(spec: dict[str, Any], descriptors: list[int], client: socket.socket, listener: socket.socket) -> None:
    """Become the world that `spec` describes and serve it until its end. Never returns."""
    host_pid = int(os.readlink("/proc/self"))  # noqa: PTH115 - /proc is still the host's
    owner = descriptors.pop(0) if spec.get("owner") else None
    journal = descriptors.pop(0) if spec.get("journal") else None
    work = spec.get("work")
    visible = enclosure.Visible(spec["package"], spec["site"], work, spec["work_tree"])
    with stage("file tree"):
        enclosure.enter_private_root(visible, drop_to_world_uid)
    if visible.work_tree is not None:
        os.close(visible.work_tree)
    with stage("system-call filter"):
        seccomp.ensure_filter()
    with stage("inner user namespace"):
        inner = maker.make_inner()
    with stage("first machine"):
        skeleton.write_skeleton("judge", {}, None)  # in PID 1's mount namespace only
        _become_init()
        registry = Registry(inner, work)
        registry.add([maker.Order("fabric", "fabric")])
    jobs = Jobs(inner)
    world = PidOne(Requests(registry, jobs, spec | {"pid": host_pid}, journal), jobs, listener)
    try:
        world.serve(client, owner)
    finally:
        os._exit(0)


def _become_init() -> None:
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.set_name("labkit-world")
    null = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)


class PidOne:
    """The event loop: connections, children, the owner, the clock."""

    def __init__(self, requests: Requests, jobs: Jobs, listener: socket.socket) -> None:
        self._requests = requests
        self._jobs = jobs
        self._listener = listener
        self._lease = float(requests.spec.get("lease", LEASE))
        self._selector = selectors.EpollSelector()
        self._connections: set[socket.socket] = set()
        self._alone_since = time.monotonic()
        self._starter: socket.socket | None = None
        self._spare = os.dup(0)
        requests.drain = self._drain

    def serve(self, client: socket.socket, owner: int | None) -> None:
        """Serve until the world is to end."""
        self._starter = client
        self._connect(client)
        wire.send_message(client, {"ok": {"pid": self._requests.spec["pid"]}})
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._watch_children()
        if owner is not None:
            self._selector.register(owner, selectors.EVENT_READ, self._requests.end)
        while not self._requests.ending:
            for key, _ in self._selector.select(self._find_pause()):
                key.data()
            self._jobs.keep_time()
            self._keep_lease()

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
        if self._connections:
            self._alone_since = now
        elif now >= self._alone_since + self._lease:
            self._requests.end()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._turn_away()
            return
        if peer_is_owner(connection) and len(self._connections) < _MAX_CONNECTIONS:
            self._connect(connection)
        else:
            connection.close()

    def _turn_away(self) -> None:
        """Out of descriptors: without this the one waiting would wake the loop for ever."""
        os.close(self._spare)
        with contextlib.suppress(OSError):
            self._listener.accept()[0].close()
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
        message, descriptors = received
        self._requests.answer(message, descriptors, self._replier(connection, message), id(connection))
        if message.get("op") == "keep":
            self._starter = None

    def _replier(self, connection: socket.socket, request: wire.Message) -> Callable[..., None]:
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
        self._requests.hang_up(id(connection))
        connection.close()
        if connection is self._starter:
            self._requests.end()

    def _drain(self, pipe: int) -> None:
        """Read what background processes write and throw it away; a flood's pipe is closed in the end."""
        left = _MAX_DRAINED

        def read() -> None:
            nonlocal left
            try:
                data = os.read(pipe, _CHUNK)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            left -= len(data)
            if not data or left < 0:
                self._selector.unregister(pipe)
                os.close(pipe)

        os.set_blocking(pipe, False)
        try:
            self._selector.register(pipe, selectors.EVENT_READ, read)
        except OSError:
            os.close(pipe)
            raise


def peer_is_owner(connection: socket.socket) -> bool:
    """Whether the other side runs as the world's owner: uid 0 here, or the host's root, who is 1 here (outer.py)."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(credentials[4:8], "little") in (0, 1)
