"""Being told that a network has changed: sockets that get rtnetlink's events (rtnetlink(7)). Nothing runs until one comes."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterable
from typing import Final, Self

from labkit.errors import LabkitError
from labkit.net.machine import Writable

_LINK: Final = 1 << 0  # groups: RTMGRP_LINK and the like, linux/rtnetlink.h
_IPV4_ADDRESS: Final = 1 << 4
_IPV4_ROUTE: Final = 1 << 6
_IPV6_ADDRESS: Final = 1 << 8
_NAMESPACE: Final = 1 << 27
_GROUPS: Final = _LINK | _IPV4_ADDRESS | _IPV4_ROUTE | _IPV6_ADDRESS | _NAMESPACE
_SOL_NETLINK: Final = 270
_LISTEN_ALL_NSID: Final = (
    8  # linux/netlink.h: also what happens in namespaces that this one has a number for, as pods have
)
_BUFFER: Final = 1 << 16


class Events:
    """Sockets on these machines, for select. Not on pods: a socket would keep a pod alive that its learner takes away.

    A node gets the events of its pods as well, as soon as a link of the pod leads to it.
    """

    def __init__(self, machines: Iterable[Writable]) -> None:
        self.sockets: list[socket.socket] = []
        for machine in machines:
            with contextlib.suppress(LabkitError):  # it went away meanwhile
                self.sockets.append(_open(machine))

    def drain(self) -> bool:
        """Take what there is; whether there was anything."""
        return sum(_drain(each) for each in self.sockets) > 0  # all of them, not only the first that has something

    def close(self) -> None:
        """No more."""
        for each in self.sockets:
            each.close()
        self.sockets.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open(machine: Writable) -> socket.socket:
    opened = machine.open_socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    opened.setblocking(False)
    with contextlib.suppress(OSError):  # not allowed: then a pod's own changes are seen when something else happens
        opened.setsockopt(_SOL_NETLINK, _LISTEN_ALL_NSID, 1)
    opened.bind((0, _GROUPS))
    return opened


def _drain(opened: socket.socket) -> bool:
    seen = False
    while True:
        try:
            opened.recv(_BUFFER)
        except BlockingIOError:
            return seen
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # more happened than the kernel keeps: it did happen
                raise
        seen = True
