"""Ingresses and Gateways in one nginx: a host that both name has the locations of both, and an Ingress's path goes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from labkit.agents.ingress.gateway.values import Site
from labkit.agents.ingress.locations import plan_locations
from labkit.agents.ingress.model import DEFAULT_UPSTREAM, HTTP, HTTPS, PREFIX, ROOT, Location, Server


def join_servers(servers: tuple[Server, ...], sites: Mapping[tuple[str, int], Site]) -> tuple[Server, ...]:
    """In the order of their names; a host that has not the same on both ports has a server for each."""
    named = {server.host: server for server in servers}
    joined = [each for server in servers for each in _join(server, sites)]
    for host in dict.fromkeys(host for host, _ in sites if host not in named):
        joined += [_make(host, port, sites[host, port]) for port in (HTTP, HTTPS) if (host, port) in sites]
    return tuple(sorted(joined, key=lambda each: (each.host, each.ports)))


def _make(host: str, port: int, site: Site) -> Server:
    name, pem = site.certificate
    locations = plan_locations(site.locations)
    if not any(each.path == ROOT for each in locations):
        locations += (Location(ROOT, PREFIX, DEFAULT_UPSTREAM, is_default=True),)
    return Server(host, locations, pem, name, ports=(port,), wide=True)


def _join(server: Server, sites: Mapping[tuple[str, int], Site]) -> list[Server]:
    found = [(port, sites.get((server.host, port))) for port in server.ports]
    if not any(site for _, site in found):
        return [server]
    return [_add(replace(server, ports=(port,)), site) for port, site in found]


def _add(server: Server, site: Site | None) -> Server:
    """The Ingress's own paths stay; its way to the default backend gives way."""
    if site is None:
        return server
    own = [each for each in server.locations if not each.is_default]
    taken = {(each.path, each.kind) for each in own}
    more = [each for each in plan_locations(site.locations) if (each.path, each.kind) not in taken]
    locations = _order([*own, *more])
    if not any(each.path == ROOT for each in locations):
        locations += tuple(each for each in server.locations if each.is_default)
    name, pem = site.certificate if not server.certificate else (server.certificate_name, server.certificate)
    return replace(server, locations=locations, certificate=pem, certificate_name=name)


def _order(locations: list[Location]) -> tuple[Location, ...]:
    return tuple(sorted(sorted(locations, key=lambda each: each.path, reverse=True), key=lambda each: -len(each.path)))
