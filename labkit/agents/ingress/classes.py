"""Which Ingresses are ours (ingress-nginx 1.5.1, store.go GetIngressClass)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

CONTROLLER: Final = "k8s.io/ingress-nginx"
ANNOTATION: Final = "kubernetes.io/ingress.class"


def find_foreign(ingress: Mapping[str, Any], known: Collection[str], own: str = "nginx") -> str:
    """Why an Ingress is none of ours, in the real controller's words; empty when it is.

    `known`: the IngressClasses that name our controller; `own`: what the old annotation says for us.
    """
    name = ingress["spec"].get("ingressClassName")
    if name is not None:
        return "" if name in known else f'no object matching key "{name}" in local store'
    said = (ingress["metadata"].get("annotations") or {}).get(ANNOTATION)
    if said is None:
        return "ingress does not contain a valid IngressClass"
    return "" if said == own else "ingress class annotation is not equal to the expected by Ingress Controller"


def list_classes(classes: Collection[Mapping[str, Any]], controller: str = CONTROLLER) -> frozenset[str]:
    """Names of those that are for this controller."""
    return frozenset(each["metadata"]["name"] for each in classes if each["spec"].get("controller") == controller)
