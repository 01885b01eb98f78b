"""Calico as the network add-on: the manifests that kubespray leaves in /etc/kubernetes, and all of them in one file for who applies it by hand."""

from __future__ import annotations

import textwrap
from typing import Final

from labkit.cluster.manifests import fill
from labkit.cluster.values import Cluster
from labkit.daemons.kube_apiserver import PORT

CRDS: Final = "calico-crds.yaml"
KINDS: Final = "kdd-crds.yml"  # what kubespray calls it
TEMPLATE: Final = "calico.conflist.template"  # in /etc/cni/net.d of each node: install-cni makes the conf of it
FILES: Final = (
    "kubernetes-services-endpoint.yml",
    "calico-config.yml", "calico-node-sa.yml", "calico-cr.yml", "calico-crb.yml", "calico-node.yml",
    "calico-kube-sa.yml", "calico-kube-cr.yml", "calico-kube-crb.yml", "calico-kube-controllers.yml",
)  # fmt: skip
_FROM_NODE: Final = """- name: CNI_NETWORK_CONFIG_FILE
  value: "/host/etc/cni/net.d/calico.conflist.template"
"""
_FROM_CONFIG: Final = """- name: CNI_NETWORK_CONFIG
  valueFrom:
    configMapKeyRef:
      name: calico-config
      key: cni_network_config
"""


def render_calico(cluster: Cluster, address: str) -> dict[str, str]:
    """File name -> text, as kubespray has them in /etc/kubernetes. `address`: the API server's."""
    words = _plan_words(cluster, address) | {"TEMPLATE": _FROM_NODE}
    return {name: _render(name, words) for name in FILES}


def render_template(cluster: Cluster) -> str:
    """The conf of CNI as install-cni wants it: with words that it fills in."""
    return fill(f"calico/{TEMPLATE}", {"PODS": cluster.pods})


def render_whole(cluster: Cluster, address: str) -> str:
    """One file for `kubectl apply -f`: Calico's kinds, then what uses them. The conf's template is in the ConfigMap, as in Calico's own file."""
    words = _plan_words(cluster, address) | {"TEMPLATE": _FROM_CONFIG}
    files = {name: _render(name, words) for name in FILES}
    files["calico-config.yml"] += f"  cni_network_config: |-\n{textwrap.indent(render_template(cluster), ' ' * 4)}"
    return "---\n".join((fill(CRDS, {}), *files.values()))


def _plan_words(cluster: Cluster, address: str) -> dict[str, str]:
    has_bird = cluster.backend == "bird"
    return {
        "BACKEND": cluster.backend, "PODS": cluster.pods, "HOST": address, "PORT": str(PORT),
        "IPIP": "Always" if has_bird else "Off", "VXLAN": "Off" if has_bird else "Always",
        "LIVE": "- -bird-live" if has_bird else "", "READY": "- -bird-ready" if has_bird else "",
    }  # fmt: skip


def _render(name: str, words: dict[str, str]) -> str:
    """What stands for nothing takes no line; what stands for several has them all moved in."""
    lines = []
    for line in fill(f"calico/{name}", {}).splitlines():
        margin = line[: len(line) - len(line.lstrip())]
        filled = line.strip()
        for word, value in words.items():
            filled = filled.replace(f"@{word}@", value)
        lines += textwrap.indent(filled, margin).splitlines()
    return "\n".join(lines) + "\n"
