"""kube-apiserver: authorization by Node and RBAC, admission as shipped, kubeadm's files in /etc/kubernetes/pki.

Values: `address`, its machine's, that nodes use; `services`, the prefix of ClusterIPs; `memory`, from which Go tidies up more often (MiB).
Its arguments are kube-apiserver's own, and have the last word. Client streams (exec, attach, port-forward) go to kubelets as WebSocket.
"""

from __future__ import annotations

from typing import Final

from labkit.daemons import etcd
from labkit.daemons.daemon import Answers, Daemon, Program, Wish, limit_memory, plan_argv

PORT: Final = 6443
PKI: Final = "/etc/kubernetes/pki"
ISSUER: Final = "https://kubernetes.default.svc.cluster.local"


def plan_daemon(wish: Wish) -> Daemon:
    """Ready when it says so itself: its own start-up work, such as RBAC's roles, is done."""
    options = {
        "advertise-address": wish.values["address"],
        "secure-port": PORT,
        "etcd-servers": etcd.CLIENTS,
        "service-cluster-ip-range": wish.values["services"],
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "allow-privileged": "true",
        "client-ca-file": f"{PKI}/ca.crt",
        "tls-cert-file": f"{PKI}/apiserver.crt",
        "tls-private-key-file": f"{PKI}/apiserver.key",
        "kubelet-client-certificate": f"{PKI}/apiserver-kubelet-client.crt",
        "kubelet-client-key": f"{PKI}/apiserver-kubelet-client.key",
        "kubelet-preferred-address-types": "InternalIP",
        # webhooks are asked at their pods' addresses: there need not be a kube-proxy on this machine that knows a ClusterIP
        "enable-aggregator-routing": "true",
        "service-account-issuer": ISSUER,
        "service-account-key-file": f"{PKI}/sa.pub",
        "service-account-signing-key-file": f"{PKI}/sa.key",
        "feature-gates": "TranslateStreamCloseWebsocketRequests=false,PortForwardWebsockets=false",
    }
    argv = plan_argv("kube-apiserver", options, wish)
    environment = limit_memory(wish.values["memory"])
    return Daemon(wish.name, argv, Answers(PORT, "/readyz"), environment=environment, seconds=60)


PROGRAM = Program(plan_daemon, {"address": "127.0.0.1", "services": "10.96.0.0/16", "memory": 180})
