"""`calico-node -services`: what runs in the container calico-node, in the place of runit (node filesystem/etc/rc.local, release-v3.20)."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from labkit.agents.calico.felix.agent import FELIX
from labkit.agents.calico.screen import explain, say
from labkit.agents.calico.sessions import BIRD_PID, SOCKETS
from labkit.agents.calico.startup import run_startup
from labkit.agents.start.call import become
from labkit.errors import LabkitError

_NAME: Final = "calico-node"
_AGAIN: Final = 1.0  # seconds between two starts of a program that ends
_LOOK: Final = 0.1
_FELIX: Final = ("calico-node", "-felix")
_CONFD: Final = ("calico-node", "-confd")


@dataclass
class Service:
    """A program that shall run, once there is the file `after`. `process`: its number, 0 when it does not run; `due`: when it is started,
    by the monotonic clock.
    """

    argv: Sequence[str]
    after: Path | None = None
    process: int = 0
    descriptor: int = -1
    due: float = 0.0

    def start(self) -> None:
        """Again no sooner than a second later; not yet, where it waits for somebody."""
        if self.after and not self.after.exists():
            self.due = time.monotonic() + _LOOK
            return
        self.process = os.fork()
        if not self.process:
            become(self.argv)
        self.descriptor = os.pidfd_open(self.process)
        self.due = time.monotonic() + _AGAIN

    def reap(self) -> None:
        """It has ended."""
        status = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        say(_NAME, f"{' '.join(self.argv[:2])} ended with status {status}; it is started again")
        os.close(self.descriptor)
        self.process, self.descriptor = 0, -1


def plan_services(backend: str) -> list[Service]:
    """By CALICO_NETWORKING_BACKEND: with vxlan and none Felix needs nobody. Without tunl0 BIRD would refuse routes, and not try again."""
    if backend in ("vxlan", "none"):
        return [Service(_FELIX)]
    from labkit.agents.calico.confd import FOLDER

    bird = ("bird", "-R", "-s", SOCKETS[0], "-d", "-c", f"{FOLDER}/bird.cfg", "-P", BIRD_PID)
    return [Service(_FELIX), Service(_CONFD), Service(bird, FELIX.ready)]


def run_services(environment: Mapping[str, str] = os.environ) -> int:
    """Until the container is ended; 1 when it can't begin."""
    backend = environment.get("CALICO_NETWORKING_BACKEND") or "bird"
    say(_NAME, f"this course's stand-in for the programs in calico/node; CALICO_NETWORKING_BACKEND is {backend}")
    if run_startup():
        return 1
    services = plan_services(backend)
    if any(each.argv == _CONFD for each in services):
        _render_first()
    return supervise(services)


def _render_first() -> None:
    """BIRD can't begin without its files."""
    from labkit.agents.calico.confd_agent import look
    from labkit.agents.calico.datastore import open_datastore

    try:
        look(open_datastore())
    except LabkitError as error:
        say(_NAME, f"confd: {explain(error)}")


def supervise(services: Sequence[Service]) -> NoReturn:
    """For ever: what does not run is started, what ends is started again."""
    while True:
        now = time.monotonic()
        for each in services:
            if not each.process and each.due <= now:
                each.start()
        running = {each.descriptor: each for each in services if each.process}
        rest = [max(each.due - now, 0.0) for each in services if not each.process]
        for descriptor in select.select(list(running), [], [], min(rest, default=None))[0]:
            running[descriptor].reap()
