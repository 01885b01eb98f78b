"""HTTP asked many times at once, and who of several machines got each request: seen on its own wire, by a token that the request carries."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import selectors
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from labkit.probe.answer import Answer
from labkit.probe.limits import read_overflows, require_room
from labkit.probe.sockets import ETH_P_IP, parse_address, start_sniffer, start_socket
from labkit.probe.words import describe_errno
from labkit.timing import scale
from labkit.world import Machine

TIMEOUT: Final = 1.5  # seconds: a lost SYN is sent again after 1 s (RFC 6298)
_TOKEN_BYTES: Final = 8
_PADDING: Final = 3000  # bytes: the request fills several segments
_TYPED: Final = 30  # calls
_PACKET: Final = 1 << 17  # offloading makes packets of 64 KB
_RESET_ON_CLOSE: Final = struct.pack("=ii", 1, 0)  # SO_LINGER: leaves no TIME_WAIT behind
_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_SILENCE: Final = "no answer (time-out)"


@dataclass(frozen=True)
class Served(Answer):
    """`by`: the machine that got the request; empty when none of those watched did. `whole`: an answer 2xx came back whole, whoever sent it."""

    by: str = ""
    whole: bool = False

    @property
    def status(self) -> int:
        """curl is content with anybody's answer."""
        return 0 if self.whole else 1


@dataclass
class _Call:
    """One connection under way."""

    client: socket.socket
    token: str = field(default_factory=lambda: os.urandom(_TOKEN_BYTES).hex())
    said: bytearray = field(default_factory=bytearray)
    sent: bool = False
    over: bool = False
    error: str = ""
    by: str = ""
    source: str | None = None

    def go_on(self, host: str) -> None:
        """It can be written to, or something came."""
        if number := self.client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.error, self.over = describe_errno(number), True
        elif not self.sent:
            self.sent = True
            padding = f"{self.token}-{'x' * _PADDING}"
            self.client.send(f"GET / HTTP/1.0\r\nHost: {host}\r\nX-Padding: {padding}\r\n\r\n".encode())
        else:
            self._receive()

    def _receive(self) -> None:
        try:
            data = self.client.recv(_PACKET)
        except BlockingIOError:
            return
        except OSError as error:
            self.error, self.over = describe_errno(error.errno or 0), True
            return
        self.said += data
        self.over = not data

    def explain(self) -> str:
        """How it failed; nothing when it did not."""
        head, _, body = bytes(self.said).partition(b"\r\n\r\n")
        words = head.split(maxsplit=2)
        length = _LENGTH.search(head)
        if self.error or not self.said:
            return self.error or _SILENCE
        if len(words) < 2 or not words[1].startswith(b"2"):  # noqa: PLR2004 - HTTP/1.1 200
            first = head.partition(b"\r")[0].decode(errors="replace")
            return f"it said {first!r}"
        return "the answer broke off" if length and len(body) < int(length[1]) else ""


def ask_http(
    src: Machine, target: tuple[str, int], *, among: Sequence[Machine], times: int = 1, timeout: float = TIMEOUT
) -> list[Served]:
    """`times` requests for / of `target` (address, port) at once, each by a connection of its own; which machine `among` these got it, from whom.

    Reached: an answer 2xx came back whole, and one of them got the request. Raises CannotTell when a socket is refused.
    """
    address, port = parse_address(target[0]), target[1]
    overflows, began, host = read_overflows(), time.monotonic(), f"{address}:{port}"
    with contextlib.ExitStack() as stack:
        sniffers = {stack.enter_context(start_sniffer(each, ETH_P_IP)): each.name for each in among}
        clients = [stack.enter_context(start_socket(src, socket.AF_INET, socket.SOCK_STREAM)) for _ in range(times)]
        calls = [_Call(client) for client in clients]
        for call in calls:
            _begin(call, (address, port))
        _follow(calls, sniffers, host, began + scale(timeout))
    seconds = round(time.monotonic() - began, 6)
    if any(call.explain() == _SILENCE for call in calls):
        require_room(overflows)
    return [_plan_answer(call, host, seconds, times) for call in calls]


def _begin(call: _Call, target: tuple[str, int]) -> None:
    call.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    number = call.client.connect_ex(target)
    if number not in (0, errno.EINPROGRESS):
        call.error, call.over = describe_errno(number), True


def _follow(calls: Sequence[_Call], sniffers: dict[socket.socket, str], host: str, deadline: float) -> None:
    """Until each is over and what was seen of them is read, or the deadline."""
    tokens = {call.token.encode(): call for call in calls}
    with selectors.DefaultSelector() as selector:
        for sniffer, name in sniffers.items():
            selector.register(sniffer, selectors.EVENT_READ, name)
        for call in calls:
            if not call.over:
                selector.register(call.client, selectors.EVENT_WRITE, call)
        while any(not call.over for call in calls) and (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                if isinstance(key.data, _Call):
                    _turn(selector, key.data, host)
                else:
                    _look(key.fileobj, key.data, tokens)
    for sniffer, name in sniffers.items():  # a request comes before its answer: what is not there now did not come
        _look(sniffer, name, tokens)


def _turn(selector: selectors.BaseSelector, call: _Call, host: str) -> None:
    call.go_on(host)
    if call.over:
        selector.unregister(call.client)
    elif call.sent:
        selector.modify(call.client, selectors.EVENT_READ, call)


def _look(sniffer: object, name: str, tokens: dict[bytes, _Call]) -> None:
    """Read what a machine has got meanwhile; a token in it tells whose request it is."""
    assert isinstance(sniffer, socket.socket)
    with contextlib.suppress(BlockingIOError):
        while True:
            packet, sender = sniffer.recvfrom(_PACKET)
            at = packet.find(b"X-Padding: ")
            call = tokens.get(packet[at + 11 : at + 11 + 2 * _TOKEN_BYTES]) if at >= 0 else None
            if call and sender[2] == socket.PACKET_HOST:
                call.by, call.source = name, socket.inet_ntoa(packet[12:16])


def _plan_answer(call: _Call, target: str, seconds: float, times: int) -> Served:
    broken = call.explain()
    failed = broken or ("" if call.by else "somebody else answered")
    detail = failed or f"{call.by} answered; it saw the call come from {call.source}"
    return Served(not failed, call.source, detail, seconds, plan_command(target, times), call.by, not broken)


def plan_command(target: str, times: int) -> tuple[str, ...]:
    """The same typed: it ends with the first call that fails, which may be any of them, or only a large one; often enough to meet it again."""
    curl = f"curl -sSf -o /dev/null -m 2 -H X-Padding:$(printf %0{_PADDING}d 0) http://{target}/"
    return ("bash", "-c", curl if times == 1 else f"for i in {{1..{max(times, _TYPED)}}}; do {curl} || exit; done")
