"""kubelet's side of what keeps the containers (server.py)."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labkit.agents.containers.server import MOST, serve
from labkit.agents.containers.spec import DOOR, Life, Spec
from labkit.agents.kit.background import start_background
from labkit.errors import LabkitError

LOG: Final = "/var/log/containers.log"
_SECONDS: Final = 30.0


class ContainerError(LabkitError):
    """What keeps the containers refused, in its own words."""


@dataclass(frozen=True)
class Entered:
    """One more process in a container: `connection` says its status, and kills it when closed."""

    process: int
    connection: socket.socket


def ensure_server() -> None:
    """Start it where none answers on this node. To be called before this process has threads."""
    try:
        connect().close()
    except OSError:
        Path(LOG).parent.mkdir(parents=True, exist_ok=True)
        start_background(serve, Path(LOG))


def connect() -> socket.socket:
    """Raises OSError."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.settimeout(_SECONDS)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST)
    try:
        connection.connect(DOOR)
    except OSError:
        connection.close()
        raise
    return connection


class Containers:
    """All that kubelet asks. Everything raises ContainerError."""

    def start(self, spec: Spec) -> Life:
        """A container whose program runs; else why not."""
        return Life(**self._ask("start", spec=spec.to_data())["life"])

    def enter(
        self, name: str, argv: Sequence[str], environment: Mapping[str, str], streams: Sequence[int], *, terminal: bool = False
    ) -> Entered:  # fmt: skip
        """One more process in it, with these stdin, stdout, stderr."""
        connection = self._connect()
        words = {"id": name, "argv": list(argv), "environment": dict(environment), "terminal": terminal, "cwd": "/"}
        try:
            said, _ = self._exchange(connection, {"do": "enter", **words}, streams)
        except ContainerError:
            connection.close()
            raise
        return Entered(said["process"], connection)

    def listen(self, name: str, streams: tuple[int, int]) -> int:
        """Its output, from now on, into these two; a descriptor of its stdin or its terminal, -1 if it has none."""
        with self._connect() as connection:
            _, passed = self._exchange(connection, {"do": "listen", "id": name}, streams)
        return passed[0] if passed else -1

    def open_socket(self, netns: str) -> socket.socket:
        """For TCP, not connected, in the network of a pod."""
        with self._connect() as connection:
            _, passed = self._exchange(connection, {"do": "connect", "netns": netns}, ())
        return socket.socket(fileno=passed[0])

    def close_stdin(self, name: str) -> None:
        """The container reads the end of its input."""
        self._ask("close_stdin", id=name)

    def signal(self, name: str, number: int) -> None:
        """To its first process."""
        self._ask("signal", id=name, signal=number)

    def kill(self, name: str) -> None:
        """All its processes."""
        self._ask("kill", id=name)

    def forget(self, name: str) -> None:
        """One that has ended."""
        self._ask("forget", id=name)

    def list_lives(self) -> dict[str, Life]:
        """Every container of the node that was not forgotten, by id."""
        return {each["id"]: Life(**each) for each in self._ask("list")["lives"]}

    def watch(self) -> socket.socket:
        """A connection on which each container that ends is told (parse_ended)."""
        connection = self._connect()
        self._exchange(connection, {"do": "watch"}, ())
        return connection

    def _connect(self) -> socket.socket:
        try:
            return connect()
        except OSError as error:
            raise ContainerError(
                f"what keeps the containers is gone: {error}", hint="daemon restart kubelet"
            ) from error

    def _ask(self, do: str, **words: Any) -> dict[str, Any]:
        with self._connect() as connection:
            return self._exchange(connection, {"do": do, **words}, ())[0]

    def _exchange(
        self, connection: socket.socket, words: Mapping[str, Any], streams: Sequence[int]
    ) -> tuple[dict[str, Any], list[int]]:
        try:
            socket.send_fds(connection, [json.dumps(words).encode()], list(streams))
            packet, passed, _, _ = socket.recv_fds(connection, MOST, 4)
        except OSError as error:
            raise ContainerError(f"what keeps the containers does not answer: {error}", hint=f"see {LOG}") from error
        if not packet:
            raise ContainerError("what keeps the containers ended while it was asked", hint=f"see {LOG}")
        said: dict[str, Any] = json.loads(packet)
        if "error" in said:
            raise ContainerError(said["error"])
        for each in passed:
            os.set_inheritable(each, False)
        return said, passed


def parse_ended(packet: bytes) -> Life:
    """What a watching connection says."""
    return Life(**json.loads(packet)["ended"])
