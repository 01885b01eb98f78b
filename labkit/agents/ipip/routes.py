"""The node a packet for tunl0 goes to: the gateway of its route. The kernel tells a link the packet only, so it is asked again."""

from __future__ import annotations

import contextlib
import json
import socket
from ipaddress import IPv4Address
from typing import Final

from labkit.agents.ipip.device import TUNNEL
from labkit.world import run_program

_GROUPS: Final = 0x1 | 0x40  # linux/rtnetlink.h: RTMGRP_LINK, RTMGRP_IPV4_ROUTE
_MANY: Final = 4096


class Routes:
    """The kernel's answers, kept until it says that a route or a link has changed. `socket` is readable then."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
        self.socket.bind((0, _GROUPS))
        self._known: dict[IPv4Address, str | None] = {}

    def forget(self) -> None:
        """All of it."""
        with contextlib.suppress(OSError):  # nothing more; or more than the kernel could keep, which says the same
            while self.socket.recv(1 << 16):
                pass
        self._known.clear()

    def find(self, destination: IPv4Address) -> str | None:
        """The gateway's address. None: no route by tunl0, or one without a gateway."""
        if len(self._known) >= _MANY:
            self._known.clear()
        if destination not in self._known:
            self._known[destination] = ask(destination)
        return self._known[destination]


def ask(destination: IPv4Address) -> str | None:
    """What `ip route get` says."""
    asked = run_program(["ip", "-j", "route", "get", str(destination), "oif", TUNNEL])
    route = (json.loads(asked.stdout) if asked.status == 0 else [{}])[0]
    gateway: str | None = route.get("gateway")
    return gateway
