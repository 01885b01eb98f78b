"""Kubernetes' NetworkPolicy as Calico's (libcalico-go lib/backend/k8s/conversion/conversion.go, lib/backend/syncersv1/updateprocessors; release-v3.20)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from labkit.agents.calico.policy.model import DIRECTIONS, EGRESS, INGRESS, Policy, Ports, Rule, Side
from labkit.agents.calico.policy.parsing import BROKEN, parse_list, parse_net, parse_port, parse_range, say_broken
from labkit.agents.calico.policy.selecting import NAMESPACE, ORCHESTRATOR, select_endpoints, select_in
from labkit.agents.calico.selector import parse_selector
from labkit.errors import UsageError

Object = Mapping[str, Any]
PREFIX: Final = "knp.default."
ORDER: Final = 1000.0
_PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_WORD: Final = re.compile(r"[\w./-]*", re.ASCII)
_PEER_FIELDS: Final = frozenset({"podSelector", "namespaceSelector", "ipBlock"})


def parse_policy(value: Object) -> tuple[Policy, list[str]]:
    """One object; what of it can't be read, each in a line: such a rule allows nothing. Raises what BROKEN names where nothing can be read."""
    namespace, spec = value["metadata"]["namespace"], value.get("spec") or {}
    types = _parse_types(spec)
    refused: list[str] = []
    rules = {direction: _parse_rules(spec, direction, namespace, refused) for direction in types}
    selector = select_in(namespace, render_selector(spec.get("podSelector") or {}, pods=True))
    name = f"{namespace}/{PREFIX}{value['metadata']['name']}"
    return Policy(name, parse_selector(selector).text, ORDER, rules.get(INGRESS), rules.get(EGRESS)), refused


def _parse_types(spec: Object) -> list[str]:
    """Without policyTypes: ingress, and egress where there are rules for it; an API server has put them in already."""
    said = parse_list(spec.get("policyTypes"), "policyTypes") or [
        "Ingress",
        *(["Egress"] if spec.get("egress") else []),
    ]
    return [direction for direction in DIRECTIONS if direction.capitalize() in said] or [INGRESS]


def _parse_rules(spec: Object, direction: str, namespace: str, refused: list[str]) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    for number, each in enumerate(parse_list(spec.get(direction), direction)):
        try:
            rules += _parse_rule(each or {}, direction, namespace)
        except BROKEN as error:
            refused.append(f"{direction} rule {number + 1} is left out: {say_broken(error)}")
    return tuple(rules)


def _parse_rule(rule: Object, direction: str, namespace: str) -> list[Rule]:
    """One for each protocol and peer."""
    peers = parse_list(rule.get("from" if direction == INGRESS else "to"), "from, to")
    sides = [_parse_peer(each or {}, namespace) for each in peers] or [Side()]
    ports = _parse_ports(parse_list(rule.get("ports"), "ports"))
    return [_plan_rule(direction, protocol, side, ports[protocol]) for protocol in sorted(ports) for side in sides]


def _plan_rule(direction: str, protocol: str, peer: Side, ports: Ports) -> Rule:
    if direction == INGRESS:
        return Rule(protocol=protocol.lower(), source=peer, destination=Side(ports=ports))
    there = Side(peer.selector, peer.not_selector, peer.nets, peer.not_nets, ports)
    return Rule(protocol=protocol.lower(), destination=there)


def _parse_peer(peer: Object, namespace: str) -> Side:
    if not _PEER_FIELDS & {key for key, each in peer.items() if each is not None}:
        raise UsageError(f"a peer names one of {', '.join(sorted(_PEER_FIELDS))}")
    if (block := peer.get("ipBlock")) is not None:
        if peer.get("podSelector") is not None or peer.get("namespaceSelector") is not None:
            raise UsageError("a peer with an ipBlock has no selectors")
        excepted = parse_list(block.get("except"), "except")
        return Side(nets=(parse_net(block["cidr"]),), not_nets=tuple(parse_net(each) for each in excepted))
    pods, namespaces = peer.get("podSelector"), peer.get("namespaceSelector")
    spaces = render_selector(namespaces, pods=False) if namespaces is not None else ""
    return Side(selector=select_endpoints(spaces, render_selector(pods or {}, pods=True), namespace))


def _parse_ports(ports: Sequence[Object]) -> dict[str, Ports]:
    """Protocol -> its ports, all of them where one entry names none; without entries every protocol."""
    found: dict[str, list[int | str | tuple[int, int]]] = {}
    for each in ports:
        protocol = (each or {}).get("protocol") or "TCP"
        if protocol not in _PROTOCOLS:
            raise UsageError(f"protocol {protocol!r}: one of {', '.join(_PROTOCOLS)} is meant")
        found.setdefault(protocol, []).append(_parse_entry(each or {}))
    return {protocol: simplify(each) for protocol, each in found.items()} or {"": Ports()}


def _parse_entry(entry: Object) -> int | str | tuple[int, int]:
    """0: all ports."""
    port, end = entry.get("port"), entry.get("endPort")
    if port is None:
        if end is not None:
            raise UsageError("endPort without port")
        return 0
    return parse_port(port) if end is None else parse_range(port, end)


def simplify(ports: Sequence[int | str | tuple[int, int]]) -> Ports:
    """As few ranges as there can be; one entry 0 means all."""
    if 0 in ports:
        return Ports()
    ranges = sorted((each, each) if isinstance(each, int) else each for each in ports if not isinstance(each, str))
    merged: list[tuple[int, int]] = []
    for first, last in ranges:
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return Ports(tuple(merged), tuple(dict.fromkeys(each for each in ports if isinstance(each, str))))


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


__all__ = ["NAMESPACE", "ORDER", "PREFIX", "parse_policy", "render_selector", "simplify"]
