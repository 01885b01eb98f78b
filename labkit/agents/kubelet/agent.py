"""kubelet: one process a node. Watches the pods that are bound to it, and has a worker for each."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from labkit.agents.containers.client import ContainerError, Containers, ensure_server, parse_ended
from labkit.agents.kit.background import hold_pid_file
from labkit.agents.kubelet import preload  # noqa: F401
from labkit.agents.kubelet.ground import Ground, say
from labkit.agents.kubelet.node import NodeKeeper
from labkit.agents.kubelet.record import Kept, list_kept
from labkit.agents.kubelet.sandbox import Here, plan_name
from labkit.agents.kubelet.server import start_server
from labkit.agents.kubelet.settings import Settings, find_address, parse_settings, read_config
from labkit.agents.kubelet.status import plan_boxes
from labkit.agents.kubelet.worker import Worker
from labkit.cni.runtime import Runtime
from labkit.errors import LabkitError
from labkit.kube import Change, follow, open_api

PID: Final = Path("/run/kubelet/kubelet.pid")


def main() -> int:
    """Options as kubelet's. What runs goes on when it ends, and the next one takes it over."""
    try:
        config = next((word.partition("=")[2] for word in sys.argv if word.startswith("--config=")), "")
        settings = parse_settings(sys.argv[1:], read_config(config or "/var/lib/kubelet/config.yaml"))
        ensure_server()  # first: it goes on, and would hold the lock
        with hold_pid_file(PID):
            asyncio.run(run_kubelet(complete(settings)))
    except LabkitError as error:
        say(f"{error.message}" + (f" ({error.hint})" if error.hint else ""))
        return 1
    except (KeyboardInterrupt, SystemExit, asyncio.CancelledError):
        pass
    return 0


def complete(settings: Settings) -> Settings:
    """With the node's own address where none is said."""
    from dataclasses import replace

    return settings if settings.address else replace(settings, address=find_address())


async def run_kubelet(settings: Settings) -> None:
    """For ever, or until SIGTERM."""
    say(f"a stand-in of this course for Kubernetes' kubelet; node {settings.node}, address {settings.address}")
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    api = open_api(settings.kubeconfig)
    ground = Ground(settings, api, Containers(), Runtime(Here(settings.node)))
    kubelet = Kubelet(ground)
    kubelet.listen_to_containers()
    await start_server(kubelet)
    _start_following(loop, lambda: follow(api, "Service", say=say), kubelet.take_service)
    _start_following(
        loop, lambda: follow(api, "Pod", fields=f"spec.nodeName={settings.node}", say=say), kubelet.take_pod
    )
    await NodeKeeper(ground).run()


def _start_following(
    loop: asyncio.AbstractEventLoop, changes: Callable[[], Any], take: Callable[[Change], None]
) -> None:
    """In a thread that ends with the process."""

    def run() -> None:
        for change in changes():
            loop.call_soon_threadsafe(take, change)

    threading.Thread(target=run, daemon=True, name="follow").start()


class Kubelet:
    """The pods of this node."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.workers: dict[str, Worker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._former: dict[str, Kept] | None = list_kept()

    def take_service(self, change: Change) -> None:
        """The services as they are, for the variables of containers."""
        if change.event == "LISTED":
            self.ground.services = {_key(each): each for each in change.objects}
        elif change.event == "DELETED":
            self.ground.services.pop(_key(change.object), None)
        else:
            self.ground.services[_key(change.object)] = change.object

    def take_pod(self, change: Change) -> None:
        """A pod came, changed or went; or all that there are."""
        if change.event == "LISTED":
            self._take_all(change)
        elif change.event == "DELETED":
            if worker := self.workers.get(change.object["metadata"]["uid"]):
                worker.lose()
        else:
            self._take_one(change.object)

    def _take_all(self, change: Change) -> None:
        known = {each["metadata"]["uid"] for each in change.objects}
        former, self._former = self._former or {}, None
        lives = self._list_lives() if former else {}
        for each in change.objects:
            self._take_one(each, former.get(each["metadata"]["uid"]), lives)
        for uid, kept in former.items():
            if uid not in known:  # it was deleted while no kubelet ran
                self._add(kept, lives).lose()
        for uid, worker in self.workers.items():
            if uid not in known and uid not in former:
                worker.lose()

    def _list_lives(self) -> dict[str, Any]:
        try:
            return self.ground.containers.list_lives()
        except ContainerError as error:
            say(error.message)
            return {}

    def _take_one(self, pod: dict[str, Any], kept: Kept | None = None, lives: dict[str, Any] | None = None) -> None:
        uid = pod["metadata"]["uid"]
        if uid in self.workers:
            self.workers[uid].take(pod)
            return
        phase = (pod.get("status") or {}).get("phase")
        if kept is None and phase in ("Succeeded", "Failed") and not pod["metadata"].get("deletionTimestamp"):
            return
        if kept:
            kept.pod = pod
        self._add(kept or Kept(pod, plan_boxes(pod)), lives or {})

    def _add(self, kept: Kept, lives: dict[str, Any]) -> Worker:
        """Pods of one name come after each other: they have one machine's name."""
        same = [task for uid, task in self._tasks.items() if plan_name(self.workers[uid].pod) == plan_name(kept.pod)]
        worker = Worker(self.ground, kept)
        worker.adopt(lives)
        self.workers[kept.uid] = worker
        self._tasks[kept.uid] = asyncio.create_task(self._run(worker, same))
        return worker

    async def _run(self, worker: Worker, before: list[asyncio.Task[None]]) -> None:
        try:
            if before:
                await asyncio.wait(before)
            await worker.run()
        except Exception:  # noqa: BLE001 - said in the log; the others go on
            traceback.print_exc()
        finally:
            self.workers.pop(worker.kept.uid, None)
            self._tasks.pop(worker.kept.uid, None)

    def find_worker(self, namespace: str, name: str) -> Worker | None:
        """Of the pod of this name."""
        for worker in self.workers.values():
            metadata = worker.pod["metadata"]
            if (metadata["namespace"], metadata["name"]) == (namespace, name):
                return worker
        return None

    def listen_to_containers(self) -> None:
        """Be told of every container that ends."""
        connection = self.ground.containers.watch()
        connection.setblocking(False)
        loop = asyncio.get_running_loop()

        def read() -> None:
            try:
                packet = connection.recv(1 << 16)
            except BlockingIOError:
                return
            if not packet:
                loop.remove_reader(connection)
                say("what keeps the containers is gone, and they with it")
                sys.exit(1)
            life = parse_ended(packet)
            any(worker.end(life) for worker in list(self.workers.values()))

        loop.add_reader(connection, read)


def _key(each: dict[str, Any]) -> str:
    return f"{each['metadata']['namespace']}/{each['metadata']['name']}"
