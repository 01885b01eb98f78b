"""Packet sockets on many machines at once (packet(7)); the client captures, nothing runs in the machines."""

from __future__ import annotations

import selectors
import socket
import struct
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final, Self

from labkit.errors import UsageError
from labkit.net.capture.frame import Frame
from labkit.net.machine import Writable

ETH_P_ALL: Final = 3
SO_TIMESTAMPNS: Final = 35
SOL_PACKET: Final = 263
PACKET_STATISTICS: Final = 6
PACKET_OUTGOING: Final = 4
_TIMESPEC: Final = struct.Struct("=qq")
_STATISTICS: Final = struct.Struct("=II")
_RECEIVE_BUFFER: Final = 4 << 20  # the kernel gives what net.core.rmem_max allows
_CLOSERS: Final = 64  # threads
_LARGEST: Final = 1 << 17  # offloading makes frames of more than 64 KB


class Capture:
    """Every frame on every link of these machines, from `__enter__` on.

    The kernel keeps frames until they are read, about 200 KB a machine; what did not fit is counted in
    `dropped`. `keep` is asked for each frame's bytes; after `limit` kept frames the rest is dropped as well.
    `leave_out_gone`: a pod that was taken away since it was listed is no error.
    """

    def __init__(
        self,
        machines: Iterable[Writable],
        *,
        keep: Callable[[bytes], bool] | None = None,
        limit: int = 10_000,
        leave_out_gone: bool = False,
    ) -> None:
        self.dropped = 0
        self._machines = list(machines)
        self._keep = keep
        self._limit = limit
        self._forgiven: tuple[type[Exception], ...] = (UsageError,) if leave_out_gone else ()
        self._frames: list[Frame] = []
        self._sockets: list[tuple[str, socket.socket]] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for machine in self._machines:
                try:
                    opened = machine.open_socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
                except self._forgiven:
                    continue
                self._sockets.append((machine.name, stack.enter_context(opened)))
                opened.setblocking(False)
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
                opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        # closing a packet socket waits some 10 ms for all processors (synchronize_net): wait for all sockets at once
        with ThreadPoolExecutor(_CLOSERS) as pool:
            pool.map(lambda each: each[1].close(), self._sockets)
        self._stack.close()
        self._sockets.clear()

    def read_frames(self, timeout: float, *, enough: Callable[[list[Frame]], bool] | None = None) -> list[Frame]:
        """All frames kept so far, by time; waits up to `timeout` seconds, or until they are `enough`."""
        deadline = time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            for name, opened in self._sockets:
                selector.register(opened, selectors.EVENT_READ, name)
            while True:
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                for key, _ in ready:
                    self._drain(key.data, key.fileobj)
                if not ready or time.monotonic() > deadline or (enough and enough(self._frames)):
                    break
        self._count_dropped()
        return sorted(self._frames, key=lambda frame: frame.time)

    def _drain(self, machine: str, opened: object) -> None:
        """Read what there is now, and no more than the buffer holds: a flood must not keep us here."""
        if not isinstance(opened, socket.socket):
            return
        for _ in range(self._limit):
            try:
                data, ancillary, _, address = opened.recvmsg(_LARGEST, socket.CMSG_SPACE(_TIMESPEC.size))
            except BlockingIOError:
                return
            except OSError:  # ENETDOWN: the link went down while its frames waited; said once, then gone on
                continue
            if self._keep is None or self._keep(data):
                self._add(machine, data, ancillary, address)

    def _add(
        self,
        machine: str,
        data: bytes,
        ancillary: list[tuple[int, int, bytes]],
        address: tuple[str, int, int, int, bytes],
    ) -> None:
        if len(self._frames) >= self._limit:
            self.dropped += 1
            return
        link, _, packet_type, hardware, _ = address
        stamp = next((payload for _, kind, payload in ancillary if kind == SO_TIMESTAMPNS), b"")
        seconds, nanoseconds = _TIMESPEC.unpack(stamp) if stamp else divmod(time.time_ns(), 10**9)
        self._frames.append(
            Frame(
                machine=machine,
                link=link,
                direction="out" if packet_type == PACKET_OUTGOING else "in",
                time=seconds * 10**9 + nanoseconds,
                data=data,
                hardware=hardware,
            )
        )

    def _count_dropped(self) -> None:
        for _, opened in self._sockets:
            statistics = opened.getsockopt(SOL_PACKET, PACKET_STATISTICS, _STATISTICS.size)
            self.dropped += _STATISTICS.unpack(statistics)[1]  # reading sets it to zero
