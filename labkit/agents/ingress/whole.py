"""Ingresses and Gateway API's objects together: what nginx serves for all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from labkit.agents.ingress.gateway import values
from labkit.agents.ingress.gateway.joining import join_servers
from labkit.agents.ingress.gateway.planning import plan_gateways
from labkit.agents.ingress.gateway.values import Status
from labkit.agents.ingress.model import Model
from labkit.agents.ingress.planning import Found, plan_model

Object = Mapping[str, Any]
Version = tuple[str, str]  # uid and resourceVersion


@dataclass(frozen=True)
class Whole:
    """All objects that matter."""

    ingress: Found = Found()  # noqa: RUF009 - it is frozen
    gateway: values.Found = values.Found()  # noqa: RUF009

    def list_sources(self) -> list[Object]:
        """What locations come from: Ingresses and HTTPRoutes."""
        return [*self.ingress.ingresses, *self.gateway.routes]

    def keep(self, sources: Collection[Object]) -> Whole:
        """With these of its sources only."""
        kept = {find_version(each) for each in sources}
        ingresses = [each for each in self.ingress.ingresses if find_version(each) in kept]
        routes = [each for each in self.gateway.routes if find_version(each) in kept]
        return Whole(replace(self.ingress, ingresses=ingresses), replace(self.gateway, routes=routes))


def find_version(found: Object) -> Version:
    """Which object it is, and in which state."""
    return found["metadata"].get("uid", ""), found["metadata"].get("resourceVersion", "")


def plan_whole(whole: Whole) -> tuple[Model, tuple[Status, ...]]:
    """The model, and what stands in the statuses of Gateway API's objects."""
    plan = plan_gateways(whole.gateway)
    model = plan_model(whole.ingress, plan.backends)
    return replace(model, servers=join_servers(model.servers, plan.sites)), plan.statuses
