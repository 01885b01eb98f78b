"""kube-controller-manager: every controller that is on as shipped, each with a service account of its own, as kubeadm has it.

Values: `pods`, the prefix that nodes get theirs of; `services`, that of ClusterIPs; `memory`, from which Go tidies up more often (MiB).
"""

from __future__ import annotations

from typing import Final

from labkit.daemons.daemon import Answers, Daemon, Program, Wish, limit_memory, plan_argv
from labkit.daemons.kube_apiserver import PKI

_PORT: Final = 10257
CONF: Final = "/etc/kubernetes/controller-manager.conf"


def plan_daemon(wish: Wish) -> Daemon:
    """One a cluster, so nobody is elected."""
    options = {
        "kubeconfig": CONF,
        "bind-address": "127.0.0.1",
        "leader-elect": "false",
        # each controller first gets a token of its own: with the shipped 20 requests a second that alone takes seconds
        "kube-api-qps": 200,
        "kube-api-burst": 400,
        "use-service-account-credentials": "true",
        "allocate-node-cidrs": "true",
        "cluster-cidr": wish.values["pods"],
        "service-cluster-ip-range": wish.values["services"],
        "root-ca-file": f"{PKI}/ca.crt",
        "cluster-signing-cert-file": f"{PKI}/ca.crt",
        "cluster-signing-key-file": f"{PKI}/ca.key",
        "service-account-private-key-file": f"{PKI}/sa.key",
        "tls-cert-file": f"{PKI}/apiserver.crt",
        "tls-private-key-file": f"{PKI}/apiserver.key",
    }
    argv = plan_argv("kube-controller-manager", options, wish)
    environment = limit_memory(wish.values["memory"])
    return Daemon(wish.name, argv, Answers(_PORT, "/healthz"), environment=environment, seconds=60)


PROGRAM = Program(plan_daemon, {"pods": "10.244.0.0/16", "services": "10.96.0.0/16", "memory": 50})
