"""kube-scheduler, with the profile that it is shipped with. Value: `memory`, from which Go tidies up more often (MiB)."""

from __future__ import annotations

from typing import Final

from labkit.daemons.daemon import Answers, Daemon, Program, Wish, limit_memory, plan_argv
from labkit.daemons.kube_apiserver import PKI

_PORT: Final = 10259
CONF: Final = "/etc/kubernetes/scheduler.conf"


def plan_daemon(wish: Wish) -> Daemon:
    """One a cluster, so nobody is elected."""
    options = {
        "kubeconfig": CONF,
        "bind-address": "127.0.0.1",
        "leader-elect": "false",
        "tls-cert-file": f"{PKI}/apiserver.crt",
        "tls-private-key-file": f"{PKI}/apiserver.key",
    }
    argv = plan_argv("kube-scheduler", options, wish)
    environment = limit_memory(wish.values["memory"])
    return Daemon(wish.name, argv, Answers(_PORT, "/healthz"), environment=environment, seconds=60)


PROGRAM = Program(plan_daemon, {"memory": 35})
