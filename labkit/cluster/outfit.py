"""What each machine of a cluster begins with: files by kubeadm's names, and routes to the other nodes' pods."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from labkit.cluster.calico import CRDS, KINDS, TEMPLATE, render_calico, render_template, render_whole
from labkit.cluster.kubeconfig import render_kubeconfig
from labkit.cluster.manifests import fill, render_addons, render_manifests, render_nodes, render_offers
from labkit.cluster.values import Cluster, Member, find_address, plan_members
from labkit.daemons import kube_controller_manager, kube_scheduler
from labkit.daemons.kube_apiserver import PKI, PORT
from labkit.fabric.topology import Machine, Route, Topology
from labkit.kube.pki import Authority, Pair, make_key_pair

ADDONS: Final = "etc/kubernetes/addons"
MANIFESTS: Final = "etc/kubernetes"  # Calico's, as kubespray has them
NETWORKS: Final = "root/networks"  # network add-ons that the learner may apply
NODES: Final = "etc/kubernetes/nodes.yaml"
COMPLETION: Final = Path(__file__).with_name("completion.sh")
# What kubeadm asks of a node first. Without the second a pod's answer to one on its own node passes the bridge beside all rules,
# and a Service's address is never put back.
_FORWARDING: Final = {"net.ipv4.ip_forward": "1", "net.bridge.bridge-nf-call-iptables": "1"}
_ADMIN: Final = "kubernetes-admin"
_KUBELET: Final = """apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  x509:
    clientCAFile: {pki}/ca.crt
clusterDNS: [{name_server}]
clusterDomain: cluster.local
maxPods: 110
resolvConf: /etc/resolv.conf
staticPodPath: /etc/kubernetes/manifests
tlsCertFile: /var/lib/kubelet/pki/kubelet.crt
tlsPrivateKeyFile: /var/lib/kubelet/pki/kubelet.key
"""


def outfit_topology(cluster: Cluster, topology: Topology) -> Topology:
    """The lab's machines with their part of a cluster; what lab.toml gives a machine goes before. New keys every time."""
    members = plan_members(cluster, topology)
    address = find_address(topology, cluster.control)
    authority = Authority()
    files = {cluster.control: _render_control(cluster, authority, members, address)}
    for member in members:
        own = _render_member(cluster, authority, member, f"https://{address}:{PORT}")
        files[member.name] = files.get(member.name, {}) | own
    machines = tuple(_dress(machine, files.get(machine.name, {}), cluster, members) for machine in topology.machines)
    return replace(topology, machines=machines)


def _dress(machine: Machine, files: Mapping[str, str], cluster: Cluster, members: tuple[Member, ...]) -> Machine:
    if not files:
        return machine
    routes = [Route(each.pods, each.address) for each in members if each.name != machine.name]
    forwarding = _FORWARDING if machine.name in cluster.kubelets else {}
    return replace(
        machine,
        files={**files, **machine.files},
        routes=(*machine.routes, *(routes if cluster.addon == "bridge" else ())),
        sysctls={**forwarding, **machine.sysctls},
    )


def _render_control(
    cluster: Cluster, authority: Authority, members: tuple[Member, ...], address: str
) -> dict[str, str]:
    server = f"https://{address}:{PORT}"
    names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]
    also = [cluster.control, "localhost", *names, cluster.api, address, "127.0.0.1"]
    pairs = {
        "ca": authority.pair,
        "apiserver": authority.sign_server("kube-apiserver", also),
        "apiserver-kubelet-client": authority.sign_client("kube-apiserver-kubelet-client", "system:masters"),
    }
    admin = _render_conf(authority, server, _ADMIN, "system:masters")
    return {
        **_render_pairs(PKI[1:], pairs),
        **_render_accounts(),
        "etc/kubernetes/admin.conf": admin,
        "root/.kube/config": admin,
        "root/.bashrc.d/kubectl": COMPLETION.read_text(encoding="utf-8"),
        kube_controller_manager.CONF[1:]: _render_conf(authority, server, "system:kube-controller-manager"),
        kube_scheduler.CONF[1:]: _render_conf(authority, server, "system:kube-scheduler"),
        NODES: render_nodes(members),
        **_render_network(cluster, address),
        **{f"root/{name}": text for name, text in render_offers(cluster).items()},
        **{f"{ADDONS}/{name}": text for name, text in render_manifests(cluster, address).items()},
    }


def _render_network(cluster: Cluster, address: str) -> dict[str, str]:
    """Calico's manifests where kubespray has them; without any add-on one file for each that the learner may choose."""
    if cluster.addon == "calico":
        files = {KINDS: fill(CRDS, {}), **render_calico(cluster, address)}
        return {f"{MANIFESTS}/{name}": text for name, text in files.items()}
    if cluster.addon != "none":
        return {}
    networks = render_addons(cluster) | {"calico.yaml": render_whole(cluster, address)}
    return {f"{NETWORKS}/{name}": text for name, text in networks.items()}


def _render_member(cluster: Cluster, authority: Authority, member: Member, server: str) -> dict[str, str]:
    serving = authority.sign_server(f"system:node:{member.name}", [member.name, member.address])
    conf = _render_conf(authority, server, f"system:node:{member.name}", "system:nodes")
    outside = {"etc/resolv.conf": f"nameserver {cluster.upstream}\n"} if cluster.upstream else {}
    return {
        f"{PKI[1:]}/ca.crt": authority.pair.certificate,
        "etc/kubernetes/kubelet.conf": conf,
        "var/lib/kubelet/config.yaml": _KUBELET.format(pki=PKI, name_server=cluster.name_server),
        **_render_pairs("var/lib/kubelet/pki", {"kubelet": serving}),
        **outside,
        **_render_plugging(cluster, member),
    }


def _render_plugging(cluster: Cluster, member: Member) -> dict[str, str]:
    """What a node has in /etc/cni/net.d before anything runs: its conf, or what Calico makes one of."""
    if cluster.addon == "bridge":
        return {"etc/cni/net.d/10-bridge.conflist": render_bridge(member)}
    return {f"etc/cni/net.d/{TEMPLATE}": render_template(cluster)} if cluster.addon == "calico" else {}


def render_bridge(member: Member) -> str:
    """The CNI project's bridge plugin with the node's prefix, and portmap for hostPort."""
    ipam = {"type": "host-local", "ranges": [[{"subnet": member.pods}]], "routes": [{"dst": "0.0.0.0/0"}]}
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True, "ipam": ipam}
    portmap = {"type": "portmap", "capabilities": {"portMappings": True}}
    conf = {"cniVersion": "1.0.0", "name": "bridge", "plugins": [bridge, portmap]}
    return json.dumps(conf, indent=2) + "\n"


def _render_conf(authority: Authority, server: str, user: str, group: str = "") -> str:
    return render_kubeconfig(server, authority.pair.certificate, user, authority.sign_client(user, group))


def _render_pairs(folder: str, pairs: Mapping[str, Pair]) -> dict[str, str]:
    return {
        f"{folder}/{name}.{ending}": text
        for name, pair in pairs.items()
        for ending, text in (("crt", pair.certificate), ("key", pair.key))
    }


def _render_accounts() -> dict[str, str]:
    """What the tokens of service accounts are signed with."""
    pair = make_key_pair()
    return {f"{PKI[1:]}/sa.pub": pair.certificate, f"{PKI[1:]}/sa.key": pair.key}
