"""Kubernetes' NetworkPolicy as Calico's (libcalico-go lib/backend/k8s/conversion/conversion.go, lib/backend/syncersv1/updateprocessors; release-v3.20)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from labkit.agents.calico.policy import native
from labkit.agents.calico.policy.model import DIRECTIONS, INGRESS, Policy
from labkit.agents.calico.policy.parsing import (
    BROKEN,
    list_ports,
    parse_list,
    parse_net,
    parse_port,
    parse_range,
    say_broken,
    simplify,
)
from labkit.agents.calico.policy.selecting import ORCHESTRATOR
from labkit.errors import UsageError

Object = Mapping[str, Any]
PREFIX: Final = "knp.default."
ORDER: Final = 1000.0
_PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_WORD: Final = re.compile(r"[\w./-]*", re.ASCII)
_PEER_FIELDS: Final = frozenset({"podSelector", "namespaceSelector", "ipBlock"})


def parse_policy(value: Object) -> tuple[Policy, list[str]]:
    """One object; what of it can't be read, each in a line: such a rule allows nothing. Raises what BROKEN names where nothing can be read."""
    converted, refused = convert_policy(value)
    policy, more = native.parse_policy(converted)
    return policy, refused + more


def convert_policy(value: Object) -> tuple[dict[str, Any], list[str]]:
    """The NetworkPolicy of projectcalico.org/v3 that calicoctl shows in its place, and what could not be read of it."""
    about, spec = value["metadata"], value.get("spec") or {}
    refused: list[str] = []
    types = _parse_types(spec)
    rules = {direction: _convert_rules(spec, direction, refused) for direction in types}
    selector = render_selector(spec.get("podSelector") or {}, pods=True)
    shown = {"order": ORDER, "selector": selector, "types": [each.capitalize() for each in types]}
    return {
        "metadata": {**about, "name": f"{PREFIX}{about['name']}"},
        "spec": {**{key: each for key, each in rules.items() if each}, **shown},
    }, refused


def _parse_types(spec: Object) -> list[str]:
    """Without policyTypes: ingress, and egress where there are rules for it; an API server has put them in already."""
    said = parse_list(spec.get("policyTypes"), "policyTypes") or [
        "Ingress",
        *(["Egress"] if spec.get("egress") else []),
    ]
    return [direction for direction in DIRECTIONS if direction.capitalize() in said] or [INGRESS]


def _convert_rules(spec: Object, direction: str, refused: list[str]) -> list[Object]:
    rules: list[Object] = []
    for number, each in enumerate(parse_list(spec.get(direction), direction)):
        try:
            rules += _convert_rule(each or {}, direction)
        except BROKEN as error:
            refused.append(f"{direction} rule {number + 1} is left out: {say_broken(error)}")
    return rules


def _convert_rule(rule: Object, direction: str) -> list[Object]:
    """One for each protocol and peer."""
    peers = parse_list(rule.get("from" if direction == INGRESS else "to"), "from, to")
    sides = [_convert_peer(each or {}) for each in peers] or [{}]
    ports = _parse_ports(parse_list(rule.get("ports"), "ports"))
    return [_plan_rule(direction, protocol, side, ports[protocol]) for protocol in sorted(ports) for side in sides]


def _plan_rule(direction: str, protocol: str, peer: Object, ports: list[int | str]) -> Object:
    there: Object = {"ports": ports} if ports else {}
    source, destination = (peer, there) if direction == INGRESS else ({}, {**peer, **there})
    return {
        "action": "Allow",
        **({"protocol": protocol} if protocol else {}),
        "source": source,
        "destination": destination,
    }


def _convert_peer(peer: Object) -> Object:
    if not _PEER_FIELDS & {key for key, each in peer.items() if each is not None}:
        raise UsageError(f"a peer names one of {', '.join(sorted(_PEER_FIELDS))}")
    pods, namespaces = peer.get("podSelector"), peer.get("namespaceSelector")
    if (block := peer.get("ipBlock")) is not None:
        if pods is not None or namespaces is not None:
            raise UsageError("a peer with an ipBlock has no selectors")
        excepted = [parse_net(each) for each in parse_list(block.get("except"), "except")]
        return {"nets": [parse_net(block["cidr"])], **({"notNets": excepted} if excepted else {})}
    spaces = {"namespaceSelector": render_selector(namespaces, pods=False)} if namespaces is not None else {}
    return {**spaces, "selector": render_selector(pods or {}, pods=True)}


def _parse_ports(ports: Sequence[Object]) -> dict[str, list[int | str]]:
    """Protocol -> its ports, none where one entry names none, which means all; without entries every protocol."""
    found: dict[str, list[int | str | tuple[int, int]]] = {}
    for each in ports:
        protocol = (each or {}).get("protocol") or "TCP"
        if protocol not in _PROTOCOLS:
            raise UsageError(f"protocol {protocol!r}: one of {', '.join(_PROTOCOLS)} is meant")
        found.setdefault(protocol, []).append(_parse_entry(each or {}))
    return {protocol: list_ports(simplify(each)) for protocol, each in found.items()} or {"": []}


def _parse_entry(entry: Object) -> int | str | tuple[int, int]:
    """0: all ports."""
    port, end = entry.get("port"), entry.get("endPort")
    if port is None:
        if end is not None:
            raise UsageError("endPort without port")
        return 0
    return parse_port(port) if end is None else parse_range(port, end)


def render_selector(selector: Object, *, pods: bool) -> str:
    """A LabelSelector in Calico's words; `pods`: of pods, else of namespaces. Raises UsageError: an operator or a value that there is not."""
    labels, expressions = (
        selector.get("matchLabels") or {},
        parse_list(selector.get("matchExpressions"), "matchExpressions"),
    )
    terms = [f"{ORCHESTRATOR} == 'k8s'"] if pods else []
    terms += [f"{_check(key)} == '{_check(labels[key])}'" for key in sorted(labels)]
    terms += [_render_expression(each) for each in expressions]
    return " && ".join(terms) or "all()"


def _render_expression(expression: Object) -> str:
    key, said = _check(expression["key"]), expression.get("operator")
    values = "', '".join(_check(each) for each in parse_list(expression.get("values"), "values"))
    forms = {
        "In": f"{key} in {{ '{values}' }}", "NotIn": f"{key} not in {{ '{values}' }}",
        "Exists": f"has({key})", "DoesNotExist": f"! has({key})",
    }  # fmt: skip
    if said not in forms:
        raise UsageError(f"operator {said!r}: one of {', '.join(forms)} is meant")
    return forms[said]


def _check(word: Any) -> str:
    """A label's name or value: neither has quotes in it."""
    if not isinstance(word, str) or not _WORD.fullmatch(word):
        raise UsageError(f"{word!r} is no label's name or value")
    return word
