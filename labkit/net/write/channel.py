"""One rtnetlink socket in one machine: many messages per system call, refusals given back to their message."""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from labkit.errors import WorldError
from labkit.net.write import netlink
from labkit.net.write.netlink import Message

NETLINK_ROUTE: Final = 0
SOL_NETLINK: Final = 270
NETLINK_CAP_ACK: Final = 10
NETLINK_EXT_ACK: Final = 11
NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3
NLMSGERR_ATTR_MSG: Final = 1
NLM_F_ACK_TLVS: Final = 0x200
RTM_GETLINK: Final = 18
IFLA_IFNAME: Final = 3
IFLA_EXT_MASK: Final = 29
RTEXT_FILTER_SKIP_STATS: Final = 8
# A refusal costs about 1 KB of the receive buffer (208 KB by default): so many fit, even if all are refused.
CHUNK: Final = 100
_LINK: Final = struct.Struct("=BxHiII")
_ERROR_BODY: Final = 20  # errno and the header of the refused message (NETLINK_CAP_ACK)
# A dump comes in parts of at most 32 KB. Below 128 KB malloc keeps the memory, above it maps and unmaps it each time.
_BUFFER: Final = 1 << 16


class Reply(NamedTuple):
    """The kernel's answer: its message's sequence number, errno (0: done), extended-ack text."""

    sequence: int
    errno: int
    reason: str


class Channel:
    """Speaks on a socket opened in the machine; its owner closes it soon: a held one keeps the netns alive."""

    def __init__(self, route_socket: socket.socket) -> None:
        self._socket = route_socket
        self._sequence = 0
        route_socket.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        route_socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)

    def list_links(self) -> dict[str, int]:
        """Name and index of every link there is now."""
        body = _LINK.pack(0, 0, 0, 0, 0) + netlink.u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)
        message = Message(RTM_GETLINK, netlink.NLM_F_DUMP, body)
        return dict(_parse_link(reply) for reply in self.dump(message))

    def send(self, messages: Sequence[Message]) -> dict[int, Reply]:
        """Carry out up to CHUNK messages with one system call; give back the refusals by position.

        Only the last is to be acknowledged: the kernel answers in order and answers refusals always,
        so its acknowledgement closes the list. It goes on after a refused message.
        """
        first = self._sequence + 1
        self._sequence += len(messages)
        last = self._sequence
        packed = [netlink.pack(message, first + at, ack=first + at == last) for at, message in enumerate(messages)]
        self._socket.send(b"".join(packed))
        return {reply.sequence - first: reply for reply in self._read_replies(last) if reply.errno}

    def _read_replies(self, last: int) -> Iterator[Reply]:
        while True:
            for kind, flags, sequence, body in netlink.split_messages(self._receive()):
                if kind == NLMSG_ERROR:
                    yield _parse_reply(sequence, body, has_text=bool(flags & NLM_F_ACK_TLVS))
                    if sequence == last:
                        return

    def dump(self, message: Message) -> Iterator[bytes]:
        """The bodies of all that a question for a list is answered with."""
        self._sequence += 1
        self._socket.send(netlink.pack(message, self._sequence))
        while True:
            for kind, _, _, body in netlink.split_messages(self._receive()):
                if kind == NLMSG_DONE:
                    return
                if kind == NLMSG_ERROR:
                    reply = _parse_reply(0, body, has_text=False)
                    raise OSError(reply.errno, "the kernel refused a list")
                yield body

    def _receive(self) -> bytes:
        # The kernel works within send(): what it has to say is there by now, or never comes.
        try:
            return self._socket.recv(_BUFFER, socket.MSG_DONTWAIT)
        except BlockingIOError as error:
            message = "rtnetlink: the kernel did not answer"
            raise WorldError(message) from error
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            message = "rtnetlink: more refusals than the socket can hold"
            raise WorldError(message) from error


def _parse_link(body: bytes) -> tuple[str, int]:
    index = _LINK.unpack_from(body)[2]
    for kind, payload in netlink.split_attributes(body, _LINK.size):
        if kind == IFLA_IFNAME:
            return payload.rstrip(b"\0").decode(), index
    return "", index


def _parse_reply(sequence: int, body: bytes, *, has_text: bool) -> Reply:
    number = -struct.unpack_from("=i", body)[0]
    reason = ""
    if has_text:
        texts = (text for kind, text in netlink.split_attributes(body, _ERROR_BODY) if kind == NLMSGERR_ATTR_MSG)
        with contextlib.suppress(StopIteration):
            reason = next(texts).rstrip(b"\0").decode(errors="replace")
    return Reply(sequence, number, reason)
