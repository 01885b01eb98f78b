"""The Node object: made or taken over, its status kept, its lease renewed (kubelet_node_status.go, nodestatus/setters.go)."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from labkit.agents.kubelet.ground import Ground, say
from labkit.agents.kubelet.images import IMAGES, parse_name
from labkit.agents.kubelet.settings import VERSION, Settings
from labkit.agents.kubelet.status import merge_conditions
from labkit.cni.conf import FOLDER, choose_conf, parse_conf
from labkit.cni.errors import CniError
from labkit.kube.errors import ConflictError, KubeError, MissingError
from labkit.kube.events import render_time

_LEASES: Final = "kube-node-lease"
_LEASE: Final = 40  # seconds that it is good for
_RENEW: Final = 10.0
_LOOK: Final = 0.5  # seconds between two looks at /etc/cni/net.d
_FIRST_LOOK: Final = 0.1  # as long as the API server does not know the node
_REPORT: Final = 300.0  # seconds after which the status is written again although nothing changed
NO_NETWORK: Final = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)


def read_network_problem(folder: str = FOLDER) -> str:
    """Why pods can't have a network yet, in kubelet's words; "" when they can."""
    try:
        name = choose_conf(os.listdir(folder))  # noqa: PTH208 - names are wanted
        parse_conf(Path(folder, name).read_text(encoding="utf-8"), file=name)
    except (OSError, CniError):  # containerd passes over a broken file, too, and says only this
        return NO_NETWORK
    return ""


def plan_node(settings: Settings) -> dict[str, Any]:
    """The object as it is made where there is none."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    labels = {"kubernetes.io/hostname": settings.node, "kubernetes.io/os": "linux", "kubernetes.io/arch": machine}
    labels |= {"beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": machine}
    note = {"volumes.kubernetes.io/controller-managed-attach-detach": "true"}
    return {"metadata": {"name": settings.node, "labels": labels, "annotations": note}, "spec": {}}


def plan_resources(settings: Settings) -> dict[str, str]:
    """Capacity and allocatable: this machine's, which all nodes of a lab share."""
    memory = next(
        line.split()[1]
        for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("MemTotal")
    )
    return {
        "cpu": str(os.cpu_count() or 1), "memory": f"{memory}Ki", "pods": str(settings.max_pods),
        "ephemeral-storage": "20Gi", "hugepages-2Mi": "0",
    }  # fmt: skip


def plan_info() -> dict[str, Any]:
    """nodeInfo. The container runtime says what this is."""
    release = (
        Path("/etc/os-release").read_text(encoding="utf-8").splitlines() if Path("/etc/os-release").exists() else []
    )
    names = dict(line.split("=", 1) for line in release if "=" in line)
    machine = Path("/etc/machine-id").read_text(encoding="utf-8").strip() if Path("/etc/machine-id").exists() else ""
    return {
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine()),
        "bootID": Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip(),
        "containerRuntimeVersion": "labkit://1 (processes of this machine)", "kernelVersion": platform.release(),
        "kubeProxyVersion": "", "kubeletVersion": VERSION, "machineID": machine, "operatingSystem": "linux",
        "osImage": names.get("PRETTY_NAME", "Linux").strip('"'), "systemUUID": machine,
    }  # fmt: skip


def plan_conditions(problem: str, old: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Ready comes last, as kubelet has it."""
    well = (
        ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    )
    new = [{"type": kind, "status": "False", "reason": reason, "message": message} for kind, reason, message in well]
    ready = {"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": problem}
    if not problem:
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "KubeletReady",
            "message": "kubelet is posting ready status",
        }
    now = render_time()
    merged = merge_conditions(old, [*new, ready], now)
    kept = {each["type"] for each in (*new, ready)}
    for each in merged:
        each.pop("lastProbeTime", None)
        if each["type"] in kept:
            each["lastHeartbeatTime"] = now
    return sorted(merged, key=lambda each: each["type"] == "Ready")


def plan_status(settings: Settings, problem: str, old: Mapping[str, Any]) -> dict[str, Any]:
    """The whole status."""
    resources = plan_resources(settings)
    images = [{"names": [parse_name(name)[0]], "sizeBytes": image.size} for name, image in sorted(IMAGES.items())]
    return {
        "addresses": [{"type": "InternalIP", "address": settings.address}, {"type": "Hostname", "address": settings.node}],
        "capacity": resources, "allocatable": resources, "conditions": plan_conditions(problem, old.get("conditions") or ()),
        "daemonEndpoints": {"kubeletEndpoint": {"Port": settings.port}}, "nodeInfo": plan_info(), "images": images,
    }  # fmt: skip


class NodeKeeper:
    """Keeps this node's object as long as it runs."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._uid = ""
        self._problem: str | None = None
        self._said: dict[str, str] = {}

    async def run(self) -> None:
        """For ever."""
        loop = asyncio.get_running_loop()
        renewed = reported = float("-inf")
        while True:
            now, problem = loop.time(), read_network_problem()
            try:
                if problem != self._problem or now - reported > _REPORT:
                    await self._report(problem)
                    reported = now
                if now - renewed > _RENEW:
                    await self._ground.do(self._renew)
                    renewed = now
                self._said.clear()
            except KubeError as error:
                if self._said.get("trouble") != error.message:
                    say(error.message)
                self._said["trouble"] = error.message
                renewed = now - _RENEW + 1  # a second later again
            await asyncio.sleep(_LOOK if self._problem is not None else _FIRST_LOOK)

    async def _report(self, problem: str) -> None:
        node = await self._ground.do(self._ensure_node)
        first = self._problem is None
        was = next(
            (each for each in (node.get("status") or {}).get("conditions") or () if each["type"] == "Ready"), None
        )
        status = plan_status(self._ground.settings, problem, node.get("status") or {})
        await self._ground.do(
            self._ground.api.patch, "Node", self._ground.settings.node, {"status": status}, action="status"
        )
        self._problem = problem
        if first:
            self._record("Starting", "Starting kubelet.")
        if was is not None and was["status"] != ("False" if problem else "True"):
            word = "NodeNotReady" if problem else "NodeReady"
            self._record(word, f"Node {self._ground.settings.node} status is now: {word}")

    def _record(self, reason: str, message: str) -> None:
        name = self._ground.settings.node
        self._ground.record({"kind": "Node", "name": name, "uid": name}, reason, message)

    def _ensure_node(self) -> dict[str, Any]:
        settings, api = self._ground.settings, self._ground.api
        wanted = plan_node(settings)
        try:
            node = api.get("Node", settings.node)
        except MissingError:
            if not settings.registers:
                raise
            try:
                node = api.create("Node", wanted)
                say(f"registered node {settings.node}")
            except ConflictError:
                node = api.get("Node", settings.node)
        labels = node["metadata"].get("labels") or {}
        if any(labels.get(key) != value for key, value in wanted["metadata"]["labels"].items()):
            node = api.patch("Node", settings.node, {"metadata": wanted["metadata"]})
        self._uid = node["metadata"]["uid"]
        return node

    def _renew(self) -> None:
        """Other than time itself: it is this that the node controller looks at."""
        import datetime as dt

        name, api = self._ground.settings.node, self._ground.api
        spec = {
            "holderIdentity": name, "leaseDurationSeconds": _LEASE,
            "renewTime": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }  # fmt: skip
        try:
            api.patch("Lease", name, {"spec": spec}, _LEASES)
        except MissingError:
            owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": self._uid}
            api.create(
                "Lease",
                {"metadata": {"name": name, "namespace": _LEASES, "ownerReferences": [owner]}, "spec": spec},
                _LEASES,
            )
