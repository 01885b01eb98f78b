"""Who may refer into another namespace: ReferenceGrants; and whose routes a listener takes: allowedRoutes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from labkit.agents.ingress.gateway.values import GROUP, Object

_EXISTS = {"Exists": True, "DoesNotExist": False}


def is_granted(grants: Collection[Object], source: tuple[str, str], kind: str, target: tuple[str, str]) -> bool:
    """Whether `source` (kind of gateway.networking.k8s.io, namespace) may refer to the core's `kind` named `target` (namespace, name)."""
    if source[1] == target[0]:
        return True
    return any(
        grant["metadata"]["namespace"] == target[0]
        and any(_is_from(each, source) for each in grant["spec"]["from"])
        and any(_is_to(each, kind, target[1]) for each in grant["spec"]["to"])
        for grant in grants
    )


def _is_from(said: Mapping[str, Any], source: tuple[str, str]) -> bool:
    return bool((said["group"], said["kind"], said["namespace"]) == (GROUP, *source))


def _is_to(said: Mapping[str, Any], kind: str, name: str) -> bool:
    return bool((said.get("group", ""), said["kind"]) == ("", kind) and said.get("name") in (None, "", name))


def is_allowed(allowed: Mapping[str, Any], own: str, other: str, labels: Mapping[str, str]) -> bool:
    """Whether a listener in namespace `own` takes routes of namespace `other`, which has these labels."""
    wanted = allowed.get("namespaces") or {}
    if wanted.get("from", "Same") == "Selector":
        return matches_labels(wanted.get("selector") or {}, labels)
    return bool(wanted.get("from") == "All" or own == other)


def matches_labels(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """A LabelSelector of the API (metav1); one with an unknown operator matches nothing."""
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_matches(each, labels) for each in selector.get("matchExpressions") or ())


def _matches(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, operator = expression.get("key", ""), expression.get("operator", "")
    if operator in _EXISTS:
        return (key in labels) is _EXISTS[operator]
    among = labels.get(key) in (expression.get("values") or ())
    return among if operator == "In" else operator == "NotIn" and not among
