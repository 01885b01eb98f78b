"""NetworkPolicies with what they mean, as data: the recipes of Kubernetes' documentation, and the cases of its end-to-end suite.

Sources: kubernetes/website concepts/services-networking/network-policies.md; kubernetes test/e2e/network/netpol/network_policy.go. Namespaces x, y, z
have a label `ns` with their name; pods a, b, c in each have a label `pod`, and listen at 80 (serve-80-tcp, serve-80-udp, serve-80-sctp) and 81.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.agents.calico.policies import render_policy

Object = dict[str, Any]
Expected = tuple[
    str, str, str, bool
]  # from, to (fnmatch of NAMESPACE/POD), protocol and port (fnmatch of TCP 80), allowed: the last one that fits counts
SPACES: Final = ("x", "y", "z")
PODS: Final = ("a", "b", "c")
ADDRESSES: Final = {
    f"{space}/{pod}": f"10.{number}.0.{index}"
    for number, space in enumerate(SPACES, 1)
    for index, pod in enumerate(PODS, 1)
}
ALL: Final[Expected] = ("*", "*", "*", True)


@dataclass(frozen=True)
class Case:
    """`expected` begins with: all may talk to all."""

    name: str
    policies: Sequence[Object]
    expected: Sequence[Expected]
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # NAMESPACE or NAMESPACE/POD -> more labels


def _pod(name: str) -> Object:
    return {"podSelector": {"matchLabels": {"pod": name}}}


def _space(name: str) -> Object:
    return {"namespaceSelector": {"matchLabels": {"ns": name}}}


def _on(name: str, spec: Object, *, space: str = "x", of: str = "") -> Object:
    selector = {"matchLabels": {"pod": of}} if of else {}
    return render_policy(name, space, {"podSelector": selector, **spec})


def _in(key: str, operator: str, *values: str) -> Object:
    return {"matchExpressions": [{"key": key, "operator": operator, **({"values": list(values)} if values else {})}]}


DENY_A: Final[Expected] = ("*", "x/a", "*", False)
SELF: Final[Sequence[Expected]] = [(pod, pod, "*", True) for pod in ADDRESSES]
DOCUMENTED: Final = (
    Case("default deny ingress", [_on("deny", {"policyTypes": ["Ingress"]})], [("*", "x/*", "*", False)]),
    Case("allow all ingress", [_on("deny", {"policyTypes": ["Ingress"]}), _on("allow", {"ingress": [{}], "policyTypes": ["Ingress"]})], []),
    Case("default deny egress", [_on("deny", {"policyTypes": ["Egress"]})], [("x/*", "*", "*", False)]),
    Case("allow all egress", [_on("deny", {"policyTypes": ["Egress"]}), _on("allow", {"egress": [{}], "policyTypes": ["Egress"]})], []),
    Case("default deny all", [_on("deny", {"policyTypes": ["Ingress", "Egress"]})], [("x/*", "*", "*", False), ("*", "x/*", "*", False)]),
    Case(
        "the page's own example: a block with an exception, or a namespace, or pods; one port",
        [_on("example", {
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"ipBlock": {"cidr": "10.2.0.0/16", "except": ["10.2.0.2/32"]}}, _space("z"), _pod("b")], "ports": [{"protocol": "TCP", "port": 80}]}],
            "egress": [{"to": [{"ipBlock": {"cidr": "10.3.0.0/24"}}], "ports": [{"protocol": "TCP", "port": 81}]}],
        }, of="a")],
        [DENY_A, ("x/a", "*", "*", False), ("y/[ac]", "x/a", "TCP 80", True), ("z/*", "x/a", "TCP 80", True), ("x/b", "x/a", "TCP 80", True), ("x/a", "z/*", "TCP 81", True)],
    ),
    Case("two selectors in one element: both", [_on("and", {"ingress": [{"from": [{**_space("y"), **_pod("b")}]}]}, of="a")], [DENY_A, ("y/b", "x/a", "*", True)]),
    Case("two elements: either", [_on("or", {"ingress": [{"from": [_space("y"), _pod("b")]}]}, of="a")], [DENY_A, ("y/*", "x/a", "*", True), ("x/b", "x/a", "*", True)]),
    Case("a range of ports", [_on("range", {"egress": [{"ports": [{"protocol": "TCP", "port": 80, "endPort": 90}]}], "policyTypes": ["Egress"]})], [("x/*", "*", "*", False), ("x/*", "*", "TCP *", True)]),
    Case("namespaces by their names", [_on("named", {"egress": [{"to": [{"namespaceSelector": _in("kubernetes.io/metadata.name", "In", "y", "z")}]}], "policyTypes": ["Egress"]})], [("x/*", "x/*", "*", False)]),
)  # fmt: skip
SUITE: Final = (
    Case("default-deny-ingress", [_on("p", {"ingress": []})], [("*", "x/*", "*", False)]),
    Case("default-deny-all", [_on("p", {"policyTypes": ["Egress", "Ingress"], "ingress": [], "egress": []})], [("x/*", "*", "*", False), ("*", "x/*", "*", False)]),
    Case("pods within the server's namespace by PodSelector", [_on("p", {"ingress": [{"from": [_pod("c")]}]}, of="a")], [DENY_A, ("x/c", "x/a", "*", True)]),
    Case("ingress for a target", [_on("p", {"ingress": [{"from": [_pod("b")]}]}, of="a"), _on("q", {"ingress": [{}]}, of="a")], []),
    Case("ingress from pods in all namespaces", [_on("p", {"ingress": [{"from": [{"namespaceSelector": {}}]}]}, of="a")], []),
    Case("only from another namespace by NamespaceSelector", [_on("p", {"ingress": [{"from": [_space("y")]}]}, of="a")], [DENY_A, ("y/*", "x/a", "*", True)]),
    Case("PodSelector with MatchExpressions", [_on("p", {"ingress": [{"from": [{"podSelector": _in("pod", "In", "b")}]}]}, of="a")], [DENY_A, ("x/b", "x/a", "*", True)]),
    Case("NamespaceSelector with MatchExpressions", [_on("p", {"ingress": [{"from": [{"namespaceSelector": _in("ns", "NotIn", "x", "z")}]}]}, of="a")], [DENY_A, ("y/*", "x/a", "*", True)]),
    Case("PodSelector or NamespaceSelector", [_on("p", {"ingress": [{"from": [{"podSelector": _in("pod", "NotIn", "a", "c")}, {"namespaceSelector": _in("ns", "In", "y", "z")}]}]}, of="a")], [("x/[ac]", "x/a", "*", False)]),
    Case("PodSelector and NamespaceSelector", [_on("p", {"ingress": [{"from": [{"podSelector": _in("pod", "In", "b", "c"), "namespaceSelector": _in("ns", "In", "y")}]}]}, of="a")], [DENY_A, ("y/[bc]", "x/a", "*", True)]),
    Case("several PodSelectors and NamespaceSelectors", [_on("p", {"ingress": [{"from": [{"namespaceSelector": _in("ns", "NotIn", "x"), "podSelector": _in("pod", "In", "b", "c")}, {"podSelector": _in("pod", "DoesNotExist")}]}]}, of="a")], [DENY_A, ("[yz]/[bc]", "x/a", "*", True)]),
    Case("any PodSelectors", [_on("p", {"ingress": [{"from": [_pod("b"), _pod("c")]}]}, of="a")], [DENY_A, ("x/[bc]", "x/a", "*", True)]),
    Case("a pod in another namespace by both", [_on("p", {"ingress": [{"from": [{**_space("y"), **_pod("a")}]}]}, of="a")], [DENY_A, ("y/a", "x/a", "*", True)]),
    Case("by ports", [_on("p", {"ingress": [{"from": [_space("y")], "ports": [{"port": 81, "protocol": "TCP"}]}]}, of="a")], [DENY_A, ("y/*", "x/a", "TCP 81", True)]),
    Case("stacked policies with overlapping podSelectors", [_on("p", {"ingress": [{"from": [_space("y")], "ports": [{"port": 81}]}]}, of="a"), _on("q", {"ingress": [{"from": [_space("y")], "ports": [{"port": 80}]}]}, of="a")], [DENY_A, ("y/*", "x/a", "TCP *", True)]),
    Case("egress to a server in another namespace", [_on("p", {"policyTypes": ["Egress"], "egress": [{"to": [{**_space("y"), **_pod("a")}]}]}, of="a")], [("x/a", "*", "*", False), ("x/a", "y/a", "*", True)]),
    Case("several egress policies", [_on(name, {"policyTypes": ["Egress"], "egress": [{"to": [_space(name)]}]}, of="a") for name in ("y", "z")], [("x/a", "x/*", "*", False)]),
    Case("egress and ingress, stacked", [_on("e", {"policyTypes": ["Egress"], "egress": [{"to": [_space("y")]}]}, of="a"), _on("i", {"ingress": [{"from": [_space("z")]}]}, of="a", space="y")], [("x/a", "[xz]/*", "*", False), ("*", "y/a", "*", False), ("z/*", "y/a", "*", True)]),
    Case("default-allow-all", [_on("p", {"ingress": [{}]})], []),
    Case("a named port", [_on("p", {"ingress": [{"ports": [{"port": "serve-81-tcp", "protocol": "TCP"}]}]}, of="a")], [DENY_A, ("*", "x/a", "TCP 81", True)]),
    Case("a named port of egress is the destination's", [_on("p", {"policyTypes": ["Egress"], "egress": [{"ports": [{"port": "serve-80-tcp"}]}]}, of="a")], [("x/a", "*", "*", False), ("x/a", "*", "TCP 80", True)]),
    Case("allow-all takes precedence over other ingress policies", [_on("p", {"ingress": [{"from": [_pod("b")]}]}, of="a"), _on("all", {"ingress": [{}]})], []),
    Case("a namespace's label that came later", [_on("p", {"ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"ns2": "updated"}}}]}]}, of="a")], [DENY_A, ("y/*", "x/a", "*", True)], {"y": {"ns2": "updated"}}),
    Case("a pod's label that came later", [_on("p", {"ingress": [{"from": [{"podSelector": {"matchLabels": {"pod2": "updated"}}}]}]}, of="a")], [DENY_A, ("x/b", "x/a", "*", True)], {"x/b": {"pod2": "updated"}}),
    Case("egress to a block", [_on("p", {"policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": "10.2.0.2/32"}}]}]}, of="a")], [("x/a", "*", "*", False), ("x/a", "y/b", "*", True)]),
    Case("except in a block", [_on("p", {"policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": "10.1.0.0/24", "except": ["10.1.0.2/32"]}}]}]}, of="a")], [("x/a", "[yz]/*", "*", False), ("x/a", "x/b", "*", False)]),
    Case("an address in one block's except and in another block", [_on("p", {"policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": "10.1.0.0/24", "except": ["10.1.0.2/32"]}}]}]}, of="a"), _on("q", {"policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": "10.1.0.2/32"}}]}]}, of="a")], [("x/a", "[yz]/*", "*", False)]),
    Case("ingress and egress are independent", [_on("p", {"policyTypes": ["Ingress"], "ingress": []}, of="a")], [DENY_A]),
    Case("SCTP is not TCP", [_on("p", {"ingress": [{"ports": [{"port": 81, "protocol": "SCTP"}]}]}, of="a")], [DENY_A, ("*", "x/a", "SCTP 81", True)]),
    Case("UDP is not TCP", [_on("p", {"ingress": [{"ports": [{"port": 81, "protocol": "UDP"}]}]}, of="a")], [DENY_A, ("*", "x/a", "UDP 81", True)]),
    Case("no rule fits because no pod has the port's name", [_on("p", {"ingress": [{"ports": [{"port": "nobodys"}]}]}, of="a")], [DENY_A]),
    Case("a port of the Service is none of the pod's", [_on("p", {"ingress": [{"ports": [{"port": 8080}]}]}, of="a")], [DENY_A]),
)  # fmt: skip
