"""What the agents of a node have in common: looked at again when Calico's objects change, when the kernel tells of something, and now and then."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from labkit.agents.calico.datastore import open_mirrored, read_version
from labkit.agents.calico.mirrored import MirroredStore
from labkit.agents.calico.store import Store
from labkit.agents.kit.background import hold_pid_file
from labkit.errors import LabkitError
from labkit.kube import Kind

RUN: Final = Path("/run/calico")
_LOOK: Final = 0.5  # seconds between two questions whether something changed: what comes in them is looked at together
_BROKEN: Final = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
)  # an object of a form that nobody thought of
_AGAIN: Final = 1.0  # seconds until it is tried again
_GROUPS: Final = 0x1 | 0x10 | 0x40  # linux/rtnetlink.h: RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE


@dataclass(frozen=True)
class Agent:
    """`look`: one look, and what follows from it; whether all is as it shall be. `refresh`: seconds after which it looks anyhow.

    `kinds`: what it reads of the datastore. `kernel`: whether links, addresses and routes concern it. `begin`: once, before the first look;
    `report`: after each, with what came of it; `hasten`: what can't wait for the next look when objects have changed.
    """

    name: str
    look: Callable[[Store], bool]
    refresh: float
    kinds: tuple[Kind, ...]
    kernel: bool = False
    begin: Callable[[], None] = lambda: None
    report: Callable[[bool], None] = lambda _: None
    hasten: Callable[[Store], None] = lambda _: None

    @property
    def pid_file(self) -> Path:
        """Where its number stands while it runs."""
        return RUN / f"{self.name}.pid"

    @property
    def ready(self) -> Path:
        """There since its first look at which all was right; in it the version of the datastore that was looked at last then."""
        return RUN / f"{self.name}.ready"

    def say(self, text: str) -> None:
        """One line of its log."""
        print(f"{self.name}: {text}", file=sys.stderr, flush=True)


def find_node_name() -> str:
    """As calico-node does it."""
    return os.environ.get("NODENAME") or socket.gethostname()


def run_agent(agent: Agent) -> int:
    """Serve until SIGTERM or Ctrl-C. What it did stays when it ends."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        with hold_pid_file(agent.pid_file), selectors.DefaultSelector() as selector:
            agent.ready.unlink(missing_ok=True)
            agent.begin()
            _serve(agent, open_mirrored(agent.kinds, agent.say), selector)
    except (LabkitError, OSError) as error:
        agent.say(_render(error))
    return 1


def _serve(agent: Agent, store: Store, selector: selectors.BaseSelector) -> NoReturn:
    """For ever."""
    if agent.kernel:
        selector.register(_open_events(), selectors.EVENT_READ)
    if isinstance(store, MirroredStore):
        selector.register(store.bell.reader, selectors.EVENT_READ)
    due, seen, stale, right = 0.0, -1, True, False
    while True:
        try:
            version = read_version(store)
            stale = stale or version != seen or time.monotonic() >= due
            if stale:
                right = agent.look(store)
                stale, seen = False, version
                due = time.monotonic() + (agent.refresh if right else _AGAIN)
        except (LabkitError, *_BROKEN) as error:
            agent.say(_render(error))
            right, due = False, time.monotonic() + _AGAIN
        agent.report(right)
        if right:
            _write_version(agent.ready, seen)
        stale = _wait(agent, store, selector) or stale


def _write_version(path: Path, version: int) -> None:
    if not path.exists() or path.read_text(encoding="ascii") != str(version):
        path.write_text(str(version), encoding="ascii")


def _wait(agent: Agent, store: Store, selector: selectors.BaseSelector) -> bool:
    """A while; whether the kernel told something. What it said is not read, for everything is looked at."""
    until, told = time.monotonic() + _LOOK, False
    while (rest := until - time.monotonic()) > 0:
        for key, _ in selector.select(rest):
            if isinstance(key.fileobj, socket.socket):
                told = True
                with contextlib.suppress(OSError):  # nothing more
                    while key.fileobj.recv(1 << 16):
                        pass
            elif isinstance(store, MirroredStore):
                store.bell.quiet()
                _hasten(agent, store)
    return told


def _hasten(agent: Agent, store: Store) -> None:
    try:
        agent.hasten(store)
    except (LabkitError, *_BROKEN) as error:
        agent.say(_render(error))


def _open_events() -> socket.socket:
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
    opened.bind((0, _GROUPS))
    return opened


def _render(error: Exception) -> str:
    hint = getattr(error, "hint", "")
    said = f"{error}" if isinstance(error, LabkitError | OSError) else f"{error!r:.200}"
    return said + (f" ({hint})" if hint else "")
