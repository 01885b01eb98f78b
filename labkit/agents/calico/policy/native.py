"""Calico's own kinds: NetworkPolicy, GlobalNetworkPolicy, GlobalNetworkSet (libcalico-go lib/backend/syncersv1/updateprocessors, release-v3.20).

Rules for host endpoints (doNotTrack, preDNAT), HTTP matches and Services as destinations are not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from labkit.agents.calico.policy.model import EGRESS, INGRESS, LAST, Endpoint, Policy, Ports, Rule, Side
from labkit.agents.calico.policy.parsing import (
    BROKEN,
    parse_list,
    parse_net,
    parse_port,
    parse_range,
    say_broken,
    simplify,
)
from labkit.agents.calico.policy.selecting import (
    ACCOUNT,
    ACCOUNT_PREFIX,
    NAMESPACE,
    NAMESPACE_PREFIX,
    add_selector,
    select_endpoints,
    select_in,
)
from labkit.agents.calico.selector import parse_selector
from labkit.errors import UsageError

Object = Mapping[str, Any]
PREFIX: Final = "default."  # of the tier that all policies are in
ACTIONS: Final = ("Allow", "Deny", "Log", "Pass")
PORTED: Final = ("tcp", "udp", "sctp", "udplite")
_PROTOCOLS: Final = (*PORTED, "icmp", "icmpv6")
_HOSTS: Final = ("doNotTrack", "preDNAT")
_NUMBER_MAX: Final = 255
_RULE_FIELDS: Final = frozenset({
    "action", "destination", "icmp", "ipVersion", "metadata", "notICMP", "notProtocol", "protocol", "source",
})  # fmt: skip
_SIDE_FIELDS: Final = frozenset({
    "namespaceSelector", "nets", "notNets", "notPorts", "notSelector", "ports", "selector", "serviceAccounts",
})  # fmt: skip


def parse_policy(value: Object) -> tuple[Policy, list[str]]:
    """A NetworkPolicy, or one without namespace; what of it can't be read, each in a line. Raises what BROKEN names where nothing can be read.

    A rule that can't be read and could have denied makes the whole policy unreadable: what comes behind it may not be let through.
    """
    about, spec = value["metadata"], value.get("spec") or {}
    namespace = about.get("namespace", "")
    if any(spec.get(field) for field in _HOSTS):
        raise UsageError(f"{', '.join(_HOSTS)} are about host endpoints, which are not modelled")
    refused: list[str] = []
    types = list_types(spec)
    rules = {each: _parse_rules(spec, each, namespace, refused) for each in types}
    name, order = f"{namespace}/{about['name']}" if namespace else about["name"], spec.get("order")
    ordered = LAST if order is None else float(order)
    return Policy(name, _select(spec, namespace), ordered, rules.get(INGRESS), rules.get(EGRESS)), refused


def list_types(spec: Object) -> list[str]:
    """Without types: those that there are rules for; ingress where there are none."""
    said = parse_list(spec.get("types"), "types")
    if not said:
        said = [
            *(["Ingress"] if spec.get("ingress") or not spec.get("egress") else []),
            *(["Egress"] if spec.get("egress") else []),
        ]
    if set(said) - {"Ingress", "Egress"}:
        raise UsageError(f"types {said!r}: of Ingress and Egress")
    return [str(each).lower() for each in said]


def _select(spec: Object, namespace: str) -> str:
    selector = spec.get("selector") or ""
    if namespace:
        selector = select_in(namespace, selector)
        return parse_selector(add_selector(selector, spec.get("serviceAccountSelector") or "", ACCOUNT_PREFIX)).text
    for field, prefix, label in (
        ("namespaceSelector", NAMESPACE_PREFIX, NAMESPACE),
        ("serviceAccountSelector", ACCOUNT_PREFIX, ACCOUNT),
    ):
        if spec.get(field):
            selector = add_selector(selector, spec[field], prefix).replace("all()", f"has({label})")
    return parse_selector(selector).text


def _parse_rules(spec: Object, direction: str, namespace: str, refused: list[str]) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    for number, each in enumerate(parse_list(spec.get(direction), direction)):
        try:
            rules.append(parse_rule(each, namespace))
        except BROKEN as error:
            refused.append(f"{direction} rule {number + 1} is left out, and all behind it: {say_broken(error)}")
            return (*rules, Rule(action="deny"))
    return tuple(rules)


def parse_rule(rule: Object, namespace: str) -> Rule:
    """One rule. Raises what BROKEN names."""
    _refuse_others(rule, _RULE_FIELDS)
    if rule.get("action") not in ACTIONS:
        raise UsageError(f"action {rule.get('action')!r}: one of {', '.join(ACTIONS)} is meant")
    if rule.get("ipVersion") not in (None, 4):
        raise UsageError("ipVersion: only 4 is modelled")
    protocol, source = _parse_protocol(rule.get("protocol")), _parse_side(rule.get("source") or {}, namespace)
    destination = _parse_side(rule.get("destination") or {}, namespace)
    if any((source.ports, source.not_ports, destination.ports, destination.not_ports)) and protocol not in PORTED:
        raise UsageError(f"ports need a protocol that has some: {', '.join(PORTED)}")
    return Rule(
        rule["action"].lower(), protocol, _parse_protocol(rule.get("notProtocol")),
        _parse_icmp(rule.get("icmp")), _parse_icmp(rule.get("notICMP")), source, destination,
    )  # fmt: skip


def _refuse_others(value: Object, known: frozenset[str]) -> None:
    if others := sorted(set(value) - known):
        raise UsageError(f"{', '.join(others)}: not modelled; known: {', '.join(sorted(known))}")


def _parse_protocol(said: Any) -> str:
    if said is None or said == "":
        return ""
    word = str(said).lower()
    if word not in _PROTOCOLS and not (word.isdecimal() and 1 <= int(word) <= _NUMBER_MAX):
        raise UsageError(f"protocol {said!r}: one of {', '.join(_PROTOCOLS)}, or a number from 1 to {_NUMBER_MAX}")
    return word


def _parse_icmp(said: Any) -> str:
    if not said:
        return ""
    words = [said[key] for key in ("type", "code") if said.get(key) is not None]
    if "type" not in said or any(not isinstance(word, int) or not 0 <= word <= _NUMBER_MAX for word in words):
        raise UsageError(f"icmp {said!r}: type, and code if you like, numbers up to {_NUMBER_MAX}")
    return "/".join(str(word) for word in words)


def _parse_side(side: Object, namespace: str) -> Side:
    _refuse_others(side, _SIDE_FIELDS)
    selector, without = side.get("selector") or "", side.get("notSelector") or ""
    accounts = _select_accounts(side.get("serviceAccounts") or {})
    if accounts:
        selector = f"({accounts}) && ({selector})" if selector else accounts
    return Side(
        select_endpoints(side.get("namespaceSelector") or "", selector, namespace, negated=bool(without)),
        parse_selector(without).text if without else "",
        _parse_nets(side.get("nets")), _parse_nets(side.get("notNets")),
        parse_ports(side.get("ports")), parse_ports(side.get("notPorts")),
    )  # fmt: skip


def _select_accounts(accounts: Object) -> str:
    names = ", ".join(f"'{name}'" for name in parse_list(accounts.get("names"), "names"))
    named = parse_selector(f"{ACCOUNT} in {{ {names} }}").text if names else ""
    return add_selector(named, accounts.get("selector") or "", ACCOUNT_PREFIX)


def _parse_nets(nets: Any) -> tuple[str, ...]:
    return tuple(parse_net(each) for each in parse_list(nets, "nets"))


def parse_ports(ports: Any) -> Ports:
    """Numbers, 80:90, names."""
    found: list[int | str | tuple[int, int]] = []
    for each in parse_list(ports, "ports"):
        first, colon, last = str(each).partition(":")
        found.append(parse_range(first, last) if colon else parse_port(each))
    return simplify(found)


def parse_network_set(value: Object) -> Endpoint:
    """A GlobalNetworkSet: networks with labels. Raises what BROKEN names."""
    about, spec = value["metadata"], value.get("spec") or {}
    return Endpoint(about["name"], dict(about.get("labels") or {}), _parse_nets(spec.get("nets")))
