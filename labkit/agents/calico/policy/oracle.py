"""May this pod talk to that one? Worked out of Kubernetes' objects as the API describes NetworkPolicy (networking.k8s.io/v1), not out of Calico's form of them.

For objects that an API server has accepted. So this and Felix's chains are two answers to one question, and a difference is a mistake in one of them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Object = Mapping[str, Any]
_DIRECTIONS: Final = {"Ingress": ("ingress", "from"), "Egress": ("egress", "to")}
_PORTED: Final = ("TCP", "UDP", "SCTP")


@dataclass(frozen=True)
class End:
    """One end of a connection: a pod, or with an `address` alone something else. `ports`: the pod's with names: name, protocol, number.

    `node`: on which the pod is; without `pod` the node itself that has the address.
    """

    address: str
    namespace: str = ""
    pod: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Sequence[tuple[str, str, int]] = ()
    node: str = ""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.pod}" if self.pod else self.address


@dataclass(frozen=True)
class Question:
    """`protocol`: TCP, UDP, SCTP, or one without ports, such as ICMP."""

    source: End
    destination: End
    protocol: str = "TCP"
    port: int = 0


@dataclass(frozen=True)
class Answer:
    """`policy`: NAMESPACE/NAME of what lets it through or, where it is not allowed, of all that isolate the pod; `rule`: its number, from 1."""

    allowed: bool
    why: str
    policies: tuple[str, ...] = ()
    direction: str = ""
    rule: int = 0


def ask(question: Question, policies: Iterable[Object], namespaces: Mapping[str, Mapping[str, str]]) -> Answer:
    """`namespaces`: name -> labels. What the source may send is asked first, then what the destination may get."""
    source, destination = question.source, question.destination
    if source.pod and source == destination:
        return Answer(True, "a pod always reaches itself")
    if destination.pod and not source.pod and source.node and source.node == destination.node:
        return Answer(True, "a node always reaches its own pods")
    answers = [
        _ask_one(question, direction, own, list(policies), namespaces)
        for direction, own in (("Egress", source), ("Ingress", destination))
        if own.pod
    ]
    refused = [each for each in answers if not each.allowed]
    return (refused or answers or [Answer(True, "neither end is a pod")])[0 if refused else -1]


def _ask_one(
    question: Question,
    direction: str,
    own: End,
    policies: Sequence[Object],
    namespaces: Mapping[str, Mapping[str, str]],
) -> Answer:
    """For one pod, in one direction: no policy selects it, or one of those that do has a rule that fits."""
    key, peers = _DIRECTIONS[direction]
    concerned = [each for each in policies if _isolates(each, direction, own)]
    if not concerned:
        return Answer(True, f"no policy selects {own} for {key}", direction=key)
    other = question.source if direction == "Ingress" else question.destination
    for policy in concerned:
        for number, rule in enumerate(policy["spec"].get(key) or (), 1):
            named = rule.get(peers) or ()
            seen = not named or any(
                _is_peer(each, other, policy["metadata"]["namespace"], namespaces) for each in named
            )
            if seen and _has_port(rule.get("ports") or (), question):
                return Answer(
                    True, f"{key} rule {number} of NetworkPolicy {_name(policy)}", (_name(policy),), key, number
                )
    names = tuple(_name(each) for each in concerned)
    return Answer(False, f"{own} is isolated for {key}, and no rule of {', '.join(names)} fits", names, key)


def _name(policy: Object) -> str:
    return f"{policy['metadata']['namespace']}/{policy['metadata']['name']}"


def _isolates(policy: Object, direction: str, pod: End) -> bool:
    """Ingress where nothing else is said; egress also where there are rules for it."""
    spec = policy["spec"]
    types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    here = policy["metadata"]["namespace"] == pod.namespace
    return here and direction in types and fits(spec.get("podSelector") or {}, pod.labels)


def _is_peer(peer: Object, other: End, namespace: str, namespaces: Mapping[str, Mapping[str, str]]) -> bool:
    block = peer.get("ipBlock")
    if block:
        return _is_in(other.address, block["cidr"]) and not any(
            _is_in(other.address, each) for each in block.get("except") or ()
        )
    if not other.pod:
        return False
    spaces, pods = peer.get("namespaceSelector"), peer.get("podSelector")
    there = fits(spaces, namespaces.get(other.namespace, {})) if spaces is not None else other.namespace == namespace
    return there and (pods is None or fits(pods, other.labels))


def _is_in(address: str, cidr: str) -> bool:
    return ipaddress.IPv4Address(address) in ipaddress.IPv4Network(cidr, strict=False)


def _has_port(ports: Sequence[Object], question: Question) -> bool:
    return not ports or any(_is_port(each, question) for each in ports)


def _is_port(entry: Object, question: Question) -> bool:
    """A name means what the pod that is talked to calls so, whichever direction the rule is for."""
    if question.protocol not in _PORTED or (entry.get("protocol") or "TCP") != question.protocol:
        return False
    port = entry.get("port")
    if port is None:
        return True
    if isinstance(port, str):
        return (port, question.protocol, question.port) in tuple(question.destination.ports)
    return bool(port <= question.port <= (entry.get("endPort") or port))


def fits(selector: Object, labels: Mapping[str, str]) -> bool:
    """A LabelSelector; one without terms fits all."""
    plain = all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items())
    return plain and all(_fits_one(each, labels) for each in selector.get("matchExpressions") or ())


def _fits_one(expression: Object, labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels
