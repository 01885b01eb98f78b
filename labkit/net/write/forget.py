"""Forgetting what ARP told, so that what works next does not work by memory (linux/neighbour.h)."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable, Iterator
from typing import Final

from labkit.errors import LabkitError
from labkit.net.machine import Writable
from labkit.net.write.channel import CHUNK, NETLINK_ROUTE, Channel
from labkit.net.write.neighbor import HEADER, NDA_DST, NUD_NOARP, NUD_PERMANENT, RTM_DELNEIGH
from labkit.net.write.netlink import NLM_F_DUMP, Message, attribute, split_attributes

RTM_GETNEIGH: Final = 30
_QUESTION: Final = Message(RTM_GETNEIGH, NLM_F_DUMP, HEADER.pack(socket.AF_INET, 0, 0, 0, 0))


def forget_neighbours(machines: Iterable[Writable]) -> None:
    """Every IPv4 neighbour goes that the kernel would ask for again; what was entered to stay (permanent, noarp) stays.

    By hand: ip -4 neigh flush all. A machine that has gone meanwhile is passed over.
    """
    for machine in machines:
        with (
            contextlib.suppress(LabkitError),
            machine.open_socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE) as one,
        ):
            channel = Channel(one)
            known = list(_plan_forgetting(channel.dump(_QUESTION)))
            for start in range(0, len(known), CHUNK):
                channel.send(known[start : start + CHUNK])  # refused: it went by itself


def _plan_forgetting(entries: Iterable[bytes]) -> Iterator[Message]:
    for body in entries:
        family, index, state, *_ = HEADER.unpack_from(body)
        address = dict(split_attributes(body, HEADER.size)).get(NDA_DST)
        if address and not state & (NUD_PERMANENT | NUD_NOARP):
            head = HEADER.pack(family, index, 0, 0, 0)
            yield Message(RTM_DELNEIGH, 0, head + attribute(NDA_DST, address))
