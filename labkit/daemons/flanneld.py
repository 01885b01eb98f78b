"""flanneld (labkit/agents/flannel): ready when it has written subnet.env, which lets pods in. Its arguments are flanneld's."""

from __future__ import annotations

from labkit.daemons.daemon import Daemon, Exists, Program, Wish


def plan_daemon(wish: Wish) -> Daemon:
    """One a node."""
    return Daemon(
        wish.name,
        ("flanneld", *wish.arguments),
        Exists("/run/flannel/subnet.env"),
        pid_file="/run/flannel/flanneld.pid",
    )


PROGRAM = Program(plan_daemon)
