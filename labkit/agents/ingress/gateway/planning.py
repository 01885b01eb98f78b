"""From all objects of Gateway API to what nginx shall serve beside the Ingresses, and what stands in their statuses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from labkit.agents.ingress.gateway.filters import UnsupportedError
from labkit.agents.ingress.gateway.granting import is_allowed
from labkit.agents.ingress.gateway.listening import list_hosts, plan_listeners
from labkit.agents.ingress.gateway.routing import (
    Candidate,
    find_backend_fault,
    list_backends,
    plan_candidates,
    plan_locations,
)
from labkit.agents.ingress.gateway.values import (
    CONTROLLER,
    GROUP,
    Condition,
    Found,
    Listener,
    Object,
    Plan,
    Site,
    Status,
    name_of,
    render_conditions,
)

Places = dict[tuple[str, int], list[Candidate]]  # by host and port
_SUPPORTED = [{"group": GROUP, "kind": "HTTPRoute"}]


def plan_gateways(found: Found) -> Plan:
    """Only Gateways whose class names this controller, and routes that name one of them."""
    classes = [each for each in found.classes if each["spec"].get("controllerName") == CONTROLLER]
    named = {each["metadata"]["name"] for each in classes}
    gateways = {name_of(each): each for each in found.gateways if each["spec"]["gatewayClassName"] in named}
    listeners = {name: plan_listeners(gateway, found) for name, gateway in gateways.items()}
    places: Places = defaultdict(list)
    attached: dict[tuple[tuple[str, str], str], int] = defaultdict(int)
    statuses = [_tell_class(each) for each in classes]
    for route in sorted(found.routes, key=lambda each: each["metadata"].get("creationTimestamp") or ""):
        statuses += _attach(route, listeners, found, places, attached)
    statuses += [_tell_gateway(gateways[name], some, attached) for name, some in listeners.items()]
    backends = dict.fromkeys(backend for route in found.routes for backend, _ in list_backends(route))
    return Plan(_plan_sites(places, listeners), tuple(backends), tuple(statuses))


def _attach(
    route: Object, listeners: Mapping[tuple[str, str], tuple[Listener, ...]], found: Found, places: Places,
    attached: dict[tuple[tuple[str, str], str], int],
) -> list[Status]:  # fmt: skip
    """A route's status, if one of its parents is ours; on the way it gets its places."""
    try:
        candidates, trouble = plan_candidates(route, found), _find_refusal(route, found)
    except UnsupportedError as error:
        candidates, trouble = (), Condition("Accepted", False, "UnsupportedValue", str(error))
    parents = []
    for reference in route["spec"].get("parentRefs") or ():
        name = (reference.get("namespace") or route["metadata"]["namespace"], reference["name"])
        if reference.get("kind", "Gateway") != "Gateway" or name not in listeners:
            continue
        fitting, accepted = _choose_listeners(route, reference, listeners[name], found)
        if fitting and not trouble:
            for listener, hosts in fitting:
                attached[name, listener.name] += 1
                for host in hosts if listener.serves else ():
                    places[host, listener.port] += candidates
        conditions = (trouble or accepted, _resolve(route, found))
        parents.append(_render_parent(route, reference, conditions))
    return [Status("HTTPRoute", *name_of(route), {"parents": parents})] if parents else []


def _find_refusal(route: Object, found: Found) -> Condition | None:
    words = found.refused.get((route["metadata"].get("uid", ""), route["metadata"].get("resourceVersion", "")))
    return Condition("Accepted", False, "UnsupportedValue", words) if words else None


def _choose_listeners(
    route: Object, reference: Object, listeners: tuple[Listener, ...], found: Found
) -> tuple[list[tuple[Listener, list[str]]], Condition]:
    """Those that take the route, with the hosts that both have; and whether there is one."""
    section, port, own = reference.get("sectionName"), reference.get("port"), route["metadata"]["namespace"]
    meant = [each for each in listeners if section in (None, each.name) and port in (None, each.port)]
    if not meant:
        return [], Condition("Accepted", False, "NoMatchingParent", "the Gateway has no such listener")
    labels = found.namespaces.get(own, {})
    open_ones = [each for each in meant if is_allowed(each.allowed, each.gateway[0], own, labels)]
    if not open_ones:
        why = f"no listener takes routes of namespace {own}: allowedRoutes"
        return [], Condition("Accepted", False, "NotAllowedByListeners", why)
    hosts = route["spec"].get("hostnames") or []
    fitting = [(each, common) for each in open_ones if (common := list(list_hosts(each.host, hosts)))]
    if not fitting:
        why = f"no listener has a hostname of these: {', '.join(hosts)}"
        return [], Condition("Accepted", False, "NoMatchingListenerHostname", why)
    return fitting, Condition("Accepted", True, "Accepted")


def _resolve(route: Object, found: Found) -> Condition:
    faults = (find_backend_fault(route, backend, said, found) for backend, said in list_backends(route))
    return next((each for each in faults if each), Condition("ResolvedRefs", True, "ResolvedRefs"))


def _plan_sites(
    places: Places, listeners: Mapping[tuple[str, str], tuple[Listener, ...]]
) -> dict[tuple[str, int], Site]:
    serving = [each for some in listeners.values() for each in some if each.serves]
    return {
        (host, port): Site(plan_locations(candidates), _find_certificate(host, port, serving))
        for (host, port), candidates in places.items()
    }


def _find_certificate(host: str, port: int, serving: list[Listener]) -> tuple[str, str]:
    """That of the listener whose hostname fits best."""
    fitting = [each for each in serving if each.port == port and host in list_hosts(each.host, [host.strip("_")])]
    return max(fitting, key=lambda each: len(each.host)).certificate if fitting else ("", "")


def _render_parent(route: Object, reference: Object, conditions: tuple[Condition, ...]) -> dict[str, Any]:
    known = ("group", "kind", "namespace", "name", "sectionName", "port")
    parent = {key: reference[key] for key in known if key in reference}
    return {
        "parentRef": parent,
        "controllerName": CONTROLLER,
        "conditions": render_conditions(conditions, route),
    }


def _tell_class(found: Object) -> Status:
    condition = Condition("Accepted", True, "Accepted", "nginx-ingress-controller of this cluster serves it")
    return Status("GatewayClass", "", found["metadata"]["name"], {"conditions": render_conditions([condition], found)})


def _tell_gateway(
    gateway: Object, listeners: tuple[Listener, ...], attached: Mapping[tuple[tuple[str, str], str], int]
) -> Status:
    """Nobody gives it an address: there is no cloud, and its Service is ingress-nginx-controller."""
    bad = [each.name for each in listeners if not each.serves]
    conditions = [
        Condition("Accepted", len(bad) < len(listeners), "ListenersNotValid" if bad else "Accepted", ", ".join(bad)),
        Condition("Programmed", len(bad) < len(listeners), "Programmed" if len(bad) < len(listeners) else "Invalid"),
    ]
    told = [
        {
            "name": each.name, "supportedKinds": _SUPPORTED, "attachedRoutes": attached.get((each.gateway, each.name), 0),
            "conditions": render_conditions(each.conditions, gateway),
        }
        for each in listeners
    ]  # fmt: skip
    return Status(
        "Gateway", *name_of(gateway), {"conditions": render_conditions(conditions, gateway), "listeners": told}
    )
