"""One request under way, by HTTP or HTTPS, without ever waiting: it goes on when its socket can."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
from dataclasses import dataclass, field
from typing import Final

from labkit.probe.page import Page
from labkit.probe.words import describe_errno

TOKEN_BYTES: Final = 8
PACKET: Final = 1 << 17  # offloading makes packets of 64 KB
SILENCE: Final = "no answer (time-out)"
_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_LOCATION: Final = re.compile(rb"^location: *([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_MORE: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)  # the other side's turn


@dataclass
class Call:
    """`by`: the machine that got the request, `source`: whom it saw, `told`: whom a proxy on the way told it of (X-Real-IP)."""

    client: socket.socket
    page: Page
    token: str = field(default_factory=lambda: os.urandom(TOKEN_BYTES).hex())
    said: bytearray = field(default_factory=bytearray)
    shaken: bool = False
    sent: bool = False
    over: bool = False
    error: str = ""
    by: str = ""
    source: str | None = None
    told: str = ""

    def fail(self, number: int) -> None:
        """The kernel says that it came to nothing."""
        self.error, self.over = describe_errno(number), True

    def go_on(self) -> None:
        """It can be written to, or something came."""
        if number := self.client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.fail(number)
            return
        try:
            self._shake_hands()
            self._send()
            self._receive()
        except _MORE:
            return
        except ssl.SSLCertVerificationError as error:
            self.error, self.over = f"its certificate is not accepted: {error.verify_message}", True
        except ssl.SSLError as error:
            self.error, self.over = f"no TLS: {error.reason or error}", True
        except OSError as error:
            self.fail(error.errno or 0)

    def _shake_hands(self) -> None:
        if isinstance(self.client, ssl.SSLSocket) and not self.shaken:
            self.client.do_handshake()
            self.shaken = True

    def _send(self) -> None:
        if not self.sent:
            self.sent = True
            self.client.send(self.page.render_request(self.token))

    def _receive(self) -> None:
        while not self.over:
            data = self.client.recv(PACKET)
            self.said += data
            self.over = not data

    @property
    def code(self) -> int:
        """The answer's status; 0 while there is none."""
        words = bytes(self.said[:64]).split(maxsplit=2)
        with contextlib.suppress(IndexError, ValueError):
            return int(words[1]) if words[0].startswith(b"HTTP/") else 0
        return 0

    @property
    def location(self) -> str:
        """Where the answer sends the caller instead; empty when nowhere."""
        found = _LOCATION.search(bytes(self.said).partition(b"\r\n\r\n")[0])
        return found[1].decode(errors="replace") if found else ""

    def explain(self) -> str:
        """How it failed; nothing when it did not."""
        head, _, body = bytes(self.said).partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if self.error or not self.said:
            return self.error or SILENCE
        if self.code // 100 != 2:  # noqa: PLR2004 - HTTP/1.1 200
            first = head.partition(b"\r")[0].decode(errors="replace")
            return f"it said {first!r}"
        return "the answer broke off" if length and len(body) < int(length[1]) else ""
