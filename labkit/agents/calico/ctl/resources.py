"""The kinds that calicoctl knows: their names, their columns, and the objects as they are shown (calicoctl v3.20, calicoctl/resourcemgr).

Shown is projectcalico.org/v3; kept are CustomResources of the same fields, and in place of a node and a workload endpoint a Node and a Pod.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labkit.agents.calico.facts import AS_NUMBER, NEVER, WorkloadFacts, parse_nodes, parse_workloads
from labkit.agents.calico.objects import BGP_CONFIG, BGP_PEER, NODE, POD, POOL
from labkit.errors import UsageError
from labkit.kube import Kind

VERSION: Final = "projectcalico.org/v3"
Object = dict[str, Any]
Cell = Callable[[Mapping[str, Any]], str]
_ABOUT: Final = ("creationTimestamp", "name", "namespace", "resourceVersion", "uid")


@dataclass(frozen=True)
class Resource:
    """`kind`: what is kept; `show`: a kept object as it is shown, None where it is none of these; `columns`: heading -> cell of a shown one."""

    name: str
    kind: Kind
    names: tuple[str, ...]
    short: tuple[str, ...]
    wide: tuple[str, ...]
    columns: Mapping[str, Cell]
    show: Callable[[Mapping[str, Any]], Object | None]
    namespaced: bool = False


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


def _show_custom(name: str) -> Callable[[Mapping[str, Any]], Object]:
    return lambda kept: _plan_shown(name, kept, kept["spec"])


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
)  # fmt: skip


def find_resource(word: str) -> Resource:
    """By what a person types. Raises UsageError."""
    for each in RESOURCES:
        if word.lower() in each.names:
            return each
    raise UsageError(
        f"resource type '{word}' is not supported", hint=f"here: {', '.join(each.names[0] for each in RESOURCES)}"
    )
