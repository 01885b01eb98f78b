"""confd (labkit/agents/calico/confd_agent.py): ready when BIRD's files say what Calico's objects say."""

from __future__ import annotations

from labkit.daemons.daemon import Daemon, Exists, Program, Wish


def plan_daemon(wish: Wish) -> Daemon:
    """One a node."""
    argv = ("calico-node", "-confd", *wish.arguments)
    return Daemon(wish.name, argv, Exists("/run/calico/confd.ready"), pid_file="/run/calico/confd.pid")


PROGRAM = Program(plan_daemon)
