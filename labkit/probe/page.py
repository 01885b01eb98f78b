"""A page on the web as it is asked for, and the words that a person would type for it."""

from __future__ import annotations

import ssl
from typing import Final, NamedTuple

from labkit.errors import UsageError

PADDING: Final = 3000  # bytes: the request fills several segments
_TYPED: Final = 30  # calls


class Tls(NamedTuple):
    """HTTPS. `authority`: certificates in PEM, one of which must stand behind the server's; `file`: where a person has them. Empty: any will do."""

    authority: str = ""
    file: str = ""

    def make_context(self) -> ssl.SSLContext:
        """What a client of this kind needs. Raises UsageError when `authority` is no certificate."""
        if not self.authority:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return context
        try:
            return ssl.create_default_context(cadata=self.authority)
        except (ssl.SSLError, ValueError) as error:
            raise UsageError(
                f"{self.file} holds no certificate: {error}", hint="PEM, -----BEGIN CERTIFICATE-----"
            ) from error


class Page(NamedTuple):
    """`address`, `port`: whom to ask. `host`: its name, in the Host header and in TLS's SNI, where it is asked for by a name."""

    address: str
    port: int
    host: str = ""
    path: str = "/"
    tls: Tls | None = None

    @property
    def authority(self) -> str:
        """Host and port, as the Host header has them (RFC 9110, 7.2)."""
        return f"{self.host or self.address}:{self.port}"

    def render_request(self, token: str) -> bytes:
        """A request that carries a token, and is large."""
        head = f"GET {self.path} HTTP/1.0\r\nHost: {self.authority}\r\n"
        return f"{head}X-Padding: {token}-{'x' * PADDING}\r\n\r\n".encode()

    def plan_command(self, times: int) -> tuple[str, ...]:
        """The same typed: it ends with the first call that fails, which may be any of them, or only a large one; often enough to meet it again."""
        words = ["curl -sSf -o /dev/null -m 2"]
        if self.tls:
            words.append(f"--cacert {self.tls.file}" if self.tls.authority else "-k")
        words.append(f"-H X-Padding:$(printf %0{PADDING}d 0)")
        if self.host:
            words.append(f"--resolve {self.authority}:{self.address}")
        words.append(f"{'https' if self.tls else 'http'}://{self.authority}{self.path}")
        curl = " ".join(words)
        return ("bash", "-c", curl if times == 1 else f"for i in {{1..{max(times, _TYPED)}}}; do {curl} || exit; done")
