"""Felix (labkit/agents/calico/felix): ready when the kernel is as Calico's objects want it."""

from __future__ import annotations

from labkit.daemons.daemon import Daemon, Exists, Program, Wish

READY = "/run/calico/felix.ready"


def plan_daemon(wish: Wish) -> Daemon:
    """One a node."""
    argv = ("calico-node", "-felix", *wish.arguments)
    return Daemon(wish.name, argv, Exists(READY), pid_file="/run/calico/felix.pid")


PROGRAM = Program(plan_daemon)
