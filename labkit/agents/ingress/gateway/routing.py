"""From rules of HTTPRoutes to nginx's locations: at each path the rules that can match there, in their order of precedence."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labkit.agents.ingress.backends import Backend
from labkit.agents.ingress.gateway.filters import Effect, plan_effect
from labkit.agents.ingress.gateway.granting import is_granted
from labkit.agents.ingress.gateway.matching import parse_conditions, parse_path, rank
from labkit.agents.ingress.gateway.values import Condition, Found, Object
from labkit.agents.ingress.model import PREFIX, ROOT, Choice, Location, Origin

BROKEN: Final = "500"  # what a share is answered whose backend can't be referred to


@dataclass(frozen=True)
class Candidate:
    """A match of a rule; the lower `order` comes first among those with its path."""

    path: str
    kind: str
    choice: Choice
    order: tuple[Any, ...]


def plan_candidates(route: Object, found: Found) -> tuple[Candidate, ...]:
    """All matches of a route. Raises UnsupportedError when one of them, or a filter, is not served."""
    metadata = route["metadata"]
    age = (metadata.get("creationTimestamp") or "", metadata["namespace"], metadata["name"])
    candidates: list[Candidate] = []
    for number, rule in enumerate(route["spec"].get("rules") or [{}]):
        shares = _plan_shares(route, rule, found)
        for match in rule.get("matches") or [{}]:
            path, kind = parse_path(match)
            effect = plan_effect(rule.get("filters") or [], path.rstrip("/") if kind == PREFIX else "")
            choice = _plan_choice(route, rule, effect, shares, (path, parse_conditions(match)))
            candidates.append(Candidate(path, kind, choice, (*rank(match), *age, number)))
    return tuple(candidates)


def _plan_choice(
    route: Object, rule: Object, effect: Effect, shares: tuple[tuple[str, int], ...], match: tuple[str, Any]
) -> Choice:
    first: Mapping[str, Any] = next(iter(rule.get("backendRefs") or ()), {})
    metadata, (path, conditions) = route["metadata"], match
    port = str(first.get("port", "")) if first else ""
    origin = Origin(metadata["namespace"], metadata["name"], first.get("name", ""), port, path)
    return Choice(origin, conditions, shares, effect.lines, effect.answer, effect.headers)


def list_backends(route: Object) -> list[tuple[Backend, Object]]:
    """Each reference of a route, with what it says."""
    return [each for rule in route["spec"].get("rules") or () for each in list_rule_backends(route, rule)]


def list_rule_backends(route: Object, rule: Object) -> list[tuple[Backend, Object]]:
    """Likewise, of one of its rules."""
    own = route["metadata"]["namespace"]
    return [
        (Backend(each.get("namespace") or own, each["name"], str(each.get("port", ""))), each)
        for each in rule.get("backendRefs") or ()
    ]


def find_backend_fault(route: Object, backend: Backend, said: Object, found: Found) -> Condition | None:
    """Why nothing is sent there."""
    own = route["metadata"]["namespace"]
    name = f"{backend.namespace}/{backend.service}"
    if (said.get("group", ""), said.get("kind", "Service")) != ("", "Service"):
        return Condition("ResolvedRefs", False, "InvalidKind", f"{said.get('kind')} {name}: only Services are served")
    if not is_granted(found.grants, ("HTTPRoute", own), "Service", (backend.namespace, backend.service)):
        why = f"no ReferenceGrant in {backend.namespace} lets HTTPRoutes of {own} refer to Service {backend.service}"
        return Condition("ResolvedRefs", False, "RefNotPermitted", why)
    service = found.services.get((backend.namespace, backend.service))
    ports = [str(port["port"]) for port in service["spec"].get("ports") or ()] if service else []
    if backend.port not in ports:
        why = f"Service {name} has no port {backend.port}" if service else f"there is no Service {name}"
        return Condition("ResolvedRefs", False, "BackendNotFound", why)
    return None


def _plan_shares(route: Object, rule: Object, found: Found) -> tuple[tuple[str, int], ...]:
    """No backends at all, or no weight: 500, as the specification says."""
    shares = tuple(
        (BROKEN if find_backend_fault(route, backend, said, found) else backend.upstream, int(said.get("weight", 1)))
        for backend, said in list_rule_backends(route, rule)
    )
    return tuple(each for each in shares if each[1]) or ((BROKEN, 1),)


def plan_locations(candidates: Collection[Candidate]) -> tuple[Location, ...]:
    """A location for each path and kind. Where conditions fail, shorter paths are asked, for a request has to fit a rule as a whole."""
    places = dict.fromkeys((each.path, each.kind) for each in candidates)
    return tuple(Location(path, kind, "", choices=_list_choices(path, kind, candidates)) for path, kind in places)


def _list_choices(path: str, kind: str, candidates: Collection[Candidate]) -> tuple[Choice, ...]:
    """Up to the first that has no conditions: nobody gets past it."""
    fitting = [each for each in candidates if (each.path, each.kind) == (path, kind) or _covers(each, path)]
    choices = []
    for each in sorted(fitting, key=lambda each: (each.kind != kind, -len(each.path), each.order)):
        choices.append(each.choice)
        if not each.choice.conditions:
            break
    return tuple(choices)


def _covers(candidate: Candidate, path: str) -> bool:
    return candidate.kind == PREFIX and (candidate.path in (ROOT, path) or path.startswith(f"{candidate.path}/"))
