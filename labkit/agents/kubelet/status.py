"""A pod's status, made of what became of its containers: phase, conditions, containerStatuses (kubelet_pods.go, status/generate.go)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from labkit.kube.events import render_time

MAIN: Final = "main"
INIT: Final = "init"
SIDECAR: Final = "sidecar"  # an init container with restartPolicy Always
State = dict[str, dict[str, Any]]


@dataclass
class Box:
    """A container of a pod's spec, over all its restarts. `state`, `last`: as Kubernetes' ContainerState; `id`: of the present run."""

    name: str
    role: str
    id: str = ""
    image: str = ""
    restarts: int = 0
    state: State = field(default_factory=lambda: {"waiting": {"reason": "ContainerCreating"}})
    last: State = field(default_factory=dict)
    ready: bool = False
    started: bool = False
    former: str = ""  # the id of the run before, whose log --previous shows

    @property
    def running(self) -> bool:
        """Its program runs."""
        return "running" in self.state

    @property
    def exit_code(self) -> int | None:
        """Of an ended one, also while it waits for its restart."""
        ended = self.state.get("terminated") or ("waiting" in self.state and self.last.get("terminated")) or {}
        return ended.get("exitCode")

    @property
    def done(self) -> bool:
        """An init container that has done its work, or a sidecar that has started."""
        return self.started if self.role == SIDECAR else self.state.get("terminated", {}).get("exitCode") == 0

    def to_data(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)


def plan_boxes(pod: Mapping[str, Any]) -> list[Box]:
    """Init containers first, in their order."""
    spec = pod["spec"]
    first = [
        Box(each["name"], SIDECAR if each.get("restartPolicy") == "Always" else INIT, image=each["image"])
        for each in spec.get("initContainers") or ()
    ]
    boxes = first + [Box(each["name"], MAIN, image=each["image"]) for each in spec["containers"]]
    if first:
        for box in boxes:
            box.state = {"waiting": {"reason": "PodInitializing"}}
    return boxes


def plan_phase(pod: Mapping[str, Any], boxes: Sequence[Box]) -> str:
    """kubelet's getPhase."""
    policy = pod["spec"].get("restartPolicy", "Always")
    init = [box for box in boxes if box.role == INIT]
    main = [box for box in boxes if box.role == MAIN]
    if any(box.exit_code not in (None, 0) for box in init) and policy == "Never":
        return "Failed"
    began = any(box.running or box.exit_code is not None for box in main)
    if not began and not all(box.done for box in boxes if box.role != MAIN):
        return "Pending"
    if any("waiting" in box.state and not box.last for box in main):
        return "Pending"
    if all("terminated" in box.state for box in main) and policy != "Always":
        if all(box.exit_code == 0 for box in main):
            return "Succeeded"
        if policy == "Never":
            return "Failed"
    return "Running"


def render_box(box: Box) -> dict[str, Any]:
    """One of containerStatuses."""
    shown: dict[str, Any] = {
        "name": box.name, "state": box.state, "lastState": box.last, "ready": box.ready, "restartCount": box.restarts,
        "image": box.image, "imageID": "", "started": box.started,
    }  # fmt: skip
    if box.id:
        shown |= {"containerID": f"labkit://{box.id}", "imageID": f"labkit://{box.image}"}
    return shown


@dataclass(frozen=True)
class Place:
    """Where a pod is: the node's address, its own addresses, whether it has its network; and when kubelet took it up."""

    host: str
    addresses: tuple[str, ...]
    sandbox: bool
    since: str


def render_status(pod: Mapping[str, Any], boxes: Sequence[Box], place: Place, *, phase: str = "") -> dict[str, Any]:
    """The whole status; conditions of others (PodScheduled) are kept, times of what did not change, too."""
    old = pod.get("status") or {}
    phase = phase or plan_phase(pod, boxes)
    status: dict[str, Any] = {
        "phase": phase, "hostIP": place.host, "hostIPs": [{"ip": place.host}], "startTime": place.since,
        "qosClass": old.get("qosClass", "BestEffort"),
        "conditions": merge_conditions(old.get("conditions") or (), plan_conditions(pod, boxes, place, phase)),
        "containerStatuses": [render_box(box) for box in boxes if box.role == MAIN],
    }  # fmt: skip
    if pod["metadata"].get("generation"):
        status["observedGeneration"] = pod["metadata"]["generation"]
    if first := [render_box(box) for box in boxes if box.role != MAIN]:
        status["initContainerStatuses"] = first
    if place.addresses:
        status |= {"podIP": place.addresses[0], "podIPs": [{"ip": each} for each in place.addresses]}
    return status


def plan_conditions(pod: Mapping[str, Any], boxes: Sequence[Box], place: Place, phase: str) -> list[dict[str, Any]]:
    """kubelet's own, without times."""
    ready = _plan_ready(boxes, phase)
    gates = [gate["conditionType"] for gate in pod["spec"].get("readinessGates") or ()]
    pod_ready = dict(ready)
    if ready["status"] == "True" and gates:
        pod_ready = _plan_gates(gates, (pod.get("status") or {}).get("conditions") or ())
    return [
        {"type": "PodReadyToStartContainers", "status": "True" if place.sandbox else "False"},
        {"type": "Initialized", **_plan_initialized(boxes, phase)},
        {"type": "Ready", **pod_ready},
        {"type": "ContainersReady", **ready},
    ]


def _plan_ready(boxes: Sequence[Box], phase: str) -> dict[str, Any]:
    if phase in ("Succeeded", "Failed"):
        return {"status": "False", "reason": "PodCompleted" if phase == "Succeeded" else "PodFailed"}
    unready = [box.name for box in boxes if box.role != INIT and not box.ready]
    if unready:
        message = f"containers with unready status: [{' '.join(unready)}]"
        return {"status": "False", "reason": "ContainersNotReady", "message": message}
    return {"status": "True"}


def _plan_initialized(boxes: Sequence[Box], phase: str) -> dict[str, Any]:
    if phase == "Succeeded":
        return {"status": "True", "reason": "PodCompleted"}
    if any(box.started for box in boxes if box.role == MAIN):
        return {"status": "True"}
    missing = [box.name for box in boxes if box.role != MAIN and not box.done]
    if missing:
        message = f"containers with incomplete status: [{' '.join(missing)}]"
        return {"status": "False", "reason": "ContainersNotInitialized", "message": message}
    return {"status": "True"}


def _plan_gates(gates: Sequence[str], conditions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    there = {each["type"]: each["status"] for each in conditions}
    missing = [
        f'corresponding condition of pod readiness gate "{gate}" does not exist.' if gate not in there
        else f'the status of pod readiness gate "{gate}" is not "True", but {there[gate]}'
        for gate in gates if there.get(gate) != "True"
    ]  # fmt: skip
    if not missing:
        return {"status": "True"}
    return {"status": "False", "reason": "ReadinessGatesNotReady", "message": ", ".join(missing)}


def merge_conditions(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], now: str = ""
) -> list[dict[str, Any]]:
    """`new` ones with the time of their last change; what others wrote stays."""
    before = {each["type"]: each for each in old}
    merged = []
    for each in new:
        was = before.pop(each["type"], None)
        since = was.get("lastTransitionTime") if was and was["status"] == each["status"] else (now or render_time())
        merged.append({**each, "lastProbeTime": None, "lastTransitionTime": since})
    return merged + [dict(each) for each in before.values()]
