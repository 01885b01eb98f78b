"""kube-proxy, the real one: a daemon of a node here, a DaemonSet's pod where a kubelet runs (labkit/cluster); the same configuration.

It asks for a Node object with an InternalIP. Conntrack's limits are the host's: it leaves them alone.
Values: `mode` (iptables, nftables, ipvs), `pods`, the cluster's prefix, `kubeconfig`, `memory` (MiB).
"""

from __future__ import annotations

from typing import Final

from labkit.daemons.daemon import Answers, Daemon, Program, Wish, limit_memory

METRICS: Final = 10249
WRITTEN: Final = r"^kubeproxy_sync_proxy_rules_last_timestamp_seconds(\{.*\})? [1-9]"  # /healthz says yes before
_FOLDER: Final = "/var/lib/kube-proxy"
_CONF: Final = """apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: "{mode}"
clusterCIDR: {pods}
bindAddress: 0.0.0.0
healthzBindAddress: 0.0.0.0:10256
metricsBindAddress: 127.0.0.1:10249
clientConnection:
  kubeconfig: {kubeconfig}
conntrack:
  maxPerCore: 0
  tcpEstablishedTimeout: 0s
  tcpCloseWaitTimeout: 0s
"""


def render_configuration(mode: str, pods: str, kubeconfig: str) -> str:
    """KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1)."""
    return _CONF.format(mode=mode, pods=pods, kubeconfig=kubeconfig)


def plan_daemon(wish: Wish) -> Daemon:
    """Ready when its rules are written."""
    values = {name: str(value) for name, value in wish.values.items()}
    conf = render_configuration(values["mode"], values["pods"], values["kubeconfig"])
    path = f"{_FOLDER}/config.conf"
    argv = ("kube-proxy", f"--config={path}", *wish.arguments)
    environment = limit_memory(wish.values["memory"])
    ready = Answers(METRICS, "/metrics", tls=False, says=f"(?m){WRITTEN}")
    return Daemon(wish.name, argv, ready, {path: conf}, environment, seconds=30)


PROGRAM = Program(
    plan_daemon, {"mode": "iptables", "pods": "10.244.0.0/16", "kubeconfig": "/etc/kubernetes/admin.conf", "memory": 25}
)
