"""PID 1 of a world: small, single-threaded, standard library only.

It holds machines, runs commands in them and hands out sockets opened in them. It knows nothing of rtnetlink, packets or Kubernetes.
It ends when told to, when its owner ends, when its starter goes before saying "keep", or when nobody was attached for the lease.
With it the kernel ends everything in the world.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from typing import Any, Final

from labkit.world import enclosure, kernel, launch, maker, seccomp, skeleton, wire
from labkit.world.registry import Registry
from labkit.world.requests import Requests

LEASE: Final = 1800.0


def run(spec: dict[str, Any], descriptors: list[int], client: socket.socket, listener: socket.socket) -> None:
    """Become the world that `spec` describes and serve it until its end. Never returns."""
    host_pid = int(os.readlink("/proc/self"))  # noqa: PTH115 - /proc is still the host's
    owner = descriptors.pop(0) if spec.get("owner") else None
    journal = descriptors.pop(0) if spec.get("journal") else None
    work = spec.get("work")
    enclosure.enter_private_root(
        package=spec["package"], site=spec.get("site"), work=work, drop=launch.drop_to_world_uid
    )
    seccomp.ensure_filter()
    inner = maker.make_inner()
    skeleton.write_skeleton("judge", {}, None)  # in PID 1's mount namespace only
    _become_init()
    registry = Registry(inner, work)
    registry.add([(maker.Order("fabric"), "fabric")])
    world = PidOne(Requests(registry, inner, spec | {"pid": host_pid}, journal), listener, float(spec.get("lease", LEASE)))
    try:
        world.serve(client, owner)
    finally:
        os._exit(0)


def _become_init() -> None:
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.set_name("labkit-world")
    # from inside its namespace, PID 1 receives only signals it has a handler for: it shall have none but SIGCHLD's
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    null = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)


class PidOne:
    """The event loop: connections, children, the owner, the clock."""

    def __init__(self, requests: Requests, listener: socket.socket, lease: float) -> None:
        self._requests = requests
        self._listener = listener
        self._lease = lease
        self._selector = selectors.EpollSelector()
        self._connections: set[socket.socket] = set()
        self._alone_since = time.monotonic()
        self._starter: socket.socket | None = None

    def serve(self, client: socket.socket, owner: int | None) -> None:
        """Serve until the world is to end."""
        self._starter = client
        self._connect(client)
        wire.send_message(client, {"ok": {"pid": self._requests.spec["pid"]}})
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._watch_children(), selectors.EVENT_READ, self._reap)
        if owner is not None:
            self._selector.register(owner, selectors.EVENT_READ, self._requests.end)
        while not self._requests.ending:
            for key, _ in self._selector.select(self._pause()):
                key.data()
            self._keep_time()

    def _watch_children(self) -> int:
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self._child_pipe = reader
        return reader

    def _pause(self) -> float:
        due = [running.due for running in self._requests.running.values() if running.escalation]
        until = min([*due, self._alone_since + self._lease])
        return max(0.0, until - time.monotonic())

    def _keep_time(self) -> None:
        now = time.monotonic()
        if self._connections:
            self._alone_since = now
        elif now >= self._alone_since + self._lease:
            self._requests.end()
        for running in self._requests.running.values():
            if running.escalation and now >= running.due:
                running.escalate()

    def _reap(self) -> None:
        while os.read(self._child_pipe, 4096)[4095:]:
            pass
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not process:
                return
            running = self._requests.running.pop(process, None)
            if running:
                running.ended(_exit_status(status), time.monotonic() - running.started)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # the other side gave up, or descriptors ran out: the next one may fare better
        if peer_is_owner(connection):
            self._connect(connection)
        else:
            connection.close()

    def _connect(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._connections.add(connection)
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._answer(connection))

    def _answer(self, connection: socket.socket) -> None:
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
        self._requests.answer(message, descriptors, self._replier(connection), id(connection))
        if message.get("op") == "keep":
            self._starter = None

    def _replier(self, connection: socket.socket) -> Callable[..., None]:
        return lambda message, descriptors=(): self._reply(connection, message, descriptors)

    def _reply(self, connection: socket.socket, message: wire.Message, descriptors: tuple[int, ...] = ()) -> None:
        if connection not in self._connections:
            return
        try:
            wire.send_message(connection, message, descriptors)
        except wire.WireError as error:
            wire.send_message(connection, {"error": str(error), "kind": "usage"})
        except OSError:
            self._disconnect(connection)  # it is gone, or does not read its answers

    def _disconnect(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        self._connections.discard(connection)
        self._requests.hang_up(id(connection))
        connection.close()
        if connection is self._starter:
            self._requests.end()


def peer_is_owner(connection: socket.socket) -> bool:
    """Whether the other side runs as the world's owner: uid 0 here, or the host's root, who is 1 here (launch)."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(credentials[4:8], "little") in (0, 1)


def _exit_status(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code
