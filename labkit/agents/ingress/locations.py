"""Locations of a server: their order, and what nginx is told for each path type (ingress-nginx 1.5.1, controller/location.go, template.go)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from labkit.agents.ingress.model import EXACT, PREFIX, REGEX, ROOT, Location


def plan_locations(locations: Iterable[Location]) -> tuple[Location, ...]:
    """The longest path first, equally long ones from the end of the alphabet; a Prefix becomes two: the path with a slash, and itself."""
    ordered = sorted(sorted(locations, key=lambda each: each.path, reverse=True), key=lambda each: -len(each.path))
    exact = {location.path for location in ordered if location.kind == EXACT}
    return tuple(each for location in ordered for each in _split(location, has_exact=location.path in exact))


def _split(location: Location, *, has_exact: bool) -> tuple[Location, ...]:
    """nginx's prefix /p would match /pq as well; Kubernetes' Prefix goes by whole elements. Regular expressions stay as they are."""
    if location.path == ROOT or location.kind != PREFIX or location.is_regex:
        return (location,)
    folder = replace(location, path=location.path if location.path.endswith("/") else f"{location.path}/")
    return (folder,) if has_exact else (folder, replace(location, kind=EXACT))


def render_match(location: Location, *, regex: bool) -> str:
    """What stands behind `location`."""
    if location.kind == REGEX:
        return f'~ "^{location.path}"'
    if regex:
        return f'~* "^{location.path}"'
    return f"= {location.path}" if location.kind == EXACT else location.path


def render_rewrite(location: Location) -> str:
    """The directive that gives the pod another path, if it gets one."""
    target = location.annotations.rewrite_target
    return f'rewrite "(?i){location.path}" {target} break;' if location.needs_rewrite else ""
