"""Running commands on machines, as PID 1: started, signalled, ended with their connection, reaped."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from labkit.world import kernel
from labkit.world.maker import Inner
from labkit.world.registry import Held

ENVIRONMENT: Final[Mapping[str, str]] = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "USER": "root",
    "LOGNAME": "root",
    "LANG": "C.UTF-8",
    "TERM": "xterm-256color",
    "COLUMNS": "100",
    "PAGER": "cat",
}
_GENTLE: Final = ((signal.SIGINT, 0.3), (signal.SIGTERM, 0.3), (signal.SIGKILL, 0.0))


@dataclass(frozen=True)
class Order:
    """What to run. `judge`: with PID 1's own files and rights, only the machine's network is entered."""

    machine: Held
    argv: Sequence[str]
    environment: Mapping[str, str]
    judge: bool = False
    standard: tuple[int, int, int] = (0, 1, 2)
    inherit: Sequence[int] = ()
    terminal: bool = False
    journal: Mapping[str, Any] | None = None


@dataclass
class Running:
    """A command's process, which leads its own session and group. `ended` is told its exit status once."""

    process: int
    order: Order
    ended: Callable[[int, float], None]
    started: float = field(default_factory=time.monotonic)
    escalation: list[tuple[int, float]] = field(default_factory=list)
    due: float = 0.0

    def signal(self, number: int) -> None:
        """Send a signal to the whole group."""
        try:
            os.killpg(self.process, number)
        except ProcessLookupError:
            pass  # it has ended and will be reaped

    def stop(self) -> None:
        """End it: INT, then TERM, then KILL, 0.3 s apart."""
        if not self.escalation:
            self.escalation = list(_GENTLE)
            self.escalate()

    def escalate(self) -> None:
        """The next step of stop."""
        number, pause = self.escalation.pop(0)
        self.due = time.monotonic() + pause
        self.signal(number)


def start_command(order: Order, inner: Inner, ended: Callable[[int, float], None]) -> Running:
    """Fork and execute. Raises FileNotFoundError and the like when the program cannot be executed."""
    failed, report = os.pipe()
    process = os.fork()
    if not process:
        _become(order, inner, report)
    os.close(report)
    with os.fdopen(failed, "rb") as pipe:
        trouble = pipe.read()
    if trouble:
        os.waitpid(process, 0)
        code, _, what = trouble.decode().partition(" ")
        raise OSError(int(code), what)
    return Running(process, order, ended)


def _become(order: Order, inner: Inner, report: int) -> None:
    try:
        os.setsid()
        _enter(order.machine, None if order.judge else inner)
        _arrange_descriptors(order)
        for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        os.chdir("/root" if not order.judge else "/")
        environment = dict(ENVIRONMENT) | dict(order.environment)
        os.execvpe(order.argv[0], list(order.argv), environment)  # noqa: S606 - running commands is the purpose
    except OSError as error:
        os.write(report, f"{error.errno or 0} {order.argv[0]}: {error.strerror or error}".encode())
    finally:
        os._exit(127)


def _enter(machine: Held, inner: Inner | None) -> None:
    names = machine.namespaces
    if inner is None:
        kernel.setns(names.net, kernel.CLONE_NEWNET)
        return
    kernel.setns(inner.user)
    for descriptor in (names.net, names.uts, names.mounts):
        kernel.setns(descriptor)


def _arrange_descriptors(order: Order) -> None:
    for number, descriptor in enumerate(order.standard):
        os.dup2(descriptor, number)
    for descriptor in order.inherit:
        os.set_inheritable(descriptor, True)  # noqa: FBT003
    if order.terminal:
        # opening it as session leader makes it the controlling terminal
        os.close(os.open(os.ttyname(0), os.O_RDWR))
