"""SPDY as kubectl port-forward speaks it: frames, and headers that one compressor packs (SPDY Protocol, Draft 3.1; moby/spdystream)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

DATA: Final = 0  # no number of SPDY's: what is no control frame
SYN_STREAM: Final = 1
SYN_REPLY: Final = 2
RST_STREAM: Final = 3
PING: Final = 6
FIN: Final = 1  # a flag: whoever sent it sends no more on this stream
_VERSION: Final = 3
_CONTROL: Final = 0x80000000
_HEAD: Final = struct.Struct("!IBBH")  # control bit and stream, or version and kind; flags; length, three bytes
_NUMBER: Final = struct.Struct("!I")
_SYN_STREAM: Final = struct.Struct("!IIH")  # stream, associated stream, priority and slot
_WORDS: Final = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization "
    "cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range "
    "content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified "
    "location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding "
    "upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin"
)
_REST: Final = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information"
    "204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error"
    "501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, "
    "Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,"
    "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)


def render_text(text: str) -> bytes:
    """With its length before it."""
    return _NUMBER.pack(len(text)) + text.encode()


# what both sides' compressors know from the start (2.6.10.1)
DICTIONARY: Final = (
    b"".join(render_text(word.replace("_", " ")) for word in _WORDS.split(" ")) + _REST.encode()
)  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """`kind`: DATA or a control frame's; `body`: data, or a control frame as it came. `headers`: of SYN_STREAM, in small letters."""

    kind: int
    stream: int
    flags: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Parser:
    """Frames out of bytes as they come, cut anywhere."""

    def __init__(self) -> None:
        self._rest = b""
        self._headers = zlib.decompressobj(zdict=DICTIONARY)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Those that are whole now. Raises ValueError: this is no SPDY."""
        self._rest += data
        while len(self._rest) >= _HEAD.size:
            first, flags, high, low = _HEAD.unpack_from(self._rest)
            end = _HEAD.size + (high << 16 | low)
            if len(self._rest) < end:
                return
            body, self._rest = self._rest[_HEAD.size : end], self._rest[end:]
            yield self._parse(first, flags, body)

    def _parse(self, first: int, flags: int, body: bytes) -> Frame:
        if not first & _CONTROL:
            return Frame(DATA, first, flags, body)
        version, kind = first >> 16 & 0x7FFF, first & 0xFFFF
        if version != _VERSION:
            raise ValueError(f"SPDY of version {version}")
        stream = _NUMBER.unpack_from(body)[0] if len(body) >= _NUMBER.size else 0
        return Frame(kind, stream, flags, body, self._parse_headers(body) if kind == SYN_STREAM else {})

    def _parse_headers(self, body: bytes) -> dict[str, str]:
        try:
            plain = self._headers.decompress(body[_SYN_STREAM.size :])
            words = list(_split(plain))
        except (zlib.error, struct.error) as error:
            raise ValueError(f"headers that can't be read: {error}") from error
        return dict(zip(words[::2], words[1::2], strict=True))


def _split(plain: bytes) -> Iterator[str]:
    """Names and values in turn; before them stands how many there are."""
    at = _NUMBER.size
    for _ in range(2 * _NUMBER.unpack_from(plain)[0]):
        length, at = _NUMBER.unpack_from(plain, at)[0], at + _NUMBER.size
        yield plain[at : at + length].decode()
        at += length


class Renderer:
    """One for a connection: replies' headers, of which there are none, go through one compressor."""

    def __init__(self) -> None:
        self._headers = zlib.compressobj(zdict=DICTIONARY)

    def render_reply(self, stream: int) -> bytes:
        """The stream is taken."""
        packed = self._headers.compress(_NUMBER.pack(0)) + self._headers.flush(zlib.Z_SYNC_FLUSH)
        return render_control(SYN_REPLY, _NUMBER.pack(stream) + packed)


def render_control(kind: int, body: bytes) -> bytes:
    """A control frame without flags."""
    return _render(_CONTROL | _VERSION << 16 | kind, 0, body)


def render_data(stream: int, data: bytes, *, last: bool = False) -> bytes:
    """At most 16 MB; `last`: no more will follow."""
    return _render(stream, FIN if last else 0, data)


def _render(first: int, flags: int, body: bytes) -> bytes:
    return _HEAD.pack(first, flags, len(body) >> 16, len(body) & 0xFFFF) + body
