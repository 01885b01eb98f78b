"""ipip (labkit/agents/ipip): IP in IP behind tunl0; ready when tunl0 is there and its packets are carried."""

from __future__ import annotations

from labkit.daemons.daemon import Daemon, Exists, Program, Wish


def plan_daemon(wish: Wish) -> Daemon:
    """One a node."""
    return Daemon(wish.name, ("ipip", *wish.arguments), Exists("/run/ipip/ready"), pid_file="/run/ipip/ipip.pid")


PROGRAM = Program(plan_daemon)
