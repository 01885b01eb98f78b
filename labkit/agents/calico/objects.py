"""Calico's kinds at the Kubernetes API, and what their objects are called there (libcalico-go lib/backend/k8s, release-v3.20)."""

from __future__ import annotations

from typing import Final

from labkit.kube import Kind, find_kind

GROUP: Final = "crd.projectcalico.org"


def _plan_kind(name: str, plural: str = "", *, namespaced: bool = False) -> Kind:
    return Kind(GROUP, "v1", name, plural or f"{name.lower()}s", namespaced=namespaced)


POOL: Final = _plan_kind("IPPool")
AFFINITY: Final = _plan_kind("BlockAffinity", "blockaffinities")
BLOCK: Final = _plan_kind("IPAMBlock")
HANDLE: Final = _plan_kind("IPAMHandle")
CONFIG: Final = _plan_kind("IPAMConfig")
BGP_CONFIG: Final = _plan_kind("BGPConfiguration")
BGP_PEER: Final = _plan_kind("BGPPeer")
CLUSTER: Final = _plan_kind("ClusterInformation")
FELIX_CONFIG: Final = _plan_kind("FelixConfiguration")
NETWORK_POLICY: Final = _plan_kind("NetworkPolicy", "networkpolicies", namespaced=True)
GLOBAL_NETWORK_POLICY: Final = _plan_kind("GlobalNetworkPolicy", "globalnetworkpolicies")
GLOBAL_NETWORK_SET: Final = _plan_kind("GlobalNetworkSet")
NODE: Final = find_kind("Node")
POD: Final = find_kind("Pod")
NAMESPACE: Final = find_kind("Namespace")
ACCOUNT: Final = find_kind("ServiceAccount")
KUBERNETES_POLICY: Final = find_kind("NetworkPolicy")
KINDS: Final = (
    POOL, AFFINITY, BLOCK, HANDLE, CONFIG, BGP_CONFIG, BGP_PEER, CLUSTER, FELIX_CONFIG, NETWORK_POLICY, GLOBAL_NETWORK_POLICY, GLOBAL_NETWORK_SET,
    NODE, POD, NAMESPACE, ACCOUNT, KUBERNETES_POLICY,
)  # fmt: skip


def name_block(cidr: str) -> str:
    """10.233.99.0/24 is the object 10-233-99-0-24."""
    return cidr.replace(".", "-").replace("/", "-")


def name_affinity(node: str, cidr: str) -> str:
    """One for a node and a block."""
    return f"{node}-{name_block(cidr)}"


def name_handle_object(handle: str) -> str:
    """Names of objects have no capitals."""
    return handle.lower()
