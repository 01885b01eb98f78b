"""Statuses of Gateway API's objects: written when they are not as they should be, by a thread, so that no reload waits for them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from labkit.agents.ingress.gateway.values import CONTROLLER, Status
from labkit.agents.ingress.klog import say
from labkit.kube import Api, KubeError, Mirror
from labkit.kube.events import render_time

_NEVER = "1970-01-01T00:00:00Z"


class Writer:
    """`mirror`: what the objects say now."""

    def __init__(self, api: Api, mirror: Mirror) -> None:
        self._api = api
        self._mirror = mirror
        self._queue: queue.SimpleQueue[Status] = queue.SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def write(self, statuses: Iterable[Status]) -> None:
        """Those that are not so yet."""
        for each in statuses:
            self._queue.put(each)

    def _run(self) -> None:
        while True:
            wanted = self._queue.get()
            found = self._mirror.read(wanted.kind).get((wanted.namespace, wanted.name))
            change = plan_change(found.get("status") or {}, wanted.status, render_time()) if found else None
            if change is None:
                continue
            try:
                self._api.patch(wanted.kind, wanted.name, {"status": change}, wanted.namespace, action="status")
            except KubeError as error:  # it changed meanwhile: the next round knows
                say("status.go:267", error.message, "W")


def plan_change(now: Mapping[str, Any], wanted: Mapping[str, Any], moment: str) -> dict[str, Any] | None:
    """The status to write, None when it is there; a condition that stays what it is keeps its time. Other controllers' parents stay."""
    change = _time(wanted, now, moment)
    if "parents" in change:
        others = [each for each in now.get("parents") or () if each.get("controllerName") != CONTROLLER]
        change["parents"] = [*others, *change["parents"]]
    return None if all(now.get(key) == value for key, value in change.items()) else change


def _time(wanted: Any, now: Any, moment: str) -> Any:
    """`wanted` with times in all its conditions, taken from `now` where that says the same."""
    if isinstance(wanted, Mapping):
        before = now if isinstance(now, Mapping) else {}
        return {
            key: _time_conditions(value, before.get(key), moment)
            if key == "conditions"
            else _time(value, before.get(key), moment)
            for key, value in wanted.items()
        }
    if isinstance(wanted, list):
        return [_time(each, _find_alike(each, now), moment) for each in wanted]
    return wanted


def _find_alike(wanted: Any, now: Any) -> Any:
    """The listener of that name, the parent of that reference."""
    for each in now if isinstance(now, list) else ():
        if all(isinstance(side, Mapping) for side in (each, wanted)) and all(
            each.get(key) == wanted.get(key) for key in ("name", "parentRef", "controllerName")
        ):
            return each
    return {}


def _time_conditions(wanted: list[dict[str, Any]], now: Any, moment: str) -> list[dict[str, Any]]:
    times = {(each.get("type"), each.get("status")): each.get("lastTransitionTime", _NEVER) for each in now or ()}
    return [{**each, "lastTransitionTime": times.get((each["type"], each["status"]), moment)} for each in wanted]
