"""What all of a kubelet's parts stand on: settings, the API, what keeps the containers, the CNI runtime; and threads for what blocks."""

from __future__ import annotations

import asyncio
import base64
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from labkit.agents.containers.client import Containers
from labkit.agents.kubelet.settings import Settings
from labkit.cni.runtime import Runtime
from labkit.kube.api import Api
from labkit.kube.errors import KubeError, MissingError
from labkit.kube.events import Recorder
from labkit.timing import scale

T = TypeVar("T")
_AT_ONCE: Final = 8
_SECONDS: Final = 2.0
_AGAIN: Final = 0.02
_FORBIDDEN: Final = 403


def say(text: str) -> None:
    """One line of kubelet's log."""
    print(f"kubelet: {text}", file=sys.stderr, flush=True)


def insist(work: Callable[..., T], *words: Any) -> T:
    """Ask again, for a while, what is forbidden: the API server learns a moment later than kubelet which pods are this node's."""
    deadline, pause = time.monotonic() + scale(_SECONDS), threading.Event()
    while True:
        try:
            return work(*words)
        except KubeError as error:
            if error.code != _FORBIDDEN or time.monotonic() > deadline:
                raise
            pause.wait(_AGAIN)


@dataclass
class Ground:
    """`services`: the cluster's, as they are known; `node_uid`: what events about the node are filed under."""

    settings: Settings
    api: Api
    containers: Containers
    runtime: Runtime
    services: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_AT_ONCE, "kubelet"))
    writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "events"))  # in their order
    host: str = ""  # resolv.conf of the node

    def __post_init__(self) -> None:
        self.recorder = Recorder(self.api, "kubelet", self.settings.node)

    async def do(self, work: Callable[..., T], *words: Any, **options: Any) -> T:
        """In a thread: whatever may wait for somebody."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, lambda: work(*words, **options))

    def record(self, about: Mapping[str, Any], reason: str, message: str, *, warning: bool = False) -> None:
        """An event; it is written by and by."""
        kind = "Warning" if warning else "Normal"
        self.writer.submit(self.recorder.record, about, reason, message, kind=kind)

    def read_files(self, namespace: str, kind: str, name: str) -> dict[str, bytes] | None:
        """What a ConfigMap or Secret has, None if there is none. Raises KubeError."""
        try:
            found = insist(self.api.get, kind, name, namespace)
        except MissingError:
            return None
        plain, coded = (found.get("data") or {}), (found.get("binaryData") or {})
        if kind == "Secret":
            plain, coded = {}, plain
        return {key: value.encode() for key, value in plain.items()} | {
            key: base64.b64decode(value) for key, value in coded.items()
        }

    def read_text(self, namespace: str, kind: str, name: str) -> dict[str, str] | None:
        """The same as text, for variables."""
        found = self.read_files(namespace, kind, name)
        return None if found is None else {key: value.decode(errors="replace") for key, value in found.items()}
