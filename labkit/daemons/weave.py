"""Weave's agent (labkit/agents/weave), started by `weave launch`, which ends when the agent is ready. Its arguments are launch's."""

from __future__ import annotations

from labkit.daemons.daemon import Daemon, Program, Succeeds, Wish


def plan_daemon(wish: Wish) -> Daemon:
    """One a node."""
    argv = ("weave", "launch", *wish.arguments)
    return Daemon(wish.name, argv, Succeeds(("weave", "status")), pid_file="/run/weave/weave.pid", detaches=True)


PROGRAM = Program(plan_daemon)
