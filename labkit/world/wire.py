"""Messages between the world's PID 1 and its clients: JSON and descriptors on a SOCK_SEQPACKET Unix socket, one message a packet."""

from __future__ import annotations

import array
import json
import os
import socket
from collections.abc import Sequence
from typing import Any, Final

MAX_BYTES: Final = 160 * 1024
MAX_DESCRIPTORS: Final = 64
Message = dict[str, Any]


class WireError(Exception):
    """A message was malformed, oversized or truncated; the connection can go on where the kernel kept packets apart."""


def send_message(sock: socket.socket, message: Message, descriptors: Sequence[int] = ()) -> None:
    """Send one packet. Raises WireError when it is too large for one, OSError as send does."""
    data = json.dumps(message, separators=(",", ":")).encode()
    if len(data) > MAX_BYTES:
        raise WireError(f"a message of {len(data)} bytes is over the limit of {MAX_BYTES}")
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    sock.sendmsg([data], rights, socket.MSG_NOSIGNAL)


def receive_message(sock: socket.socket) -> tuple[Message, list[int]] | None:
    """The next packet with its descriptors (close-on-exec, the caller's to close); None at the end of the connection."""
    space = socket.CMSG_SPACE(MAX_DESCRIPTORS * 4)
    data, ancillary, flags, _ = sock.recvmsg(MAX_BYTES + 1, space, socket.MSG_CMSG_CLOEXEC)
    descriptors = _collect_descriptors(ancillary)
    if not data and not descriptors:
        return None
    try:
        return _parse_whole(data, flags), descriptors
    except WireError:
        close_all(descriptors)
        raise


def _parse_whole(data: bytes, flags: int) -> Message:
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
        raise WireError(f"a message over {MAX_BYTES} bytes or {MAX_DESCRIPTORS} descriptors")
    return _parse_object(data)


def close_all(descriptors: Sequence[int]) -> None:
    """Close each descriptor."""
    for descriptor in descriptors:
        os.close(descriptor)


def _parse_object(data: bytes) -> Message:
    try:
        message = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise WireError(f"not JSON: {error}") from None
    if not isinstance(message, dict):
        raise WireError(f"not an object: {type(message).__name__}")
    return message


def _collect_descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return list(found)
