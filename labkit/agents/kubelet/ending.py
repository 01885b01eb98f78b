"""Ending containers: preStop, the signal, patience, the last signal (kuberuntime_container.go, killContainer)."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Final

from labkit.agents.kubelet.asking import ask
from labkit.agents.kubelet.status import MAIN, SIDECAR, Box
from labkit.errors import LabkitError

if TYPE_CHECKING:  # a worker ends its containers by this file
    from labkit.agents.kubelet.worker import Worker

_LEAST: Final = 2.0  # seconds that a container always has


async def kill_container(worker: Worker, box: Box, message: str, grace: float) -> None:
    """Ends when the container has."""
    if not box.running:
        return
    ended, ground = worker.watch_end(box), worker.ground
    ground.record(worker.maker.reference(box), "Killing", message)
    began = asyncio.get_running_loop().time()
    await _run_pre_stop(worker, box, grace)
    left = max(grace - (asyncio.get_running_loop().time() - began), _LEAST)
    with contextlib.suppress(LabkitError):
        await ground.do(ground.containers.signal, box.id, signal.SIGTERM)
    try:
        async with asyncio.timeout(left):
            await ended.wait()
    except TimeoutError:
        with contextlib.suppress(LabkitError):
            await ground.do(ground.containers.kill, box.id)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LEAST):
                await ended.wait()


async def _run_pre_stop(worker: Worker, box: Box, grace: float) -> None:
    container = worker.maker.find_container(box.name)
    hook = (container.get("lifecycle") or {}).get("preStop")
    if not hook or not grace:
        return
    if "sleep" in hook:
        await asyncio.sleep(min(float(hook["sleep"]["seconds"]), grace))
        return
    good, said = await ask(worker.ground, hook, container, (box.id, worker.address), grace)
    if not good:
        worker.ground.record(
            worker.maker.reference(box), "FailedPreStopHook", f"PreStopHook failed: {said}", warning=True
        )


async def end_containers(worker: Worker, grace: float) -> None:
    """All of a pod: the main ones at the same time, then the sidecars, the last first."""
    boxes = worker.kept.boxes
    await asyncio.gather(*(_stop(worker, box, grace) for box in boxes if box.role != SIDECAR))
    for box in reversed([box for box in boxes if box.role == SIDECAR]):
        await _stop(worker, box, grace)


async def _stop(worker: Worker, box: Box, grace: float) -> None:
    await kill_container(worker, box, f"Stopping container {box.name}", grace)
    if "waiting" in box.state and box.role == MAIN:  # it never ran, or waited for its restart
        box.state = box.last or {
            "terminated": {
                "exitCode": 137,
                "reason": "ContainerStatusUnknown",
                "message": "The container could not be located when the pod was terminated",
            }
        }
    box.ready = False
