"""From a backend of an Ingress to the addresses of pods, past the Service's ClusterIP (ingress-nginx 1.5.1, controller/endpointslices.go)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.agents.ingress.model import Upstream

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Backend:
    """A Service's port, as an Ingress names it: by number or by name."""

    namespace: str
    service: str
    port: str

    @property
    def upstream(self) -> str:
        """Its name in nginx.conf."""
        return f"{self.namespace}-{self.service}-{self.port}"


def parse_backend(namespace: str, backend: Object | None) -> Backend | None:
    """None where it leads to no Service (a resource, or nothing)."""
    service = (backend or {}).get("service")
    if not service:
        return None
    port = service.get("port") or {}
    return Backend(namespace, str(service.get("name")), str(port.get("number") or port.get("name") or ""))


def plan_upstream(backend: Backend, services: Mapping[tuple[str, str], Object], slices: Iterable[Object]) -> Upstream:
    """Of `services` by (namespace, name) and the Service's EndpointSlices; without endpoints where there is nobody."""
    service = services.get((backend.namespace, backend.service))
    port = find_port(service, backend.port) if service else None
    if port is None:
        return Upstream(backend.upstream)
    found = dict.fromkeys(each for piece in slices for each in _list_endpoints(piece, port))
    return Upstream(backend.upstream, tuple(sorted(found)))


def find_port(service: Object, wanted: str) -> Object | None:
    """By number, targetPort or name, as the real controller does it: the first that fits."""
    for port in service["spec"].get("ports") or ():
        if wanted in (str(port["port"]), str(port.get("targetPort", "")), port.get("name") or ""):
            return dict(port)
    return None


def _list_endpoints(piece: Object, port: Object) -> Iterator[str]:
    numbers = list(dict.fromkeys(_list_numbers(piece, port)))
    for endpoint in piece.get("endpoints") or ():
        if not (endpoint.get("conditions") or {}).get("ready", True):
            continue
        for number in numbers:
            for address in endpoint["addresses"]:
                yield f"[{address}]:{number}" if ":" in address else f"{address}:{number}"


def _list_numbers(piece: Object, port: Object) -> Iterator[int]:
    """A slice's ports are told apart by the name that the Service's port has."""
    for each in piece.get("ports") or ():
        if each.get("protocol", "TCP") == "TCP" and (each.get("name") or "") == (port.get("name") or ""):
            yield int(each["port"])
