"""The process that keeps a node's containers: requests come as packets of JSON, descriptors beside them."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from labkit.agents.containers.child import Entry
from labkit.agents.containers.keeper import Keeper
from labkit.agents.containers.spec import DOOR, Life, Spec, plan_status
from labkit.errors import LabkitError, parse_json
from labkit.world import kernel

MOST: Final = 1 << 20  # bytes of a packet
_DESCRIPTORS: Final = 8
Message = dict[str, Any]


class Server:
    """Connections may ask one after the other; one that says watch is told of every container that ends."""

    def __init__(self, listener: socket.socket) -> None:
        self._selector = selectors.DefaultSelector()
        self._keeper = Keeper(self._selector, self._tell)
        self._watchers: list[socket.socket] = []
        self._handed_out: list[socket.socket] = []  # with the answer under way
        self._selector.register(listener, selectors.EVENT_READ, lambda: self._accept(listener))
        self._answers: Mapping[str, Callable[[socket.socket, Message, list[int]], tuple[Message, list[int]]]] = {
            "start": self._start, "enter": self._enter, "listen": self._listen, "close_stdin": self._close_stdin,
            "signal": self._signal, "kill": self._kill, "forget": self._forget, "list": self._list, "watch": self._watch,
            "connect": self._connect,
        }  # fmt: skip

    def serve(self) -> NoReturn:
        """For ever."""
        while True:
            for key, _ in self._selector.select():
                if key.fd in self._selector.get_map():  # not taken away by what came before
                    key.data()

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST)
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._take(connection))

    def _take(self, connection: socket.socket) -> None:
        try:
            packet, descriptors, _, _ = socket.recv_fds(connection, MOST, _DESCRIPTORS)
        except OSError:
            packet, descriptors = b"", []
        if not packet:
            self._hang_up(connection)
            return
        said, passed = self._answer(connection, packet, descriptors)
        try:
            socket.send_fds(connection, [json.dumps(said).encode()], passed)
        except OSError:
            self._hang_up(connection)
        while self._handed_out:
            self._handed_out.pop().close()

    def _answer(self, connection: socket.socket, packet: bytes, descriptors: list[int]) -> tuple[Message, list[int]]:
        try:
            words = parse_json(packet, "the question")
            return self._answers[words["do"]](connection, words, descriptors)
        except LabkitError as error:
            said = error.message
        except OSError as error:
            said = error.strerror or str(error)
        except (ValueError, KeyError, TypeError) as error:
            said = f"not understood: {error!r}"
        for each in descriptors:
            os.close(each)
        return {"error": said}, []

    def _hang_up(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        if connection in self._watchers:
            self._watchers.remove(connection)
        connection.close()

    def _tell(self, life: Life) -> None:
        for each in list(self._watchers):
            try:
                each.send(json.dumps({"ended": life.to_data()}).encode())
            except OSError:
                self._hang_up(each)

    def _start(self, _: socket.socket, words: Message, __: list[int]) -> tuple[Message, list[int]]:
        life = self._keeper.start(Spec.parse(words["spec"]))
        return {"life": life.to_data()}, []

    def _enter(self, connection: socket.socket, words: Message, descriptors: list[int]) -> tuple[Message, list[int]]:
        """Three descriptors. A second packet on this connection tells the end; closing it kills."""
        entry = Entry(0, tuple(words["argv"]), words["environment"], words["terminal"], words["cwd"])
        process = self._keeper.enter(words["id"], entry, descriptors)
        for each in descriptors:
            os.close(each)
        watched = [True]

        def ended(code: int) -> None:
            if watched:
                watched.clear()
                self._selector.unregister(connection)
                with contextlib.suppress(OSError):
                    connection.send(json.dumps({"status": plan_status(code)}).encode())
                connection.close()

        def hung_up() -> None:
            watched.clear()
            self._selector.unregister(connection)
            connection.close()
            _kill_session(process)

        self._selector.modify(connection, selectors.EVENT_READ, hung_up)
        self._keeper.watch(process, ended)
        return {"process": process}, []

    def _listen(self, _: socket.socket, words: Message, descriptors: list[int]) -> tuple[Message, list[int]]:
        stdin = self._keeper.listen(words["id"], (descriptors[0], descriptors[1]))
        return {}, [stdin] if stdin >= 0 else []

    def _close_stdin(self, _: socket.socket, words: Message, __: list[int]) -> tuple[Message, list[int]]:
        self._keeper.close_stdin(words["id"])
        return {}, []

    def _signal(self, _: socket.socket, words: Message, __: list[int]) -> tuple[Message, list[int]]:
        self._keeper.signal(words["id"], words["signal"])
        return {}, []

    def _kill(self, _: socket.socket, words: Message, __: list[int]) -> tuple[Message, list[int]]:
        self._keeper.kill(words["id"])
        return {}, []

    def _forget(self, _: socket.socket, words: Message, __: list[int]) -> tuple[Message, list[int]]:
        self._keeper.forget(words["id"])
        return {}, []

    def _list(self, *_: object) -> tuple[Message, list[int]]:
        return {"lives": [life.to_data() for life in self._keeper.list_lives()]}, []

    def _connect(self, _: socket.socket, words: Message, __: list[int]) -> tuple[Message, list[int]]:
        """A TCP socket of a pod's network, not connected yet."""
        self._handed_out.append(make_socket(words["netns"]))
        return {}, [self._handed_out[-1].fileno()]

    def _watch(self, connection: socket.socket, *_: object) -> tuple[Message, list[int]]:
        self._watchers.append(connection)
        return {}, []


def _kill_session(process: int) -> None:
    for kill in (os.killpg, os.kill):
        try:
            kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue


def make_socket(netns: str) -> socket.socket:
    """For TCP, in the network namespace of this path. Raises OSError."""
    network = os.open(netns, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with kernel.visit_network(network):
            return socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    finally:
        os.close(network)


def open_door(path: str = DOOR) -> socket.socket:
    """The listening socket, in the place of one that nobody answers on any more."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen(128)
    return listener


def serve(ready: Callable[[], None]) -> None:
    """The whole process (kit/background.py runs it)."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    listener = open_door()
    ready()
    Server(listener).serve()
