"""What calicoctl refuses before it asks the datastore, in its words (libcalico-go lib/validator/v3, lib/clientv3/ippool.go; release-v3.20)."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

from labkit.agents.calico.ctl import felix_fields
from labkit.agents.calico.facts import NEVER
from labkit.agents.calico.felix.settings import ACTING, parse_value
from labkit.agents.calico.policy import native
from labkit.agents.calico.policy.parsing import BROKEN, say_broken
from labkit.errors import LabkitError, UsageError

Spec = Mapping[str, Any]
MODES: Final = ("Always", "CrossSubnet", NEVER)
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "IPPool": frozenset({
        "allowedUses", "blockSize", "cidr", "disabled", "disableBGPExport", "ipipMode", "natOutgoing", "nodeSelector", "vxlanMode",
    }),
    "BGPPeer": frozenset({
        "asNumber", "keepOriginalNextHop", "maxRestartTime", "node", "nodeSelector", "password", "peerIP", "peerSelector", "sourceAddress",
    }),
    "BGPConfiguration": frozenset({
        "asNumber", "communities", "listenPort", "logSeverityScreen", "nodeToNodeMeshEnabled", "prefixAdvertisements",
        "serviceClusterIPs", "serviceExternalIPs", "serviceLoadBalancerIPs",
    }),
    "FelixConfiguration": felix_fields.FIELDS,
    "NetworkPolicy": frozenset({"egress", "ingress", "order", "selector", "serviceAccountSelector", "types"}),
    "GlobalNetworkPolicy": frozenset({
        "applyOnForward", "doNotTrack", "egress", "ingress", "namespaceSelector", "order", "preDNAT", "selector", "serviceAccountSelector", "types",
    }),
    "GlobalNetworkSet": frozenset({"nets"}),
    "Node": frozenset({"bgp", "ipv4VXLANTunnelAddr", "orchRefs", "vxlanTunnelMACAddr"}),
}  # fmt: skip
_SMALLEST, _LARGEST = 20, 32  # block sizes


def check_fields(kind: str, spec: Spec) -> None:
    """Every field is known: a slip of the pen is told, not ignored. Raises UsageError."""
    for field in spec:
        if field not in FIELDS[kind]:
            raise UsageError(
                f'error unmarshaling JSON: while decoding JSON: json: unknown field "{field}"',
                hint=f"fields of spec: {', '.join(sorted(FIELDS[kind]))}",
            )


def check_spec(kind: str, name: str, spec: Spec, before: Spec | None) -> None:
    """`before`: what is there, if it is. Raises LabkitError that names field, value and reason."""
    if kind == "IPPool":
        _check_pool(spec, before)
    elif kind in ("NetworkPolicy", "GlobalNetworkPolicy", "GlobalNetworkSet"):
        _check_policy(kind, name, spec)
    elif kind == "FelixConfiguration":
        _check_felix(spec)
    elif kind == "BGPPeer" and spec.get("peerIP") and spec.get("peerSelector"):
        raise _refuse("PeerSelector", spec["peerSelector"], "PeerIP and PeerSelector must not be specified together")
    elif kind == "BGPConfiguration" and name != "default" and "nodeToNodeMeshEnabled" in spec:
        raise _refuse(
            "BGPConfiguration.Spec.NodeToNodeMeshEnabled",
            spec["nodeToNodeMeshEnabled"],
            "Cannot set nodeToNodeMeshEnabled on a non default BGP Configuration.",
        )


def _check_felix(spec: Spec) -> None:
    """Of the fields that act."""
    for field, value in spec.items():
        if field in ACTING and parse_value(field, value) is None:
            title = field[:1].upper() + field[1:]
            raise _refuse(f"FelixConfiguration.Spec.{title}", value, f"Reason: failed to validate Field: {title}")


def _check_policy(kind: str, name: str, spec: Spec) -> None:
    """As Felix reads it: what it could not read is refused here."""
    value = {"metadata": {"name": name, **({"namespace": "default"} if kind == "NetworkPolicy" else {})}, "spec": spec}
    try:
        refused = [] if kind == "GlobalNetworkSet" else native.parse_policy(value)[1]
        if kind == "GlobalNetworkSet":
            native.parse_network_set(value)
    except BROKEN as error:
        raise _refuse(f"{kind}.Spec", name, say_broken(error)) from error
    for line in refused:
        raise _refuse(f"{kind}.Spec", name, line)


def _check_pool(spec: Spec, before: Spec | None) -> None:
    network = _parse_cidr(spec.get("cidr", ""))
    for field, title, tag in (("ipipMode", "IPIPMode", "ipIpMode"), ("vxlanMode", "VXLANMode", "vxlanMode")):
        if spec.get(field, NEVER) not in MODES:
            raise _refuse(title, spec[field], f"Reason: failed to validate Field: {title} because of Tag: {tag} ")
    if NEVER not in (spec.get("ipipMode", NEVER), spec.get("vxlanMode", NEVER)):
        raise _refuse(
            "IPpool.VXLANMode", spec["vxlanMode"], "IPIPMode and VXLANMode cannot both be enabled on the same IP pool"
        )
    size = spec.get("blockSize", 26)
    if not _SMALLEST <= size <= _LARGEST or size < network.prefixlen:
        raise _refuse("IPpool.BlockSize", size, "block size must be between 20 and 32, and not greater than the pool")
    for field, title in (("cidr", "CIDR"), ("blockSize", "BlockSize")):
        if before is not None and field in before and spec.get(field, before[field]) != before[field]:
            raise _refuse(f"IPPool.Spec.{title}", spec[field], f"IPPool {title} cannot be modified")


def _parse_cidr(text: Any) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(text)
    except ValueError as error:
        raise _refuse(
            "IPpool.CIDR", text, f"Reason: failed to validate Field: CIDR because of Tag: net ({error})"
        ) from error


def check_overlap(name: str, spec: Spec, others: Mapping[str, str]) -> None:
    """Pools share no address; `others`: name -> prefix. Raises LabkitError."""
    own = ipaddress.IPv4Network(spec["cidr"])
    for other, cidr in others.items():
        if other != name and own.overlaps(ipaddress.IPv4Network(cidr)):
            raise _refuse(
                "IPPool.Spec.CIDR", spec["cidr"], f"IPPool({name}) CIDR overlaps with IPPool({other}) CIDR {cidr}"
            )


def _refuse(field: str, value: object, reason: str) -> LabkitError:
    return LabkitError(f"error with field {field} = '{value}' ({reason})", hint="change this field of spec")
