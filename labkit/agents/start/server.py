"""The warm process: it has what commands of ours import, and forks one when a command's client (client.py) asks.

One for a world, started by the first command, on no machine: each child enters the network, mounts and host name of its client,
and has its words, environment, folder and standard streams. A child that is not waited for any more, because its client was
killed, is killed.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from labkit.agents.start.call import call_command
from labkit.agents.start.client import EXITED, SIGNALLED
from labkit.world import kernel
from labkit.world.places import MACHINE

_MOST: Final = 1 << 18  # bytes of words and environment
_DESCRIPTORS: Final = 7  # standard streams; network, mounts and host name; folder


@dataclass(frozen=True)
class Request:
    """A command: `target` is its function, as module:function; `streams` and the others are descriptors."""

    target: str
    mask: int
    argv: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    streams: tuple[int, ...]
    namespaces: tuple[int, ...]
    folder: int


class RequestError(Exception):
    """It is refused: its client runs the command itself."""


class Server:
    """The event loop: clients that come, speak and hang up, children that end."""

    def __init__(self, listener: socket.socket) -> None:
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ, lambda: self._accept(listener))

    def serve(self) -> NoReturn:
        """For ever."""
        while True:
            for key, _ in self._selector.select():
                key.data()

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._take(connection))

    def _take(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        descriptors: list[int] = []
        try:
            packet, descriptors, _, _ = socket.recv_fds(connection, _MOST, _DESCRIPTORS)
            child = start_command(parse_request(packet, descriptors, connection))
            connection.send(b"+")
        except (OSError, RequestError, ValueError):
            connection.close()
            return
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self._attend(connection, child)

    def _attend(self, connection: socket.socket, child: int) -> None:
        """Signals go to the child, its end goes to the client."""
        ended = os.pidfd_open(child)

        def pass_on() -> None:
            if said := _receive(connection):
                os.kill(child, said[0])
            else:
                _kill_session(child)
                self._selector.unregister(connection)

        def reap() -> None:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            with contextlib.suppress(OSError):  # its client is gone
                connection.send(bytes([EXITED, status] if status >= 0 else [SIGNALLED, -status]))
            with contextlib.suppress(KeyError):
                self._selector.unregister(connection)
            self._selector.unregister(ended)
            connection.close()
            os.close(ended)

        self._selector.register(connection, selectors.EVENT_READ, pass_on)
        self._selector.register(ended, selectors.EVENT_READ, reap)


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1)
    except ConnectionResetError:
        return b""


def _kill_session(child: int) -> None:
    """It and what it runs, as when a terminal's window is closed; it may not have come to make a session yet."""
    os.kill(child, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)


def parse_request(packet: bytes, descriptors: Sequence[int], connection: socket.socket) -> Request:
    """What the client sent. Raises RequestError or ValueError when it is not whole, or the client lives elsewhere."""
    peer = int.from_bytes(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder)
    if len(descriptors) != _DESCRIPTORS or not _is_at_home(peer):
        raise RequestError
    target, mask, count, *words = os.fsdecode(packet).split("\0")
    argv, environment = words[: int(count)], words[int(count) :]
    pairs = tuple((name, text) for name, _, text in (each.partition("=") for each in environment))
    return Request(
        target, int(mask), tuple(argv), pairs, tuple(descriptors[:3]), tuple(descriptors[3:6]), descriptors[6]
    )


def _is_at_home(process: int) -> bool:
    """Whether it is in our user namespace; one in another may do other things, and one of another PID namespace is 0."""
    try:
        return os.stat(f"/proc/{process}/ns/user").st_ino == os.stat("/proc/self/ns/user").st_ino  # noqa: PTH116
    except OSError:
        return False


def start_command(request: Request) -> int:
    """Fork; the child's number. What the command imports is imported here, once, and what it says that it will start (list_preloads)."""
    module = request.target.partition(":")[0]
    _load([module])
    _load(getattr(sys.modules.get(module), "list_preloads", lambda _: ())(request.argv))
    child = os.fork()
    if not child:
        _become(request)
    return child


def _load(modules: Sequence[str]) -> None:
    """Once for all commands: pages with nothing but code stay shared."""
    new = [module for module in modules if module not in sys.modules]
    for module in new:
        with contextlib.suppress(Exception):  # the child meets it again, and says so
            importlib.import_module(module)
    if new:
        gc.collect()
        gc.freeze()


def _become(request: Request) -> NoReturn:
    """Never returns into the server's loop."""
    status = 1
    try:
        os.setsid()
        _enter(request)
        status = call_command(request.target, request.argv)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001 - as the interpreter does at its end
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _enter(request: Request) -> None:
    for descriptor in request.namespaces:
        kernel.setns(descriptor)
    os.fchdir(request.folder)
    for number, descriptor in enumerate(request.streams):
        os.dup2(descriptor, number)
    os.closerange(3, 1 << 20)  # the server's own; one system call
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, closefd=False, errors="surrogateescape", buffering=1 if os.isatty(number) else -1)  # noqa: SIM115
        for number, mode in enumerate("rww")
    )
    os.umask(request.mask)
    os.environ.clear()
    os.environ.update(request.environment)


def leave_machine() -> None:
    """Be on no machine: the first client's, a pod perhaps, shall go when it is taken away."""
    kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWNET)
    kernel.mount("", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)  # a node's /run/netns is shared
    kernel.unmount(MACHINE)


def main() -> None:
    """The process, with the listening socket as descriptor 0."""
    kernel.set_name("labkit-commands")
    kernel.set_command_line("labkit: starts commands")
    leave_machine()
    Server(socket.socket(fileno=os.dup(0))).serve()
