"""The objects that a cluster begins with, as files that a learner can read, change and apply on the control machine."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from labkit.cluster.values import Cluster, Member
from labkit.daemons.kube_apiserver import PORT
from labkit.daemons.kube_proxy import render_configuration
from labkit.programs import read_versions

FOLDER: Final = Path(__file__).parent
COREDNS: Final = "coredns.yaml"
_KUBECONFIG: Final = "/var/lib/kube-proxy/kubeconfig.conf"
_FORWARD: Final = """        forward . /etc/resolv.conf {
           max_concurrent 1000
        }
"""
_NODE: Final = """apiVersion: v1
kind: Node
metadata:
  name: {name}
  labels:
    kubernetes.io/hostname: {name}
    kubernetes.io/os: linux
    kubernetes.io/arch: amd64
spec:
  podCIDR: {pods}
  podCIDRs: [{pods}]
"""


def render_manifests(cluster: Cluster, address: str) -> dict[str, str]:
    """File name -> text, in the order in which they are applied. `address`: the control machine's."""
    versions = read_versions()
    configuration = render_configuration(cluster.proxy, cluster.pods, _KUBECONFIG)
    words = {
        "CONFIGURATION": configuration.rstrip().replace("\n", "\n    "),
        "SERVER": f"https://{address}:{PORT}",
        "NAMESERVER": cluster.name_server,
        "FORWARD": _FORWARD if cluster.upstream else "",
        "REPLICAS": str(cluster.dns),
        "KUBERNETES": versions["kube-proxy"],
        "COREDNS": versions["coredns"],
    }
    wanted = {"kube-proxy.yaml": cluster.proxy != "none", COREDNS: cluster.dns > 0}
    return {name: fill(name, words) for name, is_wanted in wanted.items() if is_wanted} | dict(cluster.apply)


def render_addons(cluster: Cluster) -> dict[str, str]:
    """File name -> text: network add-ons as DaemonSets, for a cluster that begins without one. Nobody applies them but the learner."""
    return {f"{name}.yaml": fill(f"{name}.yaml", {"PODS": cluster.pods}) for name in ("bridge", "flannel", "weave")}


def render_nodes(members: tuple[Member, ...]) -> str:
    """Node objects before their kubelets come, so that each has its own prefix, in every start the same."""
    return "---\n".join(_NODE.format(name=member.name, pods=member.pods) for member in members)


def fill(name: str, words: dict[str, str]) -> str:
    """A file of this folder, with `@WORD@` replaced."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text
