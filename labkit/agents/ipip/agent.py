"""The command `ipip`: tunl0 on this node, and what carries its packets as long as this runs."""

from __future__ import annotations

import argparse
import contextlib
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

from labkit.agents.ipip.carry import Carrier
from labkit.agents.ipip.device import END, TUNNEL, ensure_device
from labkit.agents.ipip.routes import Routes
from labkit.agents.kit.background import hold_pid_file
from labkit.agents.kit.tunnel import Tunnel, take_turns
from labkit.errors import LabkitError

PID: Final = Path("/run/ipip/ipip.pid")
READY: Final = PID.with_name("ready")


def main() -> int:
    """Serve until SIGTERM or Ctrl-C."""
    argparse.ArgumentParser(
        prog="ipip",
        description="IP in IP behind the link tunl0 of this node. Runs until it is ended.",
        epilog="Where the kernel has the module ipip, tunl0 is the kernel's own; elsewhere this program stands in for it.",
    ).parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        with hold_pid_file(PID):
            serve()
    except (LabkitError, OSError) as error:
        say(str(error))
    return 1


def serve() -> NoReturn:
    """For ever."""
    kernels = ensure_device()
    say(f"{TUNNEL} is " + ("the kernel's own" if kernels else "a stand-in: this kernel has no ipip"))
    with selectors.DefaultSelector() as selector:
        if not kernels:
            Node(selector).open()
        READY.touch()
        while True:
            for key, _ in selector.select():
                key.data()


class Node:
    """The stand-in's sockets."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._routes = Routes()
        self._wire = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IPIP)
        self._wire.setblocking(False)
        self._carrier: Carrier | None = None
        self._index = 0

    def open(self) -> None:
        """Tell when there is something to carry, or something has changed."""
        self._watch(self._routes.socket, self._look_again)
        self._look_again()
        self._watch(self._wire, lambda: self._carry(Carrier.unwrap))

    def _watch(self, opened: socket.socket, handle: Callable[[], None]) -> None:
        self._selector.register(opened, selectors.EVENT_READ, handle)

    def _look_again(self) -> None:
        """The routes may be others, and tunl0 may have been made anew: the old end reads nothing any more."""
        self._routes.forget()
        index = find_index(END)
        if index == self._index:
            return
        if self._carrier:
            self._selector.unregister(self._carrier.tunnel.socket)
            self._carrier.tunnel.socket.close()
        self._index, self._carrier = index, None
        with contextlib.suppress(OSError):  # it is just being made: it is told once more when it is up
            if index:
                self._carrier = Carrier(Tunnel(TUNNEL, END), self._wire, self._routes)
                self._watch(self._carrier.tunnel.socket, lambda: self._carry(Carrier.wrap))

    def _carry(self, handle: Callable[[Carrier], None]) -> None:
        if not (carrier := self._carrier):
            take_turns(lambda: self._wire.recv(1 << 16))  # nobody to give it to
            return
        before = set(carrier.dropped)
        take_turns(lambda: handle(carrier))
        for reason in set(carrier.dropped) - before:
            say(f"thrown away: {reason}")


def find_index(link: str) -> int:
    """0: there is none."""
    with contextlib.suppress(OSError):
        return socket.if_nametoindex(link)
    return 0


def say(text: str) -> None:
    """Into the log."""
    print(f"ipip: {text}", file=sys.stderr, flush=True)
