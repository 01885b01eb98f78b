"""exec and attach over a WebSocket: the first byte of each message is its channel (k8s.io/streaming, v5.channel.k8s.io)."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct
import termios
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tornado.websocket import WebSocketClosedError, WebSocketHandler

from labkit.errors import parse_json

STDIN: Final = 0
STDOUT: Final = 1
STDERR: Final = 2
ERROR: Final = 3
RESIZE: Final = 4
CLOSE: Final = 255  # v5: the channel that follows is at its end
PROTOCOLS: Final = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_CHUNK: Final = 1 << 15


def render_status(status: int) -> dict[str, Any]:
    """The Status that tells a command's exit status."""
    if not status:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
        "message": f"command terminated with non-zero exit code: exit status {status}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(status)}]},
    }  # fmt: skip


def render_failure(message: str) -> dict[str, Any]:
    """The Status of a command that never ran."""
    return {"metadata": {}, "status": "Failure", "reason": "InternalError", "message": message, "code": 500}


@dataclass
class Streams:
    """The two ends of a command's streams: `given` goes to it, `kept` stays here by channel. A terminal is one for all."""

    given: tuple[int, int, int]
    kept: dict[int, int] = field(default_factory=dict)
    terminal: bool = False

    def close_given(self) -> None:
        """After it was started."""
        for each in set(self.given):
            os.close(each)

    def close(self, *channels: int) -> None:
        """Those of these channels, or all."""
        for channel in channels or tuple(self.kept):
            descriptor = self.kept.pop(channel, -1)
            if descriptor >= 0 and descriptor not in self.kept.values():
                os.close(descriptor)

    def resize(self, text: bytes) -> None:
        """Of the terminal: {"Width": 80, "Height": 24}."""
        with contextlib.suppress(ValueError, KeyError, OSError, struct.error):
            size = parse_json(text, "the size of a terminal")
            fcntl.ioctl(self.kept[STDOUT], termios.TIOCSWINSZ, struct.pack("HHHH", size["Height"], size["Width"], 0, 0))


def open_streams(wish: Mapping[str, bool]) -> Streams:
    """`wish`: tty, stdin, stdout, stderr."""
    if wish["tty"]:
        master, slave = os.openpty()
        return Streams((slave, slave, slave), {STDIN: master, STDOUT: master}, terminal=True)
    kept = {}
    given = []
    for channel, word in enumerate(("stdin", "stdout", "stderr")):
        if not wish[word]:
            given.append(os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC))
            continue
        reader, writer = os.pipe2(os.O_CLOEXEC)
        given.append(writer if channel else reader)
        kept[channel] = reader if channel else writer
    return Streams((given[0], given[1], given[2]), kept)


class Feeder:
    """Writes what comes for a command's stdin, in order, at the pace that it reads; in a task of its own."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(8)  # what comes before there is a command waits here
        self._task: asyncio.Task[None] | None = None

    def start(self, descriptor: int, close: Callable[[], None]) -> None:
        """Write into `descriptor` from now on; `close` it at the end."""
        self._task = asyncio.create_task(self._run(descriptor, close))

    async def put(self, data: bytes) -> None:
        """b"" is the end."""
        if self._task is None or not self._task.done():
            await self._queue.put(data)

    def stop(self) -> None:
        """Whatever is left; who waits to put something is let go."""
        if self._task:
            self._task.cancel()
        while not self._queue.empty():
            self._queue.get_nowait()

    async def _run(self, descriptor: int, close: Callable[[], None]) -> None:
        os.set_blocking(descriptor, False)
        while data := await self._queue.get():
            while data:
                try:
                    data = data[os.write(descriptor, data) :]
                except BlockingIOError:
                    await _wait(descriptor, writing=True)
                except OSError:  # it reads no more
                    data = b""
        close()


async def _wait(descriptor: int, *, writing: bool = False) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    add, remove = (loop.add_writer, loop.remove_writer) if writing else (loop.add_reader, loop.remove_reader)
    add(descriptor, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        remove(descriptor)


async def pump(descriptor: int, channel: int, socket: WebSocketHandler) -> None:
    """What a command writes, to its end."""
    os.set_blocking(descriptor, False)
    while True:
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            await _wait(descriptor)
            continue
        except OSError:  # a terminal whose other end is closed
            return
        if not data:
            return
        with contextlib.suppress(WebSocketClosedError):
            await socket.write_message(bytes([channel]) + data, binary=True)
