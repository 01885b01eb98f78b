"""One pod on this node: from its volumes to its end. Every turn brings it one step nearer to what its spec says."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Mapping
from typing import Any, Final

from labkit.agents.containers.spec import KILLED, Life
from labkit.agents.kubelet.ending import end_containers, kill_container
from labkit.agents.kubelet.environment import ConfigError
from labkit.agents.kubelet.gate import Gate
from labkit.agents.kubelet.ground import Ground, say
from labkit.agents.kubelet.making import Maker
from labkit.agents.kubelet.prober import Patient, Prober
from labkit.agents.kubelet.record import Kept
from labkit.agents.kubelet.sandbox import del_sandbox
from labkit.agents.kubelet.status import INIT, MAIN, Box, Place, plan_phase, render_status
from labkit.agents.kubelet.volumes import VolumeError
from labkit.cni.errors import CniError
from labkit.errors import LabkitError
from labkit.kube.errors import KubeError, MissingError
from labkit.kube.events import render_time

_RETRY: Final = 2.0  # seconds, where nothing else is said
_REFRESH: Final = 15.0  # seconds after which ConfigMaps and tokens are looked at again; kubelet's is a minute and more
NOT_READY: Final = (
    "network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)


class Worker:
    """`kept`: of a pod that an earlier kubelet had."""

    def __init__(self, ground: Ground, kept: Kept) -> None:
        self.ground = ground
        self.kept = kept
        self.deleting = bool(kept.pod["metadata"].get("deletionTimestamp"))
        self.grace: int | None = kept.pod["metadata"].get("deletionGracePeriodSeconds")
        self.forgotten = False  # the API has it no more
        self._wake = asyncio.Event()
        self._wait: float | None = None
        self._volumes: dict[str, str] | None = None
        self._refreshed = 0.0
        self._published: dict[str, Any] = {}
        self._probers: dict[str, Prober] = {}
        self._ends: dict[str, asyncio.Event] = {}
        self.maker = Maker(ground, kept)
        self._gate = Gate(ground, kept, self.maker, self._look_in)
        self._early: dict[str, Life] = {}  # containers that ended before their start was told of
        self._killing: set[asyncio.Task[None]] = set()

    @property
    def pod(self) -> dict[str, Any]:
        """As the API last had it."""
        return self.kept.pod

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def take(self, pod: dict[str, Any]) -> None:
        """Its object changed."""
        self.kept.pod = pod
        metadata = pod["metadata"]
        if metadata.get("deletionTimestamp"):
            self.deleting, self.grace = True, metadata.get("deletionGracePeriodSeconds")
        self.wake()

    def lose(self) -> None:
        """Its object is gone: it was deleted without grace."""
        self.forgotten = self.deleting = True
        self.grace = min(self.grace or 0, 2)
        self.wake()

    async def run(self) -> None:
        """Until nothing is left of it."""
        while True:
            self._wake.clear()
            self._wait = None
            try:
                if self.deleting:
                    await self._finish()
                    return
                await self._advance()
                await self._publish()
            except KubeError as error:
                say(f"{self._name}: {error.message}")
                self._look_in(_RETRY)
            except Exception:  # noqa: BLE001 - one pod's trouble is no other's
                traceback.print_exc()
                self._look_in(_RETRY)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._wait):
                    await self._wake.wait()

    @property
    def _name(self) -> str:
        return f"{self.pod['metadata']['namespace']}/{self.pod['metadata']['name']}"

    def _look_in(self, seconds: float) -> None:
        """The next turn comes no later."""
        self._wait = seconds if self._wait is None else min(self._wait, seconds)

    def find_box(self, name: str = "") -> Box | None:
        """A container by name; the first main one without."""
        return next((box for box in self.kept.boxes if name == box.name or (not name and box.role == MAIN)), None)

    async def _advance(self) -> None:
        if self.kept.final:
            return
        if not await self._ensure_volumes() or not await self._ensure_sandbox():
            return
        for box in self.kept.boxes:
            await self._attend(box)
            if box.role != MAIN and not box.done:
                break
        self.kept.final = self._find_final()
        if self.kept.final:
            await self._release_sandbox()

    def _find_final(self) -> str:
        phase = plan_phase(self.pod, self.kept.boxes)
        return phase if phase in ("Succeeded", "Failed") and not any(box.running for box in self.kept.boxes) else ""

    async def _ensure_volumes(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self.pod["spec"].get("volumes"):
            self._look_in(_REFRESH)
        if self._volumes is not None and now - self._refreshed < _REFRESH:
            return True
        try:
            self._volumes = await self.ground.do(self.maker.ensure_volumes)
        except VolumeError as error:
            if self._volumes is not None:  # they were there once: the containers keep what they have
                self._refreshed = now
                return True
            self.ground.record(
                self.maker.reference(), "FailedMount", f"MountVolume.SetUp failed : {error.message}", warning=True
            )
            self._look_in(_RETRY)
            return False
        self._refreshed = now
        return True

    async def _ensure_sandbox(self) -> bool:
        if self.kept.sandbox or self.pod["spec"].get("hostNetwork"):
            return True
        try:
            self.kept.sandbox = await self.ground.do(self.maker.add_sandbox)
            self.kept.write()
        except LabkitError as error:
            no_conf = isinstance(error, CniError) and "cni plugin not initialized" in error.message
            message = NOT_READY if no_conf else (
                "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "
                f'"{self.pod["metadata"]["uid"]}": {error.message}'
            )  # fmt: skip
            reason = "NetworkNotReady" if no_conf else "FailedCreatePodSandBox"
            self.ground.record(self.maker.reference(), reason, message, warning=True)
            self._look_in(_RETRY)
            return False
        return True

    async def _attend(self, box: Box) -> None:
        """Start a container that should run and doesn't."""
        if self._gate.may_start(box):
            await self._start(box)

    async def _start(self, box: Box) -> None:
        try:
            life = await self.ground.do(self.maker.start, box, dict(self._volumes or {}))
        except ConfigError as error:
            self._gate.fail(
                box, "CreateContainerConfigError", error.message, event=("Failed", f"Error: {error.message}")
            )
            return
        except LabkitError as error:
            message = f"failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: {error.message}"
            self.ground.record(self.maker.reference(box), "Failed", f"Error: {message}", warning=True)
            now = render_time()
            self._take_end(
                box,
                {
                    "exitCode": 128,
                    "reason": "StartError",
                    "message": message,
                    "startedAt": "1970-01-01T00:00:00Z",
                    "finishedAt": now,
                    "containerID": f"labkit://{box.id}",
                },
            )
            return
        self._follow(box, life)

    def _follow(self, box: Box, life: Life) -> None:
        """A container runs: ask it how it is."""
        box.state = {"running": {"startedAt": render_time_of(life.started)}}
        self._ends.setdefault(box.id, asyncio.Event())
        if early := self._early.pop(box.id, None):
            self.end(early)
            return
        if box.role == INIT:
            box.started = True
            return
        container = self.maker.find_container(box.name)
        patient = Patient(
            box,
            container,
            self.maker.reference(box),
            self.address,
            self.wake,
            lambda why: self._kill_for_restart(box, why),
        )
        self._probers[box.name] = Prober(self.ground, patient)
        if not box.started and not container.get("startupProbe"):
            box.started = True
            box.ready = not container.get("readinessProbe")

    def _kill_for_restart(self, box: Box, why: str) -> None:
        policy = self.pod["spec"].get("restartPolicy", "Always")
        message = why if policy == "Never" else f"{why}, will be restarted"
        task = asyncio.create_task(kill_container(self, box, message, self._find_grace()))
        self._killing.add(task)
        task.add_done_callback(self._killing.discard)

    def _find_grace(self) -> float:
        return float(
            self.grace if self.grace is not None else self.pod["spec"].get("terminationGracePeriodSeconds", 30)
        )

    @property
    def address(self) -> str:
        """The pod's."""
        return (
            self.kept.sandbox.addresses[0]
            if self.kept.sandbox and self.kept.sandbox.addresses
            else self.ground.settings.address
        )

    def end(self, life: Life) -> bool:
        """A container has ended; False if it is none of this pod's."""
        box = next((box for box in self.kept.boxes if box.id == life.id), None)
        if box is None:
            return False
        if not box.running:
            self._early[life.id] = life
            return True
        code = KILLED if life.status is None else life.status
        self._take_end(box, {
            "exitCode": code, "reason": "Error" if code else "Completed", "startedAt": render_time_of(life.started),
            "finishedAt": render_time_of(life.ended), "containerID": f"labkit://{life.id}",
        })  # fmt: skip
        return True

    def _take_end(self, box: Box, terminated: dict[str, Any]) -> None:
        if prober := self._probers.pop(box.name, None):
            prober.stop()
        box.state = {"terminated": terminated}
        box.started = False
        box.ready = box.role == INIT and terminated["exitCode"] == 0
        self._gate.note_end(box)
        self._ends.pop(box.id, asyncio.Event()).set()
        self.wake()

    def watch_end(self, box: Box) -> asyncio.Event:
        """Set when this run of the container has ended."""
        return self._ends.setdefault(box.id, asyncio.Event())

    def adopt(self, lives: Mapping[str, Life]) -> None:
        """After another kubelet: what runs goes on, what ended meanwhile has ended."""
        for box in self.kept.boxes:
            if not box.running:
                continue
            life = lives.get(box.id)
            if life and life.status is None:
                self._follow(box, life)
            elif life:
                self.end(life)
            else:
                self._take_end(
                    box,
                    {
                        "exitCode": KILLED,
                        "reason": "ContainerStatusUnknown",
                        "message": "The container could not be located when the pod was terminated",
                        "containerID": f"labkit://{box.id}",
                    },
                )

    async def _publish(self, *, final: str = "") -> None:
        """Tell the API, if there is something to tell."""
        self.kept.write()
        phase = final or self.kept.final
        status = render_status(self.pod, self.kept.boxes, self._place(), phase=phase)
        if self.forgotten or status == self._published:
            return
        metadata = self.pod["metadata"]
        change = {"metadata": {"uid": metadata["uid"]}, "status": status}
        try:
            shown = await self.ground.do(
                self.ground.api.patch, "Pod", metadata["name"], change, metadata["namespace"], action="status"
            )
        except MissingError:
            self.lose()
            return
        self._published = status
        if shown["metadata"].get("deletionTimestamp") and not self.deleting:
            self.take(shown)

    def _place(self) -> Place:
        sandbox, settings = self.kept.sandbox, self.ground.settings
        if self.pod["spec"].get("hostNetwork"):
            return Place(settings.address, (settings.address,), sandbox=True, since=self.kept.since)
        addresses = sandbox.addresses if sandbox else ()
        return Place(settings.address, addresses, sandbox=bool(sandbox), since=self.kept.since)

    async def _finish(self) -> None:
        """The pod's end: containers, network, volumes, and then its object."""
        for prober in self._probers.values():
            prober.stop()
        await end_containers(self, self._find_grace())
        with contextlib.suppress(KubeError):
            await self._publish()
        await self._release_sandbox()
        lives = await self.ground.do(self.ground.containers.list_lives)
        for box in self.kept.boxes:
            for name in {box.id, box.former} & lives.keys():
                with contextlib.suppress(LabkitError):
                    await self.ground.do(self.ground.containers.forget, name)
        await self._delete_object()
        self.kept.remove()

    async def _release_sandbox(self) -> None:
        if self.kept.sandbox:
            for trouble in await self.ground.do(del_sandbox, self.kept.sandbox, self.ground.runtime):
                say(f"{self._name}: {trouble}")
            self.kept.sandbox = None
            self.kept.write()

    async def _delete_object(self) -> None:
        metadata = self.pod["metadata"]
        while not self.forgotten:
            try:
                await self.ground.do(self.ground.api.delete, "Pod", metadata["name"], metadata["namespace"], grace=0)
            except MissingError:
                return
            except KubeError as error:
                say(f"{self._name}: {error.message}")
                await asyncio.sleep(_RETRY)
            else:
                return


def render_time_of(seconds: float) -> str:
    """Seconds since 1970, as Kubernetes writes them."""
    import datetime as dt

    return render_time(dt.datetime.fromtimestamp(seconds, dt.UTC))
