"""From all objects to what nginx shall serve: servers, locations, upstreams, certificates (ingress-nginx 1.5.1, controller/controller.go)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from labkit.agents.ingress.backends import Backend, find_port, plan_upstream
from labkit.agents.ingress.certificates import Certificate, CertificateError, parse_secret
from labkit.agents.ingress.locations import plan_locations
from labkit.agents.ingress.model import (
    DEFAULT_SERVER,
    DEFAULT_UPSTREAM,
    PREFIX,
    ROOT,
    Location,
    Model,
    Origin,
    Server,
    Trouble,
    Upstream,
)
from labkit.agents.ingress.parsing import Parsed, Path, Rule, parse_ingress

Object = Mapping[str, Any]
Objects = Mapping[tuple[str, str], Object]  # by namespace and name
Locations = dict[tuple[str, str], Location]  # by path and kind
_SERVICE: Final = "kubernetes.io/service-name"
_TOP: Final = (ROOT, PREFIX)


@dataclass(frozen=True)
class Found:
    """All objects that matter. `ingresses`: only ours."""

    ingresses: Collection[Object] = ()
    services: Objects = field(default_factory=dict)
    slices: Collection[Object] = ()
    secrets: Objects = field(default_factory=dict)


def plan_model(found: Found, more: Iterable[Backend] = ()) -> Model:
    """Older Ingresses come first: what they have, later ones don't get. `more`: backends of others than Ingresses."""
    parsed, troubles = _parse_all(found.ingresses)
    servers = _plan_servers(parsed)
    certificates, missing = _plan_certificates(parsed, found.secrets)
    backends = dict.fromkeys([*(backend for each in parsed for backend in each.list_backends()), *more])
    planned = [_finish(host, locations, certificates.get(host)) for host, locations in sorted(servers.items())]
    wrong = _list_backend_troubles(parsed, found.services)
    return Model(tuple(planned), _plan_upstreams(backends, found), (*troubles, *missing, *wrong))


def _parse_all(ingresses: Collection[Object]) -> tuple[list[Parsed], list[Trouble]]:
    parsed: list[Parsed] = []
    troubles: list[Trouble] = []
    for each in sorted(ingresses, key=_rank):
        one, wrong = parse_ingress(each)
        troubles += wrong
        if one:
            parsed.append(one)
    return parsed, troubles


def _rank(ingress: Object) -> tuple[str, str, str]:
    metadata = ingress["metadata"]
    return metadata.get("creationTimestamp") or "", metadata.get("namespace", ""), metadata["name"]


def _plan_servers(parsed: Iterable[Parsed]) -> dict[str, Locations]:
    """Host -> locations, as they come; every host has one for / that leads to the default backend until somebody takes it."""
    servers = {DEFAULT_SERVER: {_TOP: Location(ROOT, PREFIX, DEFAULT_UPSTREAM, is_default=True)}}
    for each in parsed:
        _begin_servers(servers, each)
    for each in parsed:
        for rule in each.rules:
            _add_rule(servers[rule.host], each, rule)
    return servers


def _begin_servers(servers: dict[str, Locations], ingress: Parsed) -> None:
    """Its defaultBackend is that of the hosts that it is the first to name; without any rule, of all hosts that nobody names."""
    default = ingress.default
    upstream = default.upstream if default else DEFAULT_UPSTREAM
    root = servers[DEFAULT_SERVER][_TOP]
    if default and not ingress.rules and root.is_default:
        kept = replace(ingress.annotations, rewrite_target="", use_regex=False, redirect=None)
        servers[DEFAULT_SERVER][_TOP] = Location(ROOT, PREFIX, upstream, _plan_origin(ingress, default, ""), kept)
    for rule in ingress.rules:
        if rule.host not in servers:
            origin = _plan_origin(ingress, default, "")
            root = Location(ROOT, PREFIX, upstream, origin, ingress.annotations, is_default=True)
            servers[rule.host] = {_TOP: root}


def _add_rule(locations: Locations, ingress: Parsed, rule: Rule) -> None:
    for path in rule.paths:
        there = locations.get((path.path, path.kind))
        if path.backend and (there is None or there.is_default):
            locations[path.path, path.kind] = _plan_location(ingress, path, path.backend)


def _plan_location(ingress: Parsed, path: Path, backend: Backend) -> Location:
    origin = _plan_origin(ingress, backend, path.path)
    return Location(path.path, path.kind, backend.upstream, origin, ingress.annotations)


def _plan_origin(ingress: Parsed, backend: Backend | None, path: str) -> Origin:
    service, port = (backend.service, backend.port) if backend else ("", "")
    return Origin(ingress.namespace, ingress.name, service, port, path)


def _finish(host: str, locations: Locations, shown: tuple[str, str] | None) -> Server:
    name, pem = shown or ("", "")
    return Server(host, plan_locations(locations.values()), pem, name, tls=shown is not None)


def _plan_upstreams(backends: Iterable[Backend], found: Found) -> tuple[Upstream, ...]:
    by_service: dict[tuple[str, str], list[Object]] = defaultdict(list)
    for piece in found.slices:
        metadata = piece["metadata"]
        by_service[metadata["namespace"], (metadata.get("labels") or {}).get(_SERVICE, "")].append(piece)
    planned = {
        each.upstream: plan_upstream(each, found.services, by_service[each.namespace, each.service])
        for each in backends
    }
    return tuple(planned[name] for name in sorted(planned))


def _list_backend_troubles(parsed: Iterable[Parsed], services: Objects) -> list[Trouble]:
    return [
        Trouble(each.about, "InvalidBackend", fault)
        for each in parsed
        for backend in dict.fromkeys(each.list_backends())
        if (fault := _find_backend_fault(backend, services))
    ]


def _find_backend_fault(backend: Backend, services: Objects) -> str:
    name = f"{backend.namespace}/{backend.service}"
    service = services.get((backend.namespace, backend.service))
    if service is None:
        return f'Error obtaining Endpoints for Service "{name}": no object matching key "{name}" in local store'
    if find_port(service, backend.port) is None:
        known = ", ".join(str(each["port"]) for each in service["spec"].get("ports") or ()) or "none"
        return f'Service "{name}" has no port {backend.port} (it has {known}): 503 Service Temporarily Unavailable'
    return ""


def _plan_certificates(parsed: Iterable[Parsed], secrets: Objects) -> tuple[dict[str, tuple[str, str]], list[Trouble]]:
    """Host -> (name, PEM) of what is shown; both are empty for the default certificate. Hosts without TLS are not in it."""
    shown: dict[str, tuple[str, str]] = {}
    troubles: list[Trouble] = []
    for each in parsed:
        for host in dict.fromkeys(rule.host for rule in each.rules):
            if each.tls and host not in shown and host != DEFAULT_SERVER:
                try:
                    shown[host] = _choose(each, host, secrets)
                except CertificateError as error:
                    shown[host] = ("", "")
                    troubles.append(Trouble(each.about, "InvalidTLS", f"{error}. Using default certificate"))
    return shown, troubles


def _choose(ingress: Parsed, host: str, secrets: Objects) -> tuple[str, str]:
    """The Secret of the tls section that names the host, else the first whose certificate is for it. Raises CertificateError."""
    listed = next((name for hosts, name in ingress.tls if host in hosts), None)
    if listed is None:
        listed = next((name for _, name in ingress.tls if _fits(ingress.namespace, name, host, secrets)), "")
    if not listed:
        return "", ""
    certificate = _read(ingress.namespace, listed, secrets)
    if not certificate.covers(host):
        raise CertificateError(
            f'SSL certificate "{ingress.namespace}/{listed}" does not contain a Common Name or Subject Alternative Name for server "{host}"'
        )
    return f"{ingress.namespace}-{listed}", certificate.pem


def _read(namespace: str, name: str, secrets: Objects) -> Certificate:
    secret = secrets.get((namespace, name))
    if secret is None:
        key = f"{namespace}/{name}"
        raise CertificateError(f'Error getting SSL certificate "{key}": local SSL certificate {key} was not found')
    return parse_secret(secret)


def _fits(namespace: str, name: str, host: str, secrets: Objects) -> bool:
    try:
        return _read(namespace, name, secrets).covers(host)
    except CertificateError:
        return False
