"""Listeners of a Gateway: which nginx can serve, with which certificate, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.agents.ingress.certificates import CertificateError, parse_secret
from labkit.agents.ingress.gateway.granting import is_granted
from labkit.agents.ingress.gateway.values import GROUP, PORTS, Condition, Found, Listener, Object, name_of


def plan_listeners(gateway: Object, found: Found) -> tuple[Listener, ...]:
    """In their order; of two with the same port and host the later one conflicts."""
    listeners: list[Listener] = []
    for said in gateway["spec"]["listeners"]:
        place = (said["port"], said.get("hostname") or "")
        listeners.append(
            _plan_listener(gateway, said, found, taken=place in {(each.port, each.host) for each in listeners})
        )
    return tuple(listeners)


def _plan_listener(gateway: Object, said: Object, found: Found, *, taken: bool) -> Listener:
    certificate, resolved = ("", ""), _check_kinds(said)
    if resolved.holds and said["protocol"] == "HTTPS":
        certificate, resolved = _find_certificate(gateway, said, found)
    accepted = _check_port(said)
    conflict = Condition("Conflicted", taken, "HostnameConflict" if taken else "NoConflicts")
    works = accepted.holds and resolved.holds and not taken
    programmed = Condition("Programmed", works, "Programmed" if works else "Invalid")
    return Listener(
        name_of(gateway), said["name"], said.get("hostname") or "", said["port"], said["protocol"],
        said.get("allowedRoutes") or {}, certificate, (accepted, conflict, resolved, programmed),
    )  # fmt: skip


def _check_port(said: Object) -> Condition:
    protocol, port = said["protocol"], said["port"]
    if protocol not in PORTS:
        return Condition("Accepted", False, "UnsupportedProtocol", f"this controller knows {' and '.join(PORTS)}")
    if port != PORTS[protocol]:
        return Condition(
            "Accepted", False, "PortUnavailable", f"nginx listens for {protocol} on port {PORTS[protocol]} only"
        )
    return Condition("Accepted", True, "Accepted")


def _check_kinds(said: Object) -> Condition:
    kinds = (said.get("allowedRoutes") or {}).get("kinds") or [{"kind": "HTTPRoute"}]
    wrong = [each["kind"] for each in kinds if (each.get("group", GROUP), each["kind"]) != (GROUP, "HTTPRoute")]
    if wrong:
        return Condition("ResolvedRefs", False, "InvalidRouteKinds", f"{wrong[0]}: only HTTPRoutes are served")
    return Condition("ResolvedRefs", True, "ResolvedRefs")


def _find_certificate(gateway: Object, said: Object, found: Found) -> tuple[tuple[str, str], Condition]:
    """(name, PEM) of the first reference; others are not looked at."""
    tls = said.get("tls") or {}
    references = tls.get("certificateRefs") or ()
    if not references or tls.get("mode", "Terminate") != "Terminate":
        why = "TLS ends here (Terminate), and certificateRefs has to name a Secret"
        return ("", ""), Condition("ResolvedRefs", False, "InvalidCertificateRef", why)
    own = gateway["metadata"]["namespace"]
    target = (references[0].get("namespace") or own, references[0]["name"])
    if not is_granted(found.grants, ("Gateway", own), "Secret", target):
        why = f"no ReferenceGrant in {target[0]} lets Gateways of {own} refer to Secret {target[1]}"
        return ("", ""), Condition("ResolvedRefs", False, "RefNotPermitted", why)
    if target not in found.secrets:
        why = f"there is no Secret {target[0]}/{target[1]}"
        return ("", ""), Condition("ResolvedRefs", False, "InvalidCertificateRef", why)
    try:
        pem = parse_secret(found.secrets[target]).pem
    except CertificateError as error:
        return ("", ""), Condition("ResolvedRefs", False, "InvalidCertificateRef", str(error))
    return (f"{target[0]}-{target[1]}", pem), Condition("ResolvedRefs", True, "ResolvedRefs")


def list_hosts(listener: str, route: list[str]) -> Iterator[str]:
    """Hosts that a listener's and a route's hostnames have in common; empty means all, `_` here."""
    for host in route or [""]:
        if not host or not listener:
            yield host or listener or "_"
        elif listener == host or _covers(listener, host):
            yield host
        elif _covers(host, listener):
            yield listener


def _covers(wide: str, narrow: str) -> bool:
    """A star stands for one label or more."""
    return wide.startswith("*.") and narrow.endswith(wide[1:]) and narrow != wide
