"""What the controller says: lines of its log, and Events, which a thread of its own writes so that no reload waits for them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Mapping
from typing import Any, Final

from labkit.agents.ingress.klog import say
from labkit.agents.ingress.model import Trouble
from labkit.kube import Api, Recorder

COMPONENT: Final = "nginx-ingress-controller"
_VERSIONS: Final = {"Ingress": "networking.k8s.io/v1", "Pod": "v1"}


class Teller:
    """`pod`: this controller's own, for Events about reloads."""

    def __init__(self, api: Api, pod: Mapping[str, Any]) -> None:
        self._recorder = Recorder(api, COMPONENT)
        self._pod = pod["metadata"]
        self._queue: queue.SimpleQueue[tuple[dict[str, str], str, str, str]] = queue.SimpleQueue()
        self._told: set[Trouble] = set()
        threading.Thread(target=self._write, daemon=True).start()

    def tell(self, about: tuple[str, str, str, str], reason: str, message: str, kind: str = "Normal") -> None:
        """An Event."""
        named = dict(zip(("kind", "namespace", "name", "uid"), about, strict=True))
        self._queue.put(({**named, "apiVersion": _VERSIONS.get(about[0], "v1")}, reason, message, kind))

    def tell_pod(self, message: str, kind: str = "Normal") -> None:
        """RELOAD, on this controller's pod."""
        metadata = self._pod
        self.tell(("Pod", metadata["namespace"], metadata["name"], metadata["uid"]), "RELOAD", message, kind)

    def tell_troubles(self, troubles: Iterable[Trouble]) -> None:
        """Each once, until it is gone; as a line of the log and as an Event."""
        now = set(troubles)
        for trouble in sorted(now - self._told, key=lambda each: (each.about, each.message)):
            kind, namespace, name, _ = trouble.about
            say("controller.go:188", f"{kind} {namespace}/{name}: {trouble.message}", "W")
            self.tell(trouble.about, trouble.reason, trouble.message, "Warning")
        self._told = now

    def _write(self) -> None:
        while True:
            about, reason, message, kind = self._queue.get()
            self._recorder.record(about, reason, message, kind=kind)
