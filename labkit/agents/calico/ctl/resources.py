"""The kinds that calicoctl knows: their names, their columns, and the objects as they are shown (calicoctl v3.20, calicoctl/resourcemgr).

Shown is projectcalico.org/v3; kept are CustomResources of the same fields, and in place of a node and a workload endpoint a Node and a Pod.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labkit.agents.calico.facts import AS_NUMBER, NEVER, WorkloadFacts, parse_nodes, parse_workloads
from labkit.agents.calico.objects import (
    BGP_CONFIG,
    BGP_PEER,
    FELIX_CONFIG,
    GLOBAL_NETWORK_POLICY,
    GLOBAL_NETWORK_SET,
    KUBERNETES_POLICY,
    NETWORK_POLICY,
    NODE,
    POD,
    POOL,
)
from labkit.agents.calico.policy import kubernetes, native
from labkit.agents.calico.policy.parsing import BROKEN
from labkit.agents.calico.store import Store
from labkit.errors import UsageError
from labkit.kube import Kind

VERSION: Final = "projectcalico.org/v3"
Object = dict[str, Any]
Cell = Callable[[Mapping[str, Any]], str]
_ABOUT: Final = ("creationTimestamp", "name", "namespace", "resourceVersion", "uid")


@dataclass(frozen=True)
class Resource:
    """`kind`: what is kept; `show`: a kept object as it is shown, None where it is none of these; `columns`: heading -> cell of a shown one.

    `prefix`: what a kept one's name begins with, and is not shown. `also`: another kind whose objects are shown as these, each kept by its owner.
    """

    name: str
    kind: Kind
    names: tuple[str, ...]
    short: tuple[str, ...]
    wide: tuple[str, ...]
    columns: Mapping[str, Cell]
    show: Callable[[Mapping[str, Any]], Object | None]
    namespaced: bool = False
    prefix: str = ""
    also: tuple[tuple[Kind, Callable[[Mapping[str, Any]], Object | None]], ...] = ()

    def list_shown(self, store: Store) -> list[Object]:
        """All of them."""
        kinds = ((self.kind, self.show), *self.also)
        return [each for kind, show in kinds for kept in store.list(kind) if (each := show(kept))]


def _spec(key: str, otherwise: str = "") -> Cell:
    return lambda shown: _say(shown["spec"].get(key), otherwise)


def _say(value: object, otherwise: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return otherwise if value in (None, "") else str(value)


def _about(key: str) -> Cell:
    return lambda shown: str(shown["metadata"].get(key, ""))


def _bgp(key: str, otherwise: str = "") -> Cell:
    return lambda shown: _say((shown["spec"].get("bgp") or {}).get(key), otherwise)


def _join(key: str) -> Cell:
    return lambda shown: ",".join(shown["spec"].get(key) or ())


def _peer_node(shown: Mapping[str, Any]) -> str:
    return str(shown["spec"].get("node") or shown["spec"].get("nodeSelector") or "(global)")


def _plan_shown(kind: str, kept: Mapping[str, Any], spec: Mapping[str, Any], about: Object | None = None) -> Object:
    told = {key: kept["metadata"][key] for key in _ABOUT if kept["metadata"].get(key)} | (about or {})
    return {"apiVersion": VERSION, "kind": kind, "metadata": told, "spec": dict(spec)}


def _show_custom(name: str, prefix: str = "") -> Callable[[Mapping[str, Any]], Object]:
    def show(kept: Mapping[str, Any]) -> Object:
        about = {"name": str(kept["metadata"]["name"]).removeprefix(prefix)}
        labels = {"labels": kept["metadata"]["labels"]} if kept["metadata"].get("labels") else {}
        return _plan_shown(name, kept, kept.get("spec") or {}, {**about, **labels})

    return show


def _show_kubernetes(kept: Mapping[str, Any]) -> Object | None:
    """A NetworkPolicy of Kubernetes' as the one that Calico makes of it."""
    try:
        converted, _ = kubernetes.convert_policy(kept)
    except BROKEN:
        return None  # Felix says it in its log
    return _plan_shown("NetworkPolicy", converted, converted["spec"])


def _show_order(shown: Mapping[str, Any]) -> str:
    order = shown["spec"].get("order")
    return "<nil>" if order is None else f"{float(order):g}"


def _show_node(kept: Mapping[str, Any]) -> Object:
    """libcalico-go's conversion of a Node: lib/backend/k8s/resources/node.go."""
    facts = parse_nodes([kept])[0]
    bgp = {
        "asNumber": facts.as_number, "ipv4Address": facts.interface, "ipv4IPIPTunnelAddr": facts.ipip,
        "routeReflectorClusterID": facts.cluster_id,
    }  # fmt: skip
    spec: Object = {"bgp": {key: value for key, value in bgp.items() if value}} if facts.interface else {}
    tunnel = {"ipv4VXLANTunnelAddr": facts.vxlan, "vxlanTunnelMACAddr": facts.vxlan_mac}
    spec |= {key: value for key, value in tunnel.items() if value}
    spec["orchRefs"] = [{"nodeName": facts.name, "orchestrator": "k8s"}]
    return _plan_shown("Node", kept, spec, {"labels": dict(facts.labels)} if facts.labels else {})


def _show_workload(kept: Mapping[str, Any]) -> Object | None:
    """lib/backend/k8s/conversion/workload_endpoint_default.go."""
    found = parse_workloads([kept])
    return _plan_workload(kept, found[0]) if found else None


def _plan_workload(kept: Mapping[str, Any], facts: WorkloadFacts) -> Object:
    own = {"projectcalico.org/namespace": facts.namespace, "projectcalico.org/orchestrator": "k8s"}
    spec = {
        "containerID": facts.container, "endpoint": "eth0", "interfaceName": facts.link, "ipNetworks": [f"{facts.address}/32"],
        "node": facts.node, "orchestrator": "k8s", "pod": facts.pod, "profiles": facts.profiles,
    }  # fmt: skip
    labels = {**facts.labels, **own, "projectcalico.org/serviceaccount": facts.account}
    spec = {key: value for key, value in spec.items() if value}
    return _plan_shown(
        "WorkloadEndpoint", kept, spec, {"name": facts.name, "namespace": facts.namespace, "labels": labels}
    )


_POOL_HEADS: Final = ("NAME", "CIDR", "NAT", "IPIPMODE", "VXLANMODE", "DISABLED", "DISABLEBGPEXPORT", "SELECTOR")
_PEER_HEADS: Final = ("NAME", "PEERIP", "NODE", "ASN")
_BGP_HEADS: Final = ("NAME", "LOGSEVERITY", "MESHENABLED", "ASNUMBER")
_POLICY_HEADS: Final = ("NAME", "ORDER", "SELECTOR")
_POLICY_COLUMNS: Final = {
    "NAME": _about("name"), "NAMESPACE": _about("namespace"), "ORDER": _show_order, "SELECTOR": _spec("selector"),
}  # fmt: skip
_WIDEST: Final = 80


def _shorten(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."


RESOURCES: Final = (
    Resource(
        "IPPool", POOL, ("ippool", "ippools", "ipp", "ipps", "pool", "pools"), ("NAME", "CIDR", "SELECTOR"), _POOL_HEADS,
        {
            "NAME": _about("name"), "CIDR": _spec("cidr"), "NAT": _spec("natOutgoing", "false"), "SELECTOR": _spec("nodeSelector"),
            "IPIPMODE": _spec("ipipMode", NEVER), "VXLANMODE": _spec("vxlanMode", NEVER), "DISABLED": _spec("disabled", "false"),
            "DISABLEBGPEXPORT": _spec("disableBGPExport", "false"),
        },
        _show_custom("IPPool"),
    ),
    Resource(
        "Node", NODE, ("node", "nodes", "no", "nos"), ("NAME",), ("NAME", "ASN", "IPV4", "IPV6"),
        {"NAME": _about("name"), "ASN": _bgp("asNumber", f"({AS_NUMBER})"), "IPV4": _bgp("ipv4Address"), "IPV6": _bgp("ipv6Address")},
        _show_node,
    ),
    Resource(
        "WorkloadEndpoint", POD, ("workloadendpoint", "workloadendpoints", "wep", "weps"),
        ("WORKLOAD", "NODE", "NETWORKS", "INTERFACE"), ("NAME", "WORKLOAD", "NODE", "NETWORKS", "INTERFACE", "PROFILES", "NATS"),
        {
            "NAME": _about("name"), "NAMESPACE": _about("namespace"), "WORKLOAD": _spec("pod"), "NODE": _spec("node"),
            "NETWORKS": _join("ipNetworks"), "INTERFACE": _spec("interfaceName"), "PROFILES": _join("profiles"), "NATS": _join("ipNATs"),
        },
        _show_workload, namespaced=True,
    ),
    Resource(
        "BGPPeer", BGP_PEER, ("bgppeer", "bgppeers", "bgpp", "bgpps", "bp", "bps"), _PEER_HEADS, _PEER_HEADS,
        {"NAME": _about("name"), "PEERIP": _spec("peerIP"), "NODE": _peer_node, "ASN": _spec("asNumber", "0")},
        _show_custom("BGPPeer"),
    ),
    Resource(
        "BGPConfiguration", BGP_CONFIG, ("bgpconfiguration", "bgpconfigurations", "bgpconfig", "bgpconfigs"), _BGP_HEADS, _BGP_HEADS,
        {
            "NAME": _about("name"), "LOGSEVERITY": _spec("logSeverityScreen"), "MESHENABLED": _spec("nodeToNodeMeshEnabled", "-"),
            "ASNUMBER": _spec("asNumber", "-"),
        },
        _show_custom("BGPConfiguration"),
    ),
    Resource(
        "FelixConfiguration", FELIX_CONFIG, ("felixconfiguration", "felixconfigurations", "felixconfig", "felixconfigs"),
        ("NAME",), ("NAME",), {"NAME": _about("name")}, _show_custom("FelixConfiguration"),
    ),
    Resource(
        "NetworkPolicy", NETWORK_POLICY, ("networkpolicy", "networkpolicies", "policy", "np", "policies", "pol", "pols"),
        ("NAME",), _POLICY_HEADS, _POLICY_COLUMNS, _show_custom("NetworkPolicy", native.PREFIX),
        namespaced=True, prefix=native.PREFIX, also=((KUBERNETES_POLICY, _show_kubernetes),),
    ),
    Resource(
        "GlobalNetworkPolicy", GLOBAL_NETWORK_POLICY, ("globalnetworkpolicy", "globalnetworkpolicies", "gnp", "gnps"),
        ("NAME",), _POLICY_HEADS, _POLICY_COLUMNS, _show_custom("GlobalNetworkPolicy", native.PREFIX), prefix=native.PREFIX,
    ),
    Resource(
        "GlobalNetworkSet", GLOBAL_NETWORK_SET, ("globalnetworkset", "globalnetworksets", "gnetsets"), ("NAME",), ("NAME", "NETS"),
        {"NAME": _about("name"), "NETS": lambda shown: _shorten(",".join(shown["spec"].get("nets") or ()))},
        _show_custom("GlobalNetworkSet"),
    ),
)  # fmt: skip


def find_resource(word: str) -> Resource:
    """By what a person types. Raises UsageError."""
    for each in RESOURCES:
        if word.lower() in each.names:
            return each
    raise UsageError(
        f"resource type '{word}' is not supported", hint=f"here: {', '.join(each.names[0] for each in RESOURCES)}"
    )
