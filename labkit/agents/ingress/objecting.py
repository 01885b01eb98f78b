"""What is to be said against an Ingress before it is there (ingress-nginx 1.5.1, controller.go CheckIngress)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from labkit.agents.ingress.model import Model
from labkit.agents.ingress.parsing import INVALID, name_object, parse_ingress
from labkit.agents.ingress.planning import plan_model
from labkit.agents.ingress.rendering import render_conf
from labkit.agents.ingress.whole import Whole, plan_whole

Object = Mapping[str, Any]


def find_objection(ingress: Object, whole: Whole, refusal_of: Callable[[str], str]) -> str:
    """Empty when it may be taken. `refusal_of`: what nginx has against a configuration."""
    _, troubles = parse_ingress(ingress)
    for trouble in troubles:
        if trouble.reason in INVALID:
            return trouble.message
    found = whole.ingress
    others = [each for each in found.ingresses if name_object(each)[1:3] != name_object(ingress)[1:3]]
    overlap = find_overlap(ingress, plan_model(replace(found, ingresses=others)))
    return overlap or refusal_of(_render_trial(replace(whole, ingress=replace(found, ingresses=[*others, ingress]))))


def _render_trial(whole: Whole) -> str:
    """Without certificates: their files are written when the configuration comes into force."""
    bare = Whole(replace(whole.ingress, secrets={}), replace(whole.gateway, secrets={}))
    return render_conf(plan_whole(bare)[0])


def find_overlap(ingress: Object, model: Model) -> str:
    """Whether another Ingress has one of its hosts and paths already. `model`: without this one."""
    taken = {
        (server.host, each.origin.path): each.origin
        for server in model.servers
        for each in server.locations
        if each.origin.path and not each.is_default
    }
    for rule in ingress["spec"].get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            host, wanted = rule.get("host") or "_", path.get("path") or "/"
            if owner := taken.get((host, wanted)):
                return (
                    f'host "{host}" and path "{wanted}" is already defined in ingress {owner.namespace}/{owner.ingress}'
                )
    return ""
