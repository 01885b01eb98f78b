"""Objects for tests, as the API gives them."""

from __future__ import annotations

from typing import Any

from labkit.agents.ingress.planning import Found

OWN = "nginx.ingress.kubernetes.io/"


def make_ingress(
    name: str, *rules: dict[str, Any], annotations: dict[str, str] | None = None, **spec: Any
) -> dict[str, Any]:
    metadata = {
        "name": name, "namespace": "shop", "uid": f"uid-{name}", "resourceVersion": "1", "creationTimestamp": "2026-01-01T00:00:00Z",
        "annotations": {f"{OWN}{key}": value for key, value in (annotations or {}).items()},
    }  # fmt: skip
    return {"metadata": metadata, "spec": {"ingressClassName": "nginx", "rules": list(rules), **spec}}


def make_rule(*paths: dict[str, Any], host: str = "") -> dict[str, Any]:
    return {"http": {"paths": list(paths)}} | ({"host": host} if host else {})


def make_path(path: str = "/", kind: str = "Prefix", service: str = "web", port: int | str = 80) -> dict[str, Any]:
    named = {"number": port} if isinstance(port, int) else {"name": port}
    return {"path": path, "pathType": kind, "backend": {"service": {"name": service, "port": named}}}


def make_service(name: str, port: int = 80, port_name: str = "") -> dict[str, Any]:
    one = {"port": port, "targetPort": 8080} | ({"name": port_name} if port_name else {})
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"ports": [one]}}


def make_slice(service: str, *addresses: str, port_name: str = "", ready: bool = True) -> dict[str, Any]:
    labels = {"kubernetes.io/service-name": service}
    return {
        "metadata": {"name": f"{service}-x", "namespace": "shop", "labels": labels},
        "ports": [{"name": port_name, "port": 8080, "protocol": "TCP"}],
        "endpoints": [{"addresses": [each], "conditions": {"ready": ready}} for each in addresses],
    }


def make_found(*ingresses: dict[str, Any], secrets: tuple[dict[str, Any], ...] = ()) -> Found:
    """With a Service web of two pods, api of one, and empty of none."""
    services = [make_service("web"), make_service("api", 8000, "http"), make_service("empty")]
    slices = [
        make_slice("web", "10.0.0.2", "10.0.0.1"),
        make_slice("api", "10.0.1.1", port_name="http"),
        make_slice("empty"),
    ]
    named = lambda each: (each["metadata"]["namespace"], each["metadata"]["name"])  # noqa: E731
    return Found(ingresses, {named(each): each for each in services}, slices, {named(each): each for each in secrets})
