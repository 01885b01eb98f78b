"""The probes of one run of a container: startup first, then readiness and liveness beside each other."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labkit.agents.kubelet.asking import ask
from labkit.agents.kubelet.ground import Ground
from labkit.agents.kubelet.probe import Limits, Verdict
from labkit.agents.kubelet.status import Box

_FIRST: Final = 0.25  # seconds from a container's start to the first question
# What is not ready then is asked once more out of turn: the real one does so when it has seen, a second later, that the container
# runs (prober_manager.go, UpdatePodStatus).
_SECOND: Final = 1.25


@dataclass(frozen=True)
class Patient:
    """A container that is asked. `changed`: its box says something new; `kill`: end it, and say why."""

    box: Box
    container: Mapping[str, Any]
    reference: Mapping[str, Any]
    address: str
    changed: Callable[[], None]
    kill: Callable[[str], None]


class Prober:
    """Runs until it is stopped. `since`: when the container started, by the loop's clock."""

    def __init__(self, ground: Ground, patient: Patient) -> None:
        self._ground = ground
        self._patient = patient
        self._since = asyncio.get_running_loop().time()
        self._tasks: list[asyncio.Task[None]] = []
        self._start(self._run())

    def stop(self) -> None:
        """Ask no more."""
        for task in self._tasks:
            task.cancel()

    async def _run(self) -> None:
        box, container = self._patient.box, self._patient.container
        if not box.started and container.get("startupProbe"):
            await self._repeat("startup", container["startupProbe"])
        box.started = True
        if not container.get("readinessProbe"):
            box.ready = True
        self._patient.changed()
        for kind in ("readiness", "liveness"):
            if container.get(f"{kind}Probe"):
                self._start(self._repeat(kind, container[f"{kind}Probe"]))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(_say_trouble)
        self._tasks.append(task)

    async def _repeat(self, kind: str, probe: Mapping[str, Any]) -> None:
        """Ask in the probe's period; a startup probe until it has succeeded."""
        limits = Limits.parse(probe)
        verdict = Verdict(limits)
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(self._since + max(limits.delay, _FIRST) - loop.time(), 0))
        while True:
            began = loop.time()
            at = (self._patient.box.id, self._patient.address)
            good, said = await ask(self._ground, probe, self._patient.container, at, limits.timeout)
            if not good:
                self._ground.record(
                    self._patient.reference, "Unhealthy", f"{kind.capitalize()} probe failed: {said}", warning=True
                )
            if verdict.take(passed=good) and self._conclude(kind, good=good):
                return
            early = kind == "readiness" and not good and began < self._since + _SECOND
            due = min(self._since + _SECOND, began + limits.period) if early else began + limits.period
            await asyncio.sleep(max(due - loop.time(), 0))

    def _conclude(self, kind: str, *, good: bool) -> bool:
        """Whether this probe has done its work."""
        if kind == "readiness":
            self._patient.box.ready = good
            self._patient.changed()
        elif not good:
            self._patient.kill(f"Container {self._patient.box.name} failed {kind} probe")
            return True
        return kind == "startup"


def _say_trouble(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        traceback.print_exception(error)
