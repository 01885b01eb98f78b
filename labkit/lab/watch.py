"""Waiting until a lab's network may have changed: for events of its kernel, a line in its journal, its end or its return.

Nothing is polled: between two events it costs no processor time.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import time
from pathlib import Path
from typing import Final

from labkit.errors import CannotTell, LabkitError
from labkit.lab.lab import Lab
from labkit.lab.meta import read_meta
from labkit.lab.network import LiveNetwork
from labkit.net.events import Events
from labkit.world import World, kernel
from labkit.world.places import FABRIC

_QUIET: Final = 0.15  # seconds without an event, and what was begun is done
_PATIENCE: Final = 0.6  # seconds after which one looks though more goes on
_BUFFER: Final = 1 << 16


class Watch:
    """One lab, through resets too, by a handle of its own. `wait` and `read` in one thread, `stop` from any; close it at the end.

    Raises WorldError when the lab does not run, CannotTell where the kernel watches no more files.
    """

    def __init__(self, lab: Lab) -> None:
        world = World.attach(lab.world.name, hidden=lab.hidden)
        self._lab = Lab(lab.definition, world, hidden=lab.hidden)
        self._stopped, self._stopper = socket.socketpair()
        self._journal = _watch_file(read_meta(world).journal)
        self._events: Events | None = None
        self._pidfd = -1
        self._watched: World | None = None
        self._renew()

    def read(self) -> LiveNetwork | None:
        """The network now; None while the lab does not run."""
        self._renew()
        try:
            return self._lab.read_network() if self._events else None
        except LabkitError:  # it is just being ended
            return None

    def wait(self) -> bool:
        """Block until something may have changed, and a little longer, so that what was begun is done; False after `stop`."""
        with selectors.DefaultSelector() as selector:
            for descriptor in (self._stopped, self._journal, *(self._events.sockets if self._events else ())):
                selector.register(descriptor, selectors.EVENT_READ)
            if self._pidfd >= 0:
                selector.register(self._pidfd, selectors.EVENT_READ)
            selector.select()
            until = time.monotonic() + _PATIENCE
            while self._drain() and time.monotonic() < until:
                selector.select(_QUIET)
        return not self._is_stopped()

    def stop(self) -> None:
        """Let `wait` end."""
        self._stopper.close()

    def close(self) -> None:
        """Let go of everything."""
        self._forget()
        os.close(self._journal)
        self._stopped.close()
        self._stopper.close()
        self._lab.close()

    def _drain(self) -> bool:
        """Whether there was anything but an end."""
        noted = False
        with contextlib.suppress(BlockingIOError):
            noted = bool(os.read(self._journal, _BUFFER))
        return (self._events is not None and self._events.drain()) or noted

    def _is_stopped(self) -> bool:
        self._stopped.setblocking(False)
        try:
            return self._stopped.recv(1) == b""
        except BlockingIOError:
            return False

    def _renew(self) -> None:
        """Listen in the world that runs now, if one does."""
        world: World | None = None
        with contextlib.suppress(LabkitError):
            world = self._lab.world
        if world is self._watched:
            return
        self._forget()
        if world:
            with contextlib.suppress(LabkitError, OSError):  # it ends at this moment: the next event tells
                machines = [*world.machines(), world.machine(FABRIC)]
                self._pidfd = os.pidfd_open(world.pid)
                self._events = Events([each for each in machines if each.kind != "pod"])
                self._watched = world

    def _forget(self) -> None:
        if self._events:
            self._events.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
        self._events, self._pidfd, self._watched = None, -1, None


def _watch_file(path: Path) -> int:
    try:
        return kernel.watch_file(str(path))
    except OSError as error:
        raise CannotTell(
            f"{path} can't be watched: {error.strerror}",
            hint="fs.inotify.max_user_instances may be used up: end other notebooks",
        ) from error
