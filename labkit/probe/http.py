"""HTTP asked many times at once, and who of several machines got each request: seen on its own wire, by a token that the request carries."""

from __future__ import annotations

import contextlib
import errno
import re
import selectors
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from labkit.probe.answer import Answer
from labkit.probe.call import PACKET, SILENCE, TOKEN_BYTES, Call
from labkit.probe.limits import read_overflows, require_room
from labkit.probe.page import Page
from labkit.probe.sockets import ETH_P_IP, parse_address, start_sniffer, start_socket
from labkit.timing import scale
from labkit.world import Machine

TIMEOUT: Final = 1.5  # seconds: a lost SYN is sent again after 1 s (RFC 6298)
_RESET_ON_CLOSE: Final = struct.pack("=ii", 1, 0)  # SO_LINGER: leaves no TIME_WAIT behind
_TOLD: Final = re.compile(rb"\r\nX-Real-IP: *([^\r\n]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Served(Answer):
    """`by`: the machine that got the request; empty when none of those watched did. `whole`: an answer 2xx came back whole, whoever sent it.

    `code`: the answer's status, 0 when none came; `location`: where it sends the caller instead. `told`: of whom a proxy told that machine.
    """

    by: str = ""
    whole: bool = False
    code: int = 0
    location: str = ""
    told: str = ""

    @property
    def status(self) -> int:
        """curl is content with anybody's answer."""
        return 0 if self.whole or self.location else 1


def ask_http(
    src: Machine, target: tuple[str, int] | Page, *, among: Sequence[Machine], times: int = 1, timeout: float = TIMEOUT
) -> list[Served]:
    """`times` requests for a page (`/` of an address and a port, or more) at once, each by a connection of its own; which machine `among` these got it, from whom.

    Reached: an answer 2xx came back whole, and one of them got the request. Raises CannotTell when a socket is refused.
    """
    page = Page(*target)
    page = page._replace(address=parse_address(page.address))
    overflows, began = read_overflows(), time.monotonic()
    with contextlib.ExitStack() as stack:
        sniffers = {stack.enter_context(start_sniffer(each, ETH_P_IP)): each.name for each in among}
        calls = [Call(client, page) for client in _start_clients(src, page, stack, times)]
        for call in calls:
            _begin(call)
        _follow(calls, sniffers, began + scale(timeout))
    seconds = round(time.monotonic() - began, 6)
    if any(call.explain() == SILENCE for call in calls):
        require_room(overflows)
    return [_plan_answer(call, seconds, times) for call in calls]


def _start_clients(src: Machine, page: Page, stack: contextlib.ExitStack, times: int) -> list[socket.socket]:
    plain = [stack.enter_context(start_socket(src, socket.AF_INET, socket.SOCK_STREAM)) for _ in range(times)]
    for each in plain:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    if not page.tls:
        return plain
    context, name = page.tls.make_context(), page.host or page.address
    wrapped = [context.wrap_socket(each, server_hostname=name, do_handshake_on_connect=False) for each in plain]
    return [stack.enter_context(each) for each in wrapped]


def _begin(call: Call) -> None:
    number = call.client.connect_ex((call.page.address, call.page.port))
    if number not in (0, errno.EINPROGRESS):
        call.fail(number)


def _follow(calls: Sequence[Call], sniffers: dict[socket.socket, str], deadline: float) -> None:
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
                if isinstance(key.data, Call):
                    _turn(selector, key.data)
                else:
                    _look(key.fileobj, key.data, tokens)
    for sniffer, name in sniffers.items():  # a request comes before its answer: what is not there now did not come
        _look(sniffer, name, tokens)


def _turn(selector: selectors.BaseSelector, call: Call) -> None:
    call.go_on()
    if call.over:
        selector.unregister(call.client)
    else:
        selector.modify(call.client, selectors.EVENT_READ, call)


def _look(sniffer: object, name: str, tokens: dict[bytes, Call]) -> None:
    """Read what a machine has got meanwhile; a token in it tells whose request it is."""
    assert isinstance(sniffer, socket.socket)
    with contextlib.suppress(BlockingIOError):
        while True:
            packet, sender = sniffer.recvfrom(PACKET)
            at = packet.find(b"X-Padding: ")
            call = tokens.get(packet[at + 11 : at + 11 + 2 * TOKEN_BYTES]) if at >= 0 else None
            if call and sender[2] == socket.PACKET_HOST:
                told = _TOLD.search(packet, 0, at)
                call.by, call.source = name, socket.inet_ntoa(packet[12:16])
                call.told = told[1].decode(errors="replace") if told else ""


def _plan_answer(call: Call, seconds: float, times: int) -> Served:
    broken = call.explain()
    failed = broken or ("" if call.by else "somebody else answered")
    detail = failed or f"{call.by} answered; it saw the call come from {call.source}"
    return Served(
        not failed, call.source, detail, seconds, call.page.plan_command(times),
        by=call.by, whole=not broken, code=call.code, location=call.location, told=call.told,
    )  # fmt: skip
