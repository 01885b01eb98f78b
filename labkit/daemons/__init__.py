"""Real programs that labs run in the background, a file each: how one is configured, started, and known to be ready.

Everything here is a value or pure. Who starts, waits and stops is the command `daemon` on a machine (labkit/agents/daemon);
in lab.toml it is a [[daemon]] table.
"""

from __future__ import annotations

PROGRAMS = {
    "bird": "labkit.daemons.bird",
    "confd": "labkit.daemons.confd",
    "coredns": "labkit.daemons.coredns",
    "etcd": "labkit.daemons.etcd",
    "felix": "labkit.daemons.felix",
    "flanneld": "labkit.daemons.flanneld",
    "ipip": "labkit.daemons.ipip",
    "kube-apiserver": "labkit.daemons.kube_apiserver",
    "kube-controller-manager": "labkit.daemons.kube_controller_manager",
    "kube-proxy": "labkit.daemons.kube_proxy",
    "kube-scheduler": "labkit.daemons.kube_scheduler",
    "kubelet": "labkit.daemons.kubelet",
    "nginx": "labkit.daemons.nginx",
    "weave": "labkit.daemons.weave",
}
