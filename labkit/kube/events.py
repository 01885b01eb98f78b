"""Events, as `kubectl describe` lists them: the same thing again is counted, not written again (client-go, record.EventCorrelator)."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Mapping
from typing import Any, Final

from labkit.kube.api import Api
from labkit.kube.errors import KubeError, MissingError

_REMEMBERED: Final = 1000


def render_time(moment: dt.datetime | None = None) -> str:
    """metav1.Time: seconds, UTC."""
    return (moment or dt.datetime.now(dt.UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Recorder:
    """Writes events for one component, such as the kubelet of a node. Never raises: an event that can't be written is lost."""

    def __init__(self, api: Api, component: str, host: str = "") -> None:
        self._api = api
        self._source = {"component": component} | ({"host": host} if host else {})
        self._known: dict[tuple[str, ...], tuple[str, int]] = {}
        self._lock = threading.Lock()

    def record(self, about: Mapping[str, Any], reason: str, message: str, *, kind: str = "Normal") -> None:
        """`about`: an object reference (kind, namespace, name, uid, fieldPath)."""
        key = (
            *(str(about.get(word, "")) for word in ("kind", "namespace", "name", "uid", "fieldPath")),
            kind,
            reason,
            message,
        )
        try:
            with self._lock:
                self._write(key, about, render_event(about, reason, message, kind, self._source))
        except KubeError:
            return

    def _write(self, key: tuple[str, ...], about: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        namespace = about.get("namespace") or "default"
        if key in self._known:
            name, count = self._known[key]
            change = {"count": count + 1, "lastTimestamp": event["lastTimestamp"], "message": event["message"]}
            try:
                self._api.patch("Event", name, change, namespace)
            except MissingError:  # the API server forgets events after an hour
                del self._known[key]
            else:
                self._known[key] = (name, count + 1)
                return
        made = self._api.create("Event", event, namespace)
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        self._known[key] = (made["metadata"]["name"], 1)


def render_event(
    about: Mapping[str, Any], reason: str, message: str, kind: str, source: Mapping[str, str]
) -> dict[str, Any]:
    """The object, named as client-go names it: the object's name and a number."""
    now = render_time()
    return {
        "metadata": {
            "name": f"{about['name']}.{time.time_ns():x}", "namespace": about.get("namespace") or "default",
        },
        "involvedObject": {"apiVersion": "v1", **about},
        "reason": reason, "message": message, "type": kind, "count": 1,
        "firstTimestamp": now, "lastTimestamp": now, "source": dict(source),
        "reportingComponent": source["component"], "reportingInstance": source.get("host", ""),
    }  # fmt: skip
