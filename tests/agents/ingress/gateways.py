"""Objects of Gateway API for tests, as the API server gives them."""

from __future__ import annotations

from typing import Any

from labkit.agents.ingress.gateway.values import CONTROLLER, Found
from tests.agents.ingress.objects import make_found

CLASS = {"metadata": {"name": "nginx"}, "spec": {"controllerName": CONTROLLER}}
HTTP = {"name": "http", "port": 80, "protocol": "HTTP"}
NAMESPACES = {"shop": {"team": "a"}, "other": {"team": "b"}, "infra": {}}


def make_gateway(*listeners: dict[str, Any], namespace: str = "shop", **spec: Any) -> dict[str, Any]:
    whole = {"gatewayClassName": "nginx", "listeners": list(listeners or (HTTP,)), **spec}
    return {"metadata": {"name": "gate", "namespace": namespace, "generation": 3}, "spec": whole}


def make_route(
    *rules: dict[str, Any], name: str = "route", parent: dict[str, Any] | None = None, **spec: Any
) -> dict[str, Any]:
    metadata = {
        "name": name,
        "namespace": "shop",
        "uid": f"uid-{name}",
        "resourceVersion": "1",
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    return {
        "metadata": metadata,
        "spec": {"parentRefs": [parent or {"name": "gate"}], "rules": list(rules or (to("web"),)), **spec},
    }


def to(
    *services: str, path: str = "/", kind: str = "PathPrefix", filters: tuple[dict[str, Any], ...] = (), **match: Any
) -> dict[str, Any]:
    """A rule: services are NAME or NAME=WEIGHT."""
    references = []
    for each in services:
        name, _, weight = each.partition("=")
        references.append({"name": name, "port": 80} | ({"weight": int(weight)} if weight else {}))
    return {
        "matches": [{"path": {"type": kind, "value": path}, **match}],
        "backendRefs": references,
        "filters": list(filters),
    }


def make_gateways(
    *routes: dict[str, Any], gateway: dict[str, Any] | None = None, grants: tuple[dict[str, Any], ...] = ()
) -> Found:
    found = make_found()
    return Found([CLASS], [gateway or make_gateway()], routes, grants, NAMESPACES, found.services, found.secrets)
