"""The kinds of Gateway API as far as they are served, as values; constants in the specification's words (v1.4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from labkit.agents.ingress.backends import Backend
from labkit.agents.ingress.model import Location

GROUP: Final = "gateway.networking.k8s.io"
CONTROLLER: Final = "labkit.example/nginx-gateway"  # what a GatewayClass has to name
KINDS: Final = ("Gateway", "HTTPRoute", "ReferenceGrant", "Namespace")  # and, before them, GatewayClass
PORTS: Final = {"HTTP": 80, "HTTPS": 443}  # nginx listens on no others

Object = Mapping[str, Any]
Objects = Mapping[tuple[str, str], Object]


@dataclass(frozen=True)
class Found:
    """All objects that matter. `namespaces`: name -> labels; `refused`: HTTPRoutes by uid and version -> nginx's words."""

    classes: Collection[Object] = ()
    gateways: Collection[Object] = ()
    routes: Collection[Object] = ()
    grants: Collection[Object] = ()
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    services: Objects = field(default_factory=dict)
    secrets: Objects = field(default_factory=dict)
    refused: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """One line of a status; `holds`: its status."""

    type: str
    holds: bool
    reason: str
    message: str = ""


@dataclass(frozen=True)
class Status:
    """What shall stand in an object's status; conditions in it as dicts without times."""

    kind: str
    namespace: str
    name: str
    status: Mapping[str, Any]


@dataclass(frozen=True)
class Listener:
    """`host`: empty for all; `certificate`: (name, PEM); `routes`: allowedRoutes; `problems`: conditions that do not hold."""

    gateway: tuple[str, str]
    name: str
    host: str
    port: int
    protocol: str
    allowed: Mapping[str, Any]
    certificate: tuple[str, str] = ("", "")
    conditions: tuple[Condition, ...] = ()

    @property
    def serves(self) -> bool:
        """Whether nginx listens for it."""
        return all(each.holds for each in self.conditions if each.type in ("Accepted", "Programmed"))


@dataclass(frozen=True)
class Site:
    """What one host has on one port."""

    locations: tuple[Location, ...] = ()
    certificate: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Plan:
    """`sites` by host (`_` for all) and port; `backends`: whose pods are needed."""

    sites: Mapping[tuple[str, int], Site] = field(default_factory=dict)
    backends: tuple[Backend, ...] = ()
    statuses: tuple[Status, ...] = ()


def name_of(found: Object) -> tuple[str, str]:
    """Namespace and name."""
    return found["metadata"].get("namespace", ""), found["metadata"]["name"]


def render_conditions(conditions: Collection[Condition], found: Object) -> list[dict[str, Any]]:
    """As they stand in a status, of the generation that was looked at."""
    return [
        {
            "type": each.type, "status": "True" if each.holds else "False", "reason": each.reason, "message": each.message,
            "observedGeneration": found["metadata"].get("generation", 0),
        }
        for each in conditions
    ]  # fmt: skip
