"""Who answers ARP for an address on a link (RFC 826): two MACs mean a duplicate address, or a proxy."""

from __future__ import annotations

import contextlib
import fcntl
import select
import socket
import struct
import time
from collections.abc import Iterator
from typing import Final

from labkit.probe.sockets import ETH_P_ARP, parse_address, start_socket
from labkit.world import Machine

TIMEOUT: Final = 1.0  # seconds: a proxy takes up to 0.8 s (arp(7), proxy_delay)
_ARP: Final = struct.Struct("!HHBBH6s4s6s4s")
_REQUEST: Final = 1
_REPLY: Final = 2
_BROADCAST: Final = b"\xff" * 6
NOBODY: Final = bytes(4)  # 0.0.0.0
_SIOCGIFADDR: Final = 0x8915  # netdevice(7)


def ask_arp(src: Machine, address: str, link: str, *, timeout: float = TIMEOUT, anonymous: bool = False) -> list[str]:
    """The MACs that answer for `address` on this link of `src`, in order of arrival, each once.

    `anonymous` asks as 0.0.0.0 does (RFC 5227, a probe): proxies are silent then, and an answer to it is an answer to this broadcast.
    Otherwise one to a question of the kernel's own counts too, which goes straight to a neighbour that it knows already.

    Waits the whole time: a second answer is the interesting one. Empty too when the link is down or does not exist.
    The same by hand: arping -c 2 -I LINK ADDRESS. Raises CannotTell when the world refuses the socket.
    """
    wanted = socket.inet_aton(parse_address(address))
    with start_socket(src, socket.AF_PACKET, socket.SOCK_RAW, 0) as asking:
        try:
            asking.bind((link, ETH_P_ARP))
            own = NOBODY if anonymous else _read_own_address(asking, link)
            request = _pack_request(asking, own, wanted)
            found: dict[str, None] = {}
            began = time.monotonic()
            for number in (1, 2):
                asking.send(request)
                found |= dict.fromkeys(_receive_answers(asking, own, wanted, began + timeout * number / 2))
        except OSError:
            return []  # no such link, or it is down: nobody answers there
        return list(found)


def announce(machine: Machine, address: str, link: str) -> None:
    """Tell everybody on a link the MAC of an address (RFC 5227, an announcement): who knew it by another forgets that.

    By hand: arping -c 1 -A -I LINK ADDRESS. Nothing happens when the link is down.
    """
    own = socket.inet_aton(parse_address(address))
    with start_socket(machine, socket.AF_PACKET, socket.SOCK_RAW, 0) as telling, contextlib.suppress(OSError):
        telling.bind((link, ETH_P_ARP))
        telling.send(_pack_request(telling, own, own))


def _pack_request(asking: socket.socket, own: bytes, wanted: bytes) -> bytes:
    mac: bytes = asking.getsockname()[4]
    arp = _ARP.pack(1, 0x0800, 6, 4, _REQUEST, mac, own, bytes(6), wanted)
    return _BROADCAST + mac + struct.pack("!H", ETH_P_ARP) + arp


def _read_own_address(asking: socket.socket, link: str) -> bytes:
    """The link's first address; without one 0.0.0.0, the probe of RFC 5227, which proxies do not answer."""
    try:
        answer: bytes = fcntl.ioctl(asking, _SIOCGIFADDR, struct.pack("16s16x8x", link.encode()))
    except OSError:
        return NOBODY
    return answer[20:24]


def _receive_answers(asking: socket.socket, own: bytes, wanted: bytes, deadline: float) -> Iterator[str]:
    poll = select.poll()
    poll.register(asking, select.POLLIN)
    while poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        frame = asking.recv(2048)
        if len(frame) >= 14 + _ARP.size:
            _, _, _, _, operation, mac, sender, _, asker = _ARP.unpack_from(frame, 14)
            if operation == _REPLY and (sender, asker) == (wanted, own):
                yield mac.hex(":")
