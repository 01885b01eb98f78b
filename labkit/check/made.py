"""Objects that a check makes in the API and takes away again: Services, pods, and what belongs to them."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from typing import Final, NoReturn

from labkit.check.objects import Object, name_machine
from labkit.check.verdict import Failed
from labkit.check.view import Place, View
from labkit.errors import CannotTell
from labkit.timing import scale

KUBECTL: Final = 15.0  # seconds that it may take on a busy machine
PULSE: Final = 0.1  # seconds between two looks at a pod
STARTS: Final = 6.0  # seconds in which a pod has to run
MARK: Final = "labkit.check"  # the label of pods of checks: those of one that was killed are found by it


def make_service(view: View, service: Object, *others: Object) -> contextlib.AbstractContextManager[str]:
    """A Service, and what belongs to it, such as an EndpointSlice: its ClusterIP. Gone at the end; CannotTell when none could be made."""
    return make_objects(view, service, *others, told="{.spec.clusterIP}")


@contextlib.contextmanager
def make_objects(view: View, *objects: Object, told: str = "{.metadata.name}", wait: bool = False) -> Iterator[str]:
    """Objects of a check's own in the API: what kubectl tells of them by this jsonpath. Gone at the end, with `wait` for that.

    CannotTell when they could not be made.
    """
    control = view.machine("control")
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    create = ["kubectl", "create", "--validate=false", "-f", "-", "-o", f"jsonpath={told}"]
    delete = ["kubectl", "delete", "-f", "-", "--ignore-not-found", f"--wait={str(wait).lower()}"]
    try:
        made = control.run(create, stdin=text, timeout=KUBECTL)
        if made.status:
            said = made.stderr.strip()
            if "webhook" in said:  # somebody who was asked, and whom the learner has brought
                raise Failed(expected="the API server accepts new objects", observed=said)
            raise CannotTell(f"no {objects[0]['kind']} could be made: {said}", hint="does `kubectl get nodes` answer?")
        yield made.stdout.strip()
    finally:
        control.run(delete, stdin=text, timeout=KUBECTL)


@contextlib.contextmanager
def run_pods(view: View, *pods: Object) -> Iterator[list[Place]]:
    """Pods of the API, each with its own labels, by the node's kubelet: where they are when they run. Gone at the end.

    `pods`: metadata with name, namespace and labels, spec with nodeName, and containers where more than a name and an image matters.
    They are never ready, so no Service sends them a call. The check is red when one can't be started.
    """
    for namespace in {pod["metadata"]["namespace"] for pod in pods}:
        _sweep(view, namespace)
    with make_objects(view, *map(_complete, pods), wait=True):
        yield [_wait_running(view, pod) for pod in pods]


def _complete(pod: Object) -> Object:
    meta, spec = pod["metadata"], pod["spec"]
    container = {
        "name": "pause", "image": "registry.k8s.io/pause:3.10.1",
        "readinessProbe": {"exec": {"command": ["false"]}, "periodSeconds": 60}, **(spec.get("containers") or [{}])[0],
    }  # fmt: skip
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {**meta, "labels": {MARK: "yes", **meta.get("labels", {})}},
        "spec": {"terminationGracePeriodSeconds": 1, **spec, "containers": [container]},
    }  # fmt: skip


def _wait_running(view: View, pod: Object) -> Place:
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    until = time.monotonic() + view.limit(scale(STARTS))
    while True:
        status = view.object("Pod", name, namespace).get("status") or {}
        if status.get("phase") == "Running" and status.get("podIP"):
            return Place(name_machine(pod), str(status["podIP"]))
        if time.monotonic() > until:
            _blame(view, pod)
        threading.Event().wait(PULSE)


def _blame(view: View, pod: Object) -> NoReturn:
    """Red with what the kubelet says; where it says nothing it had no time."""
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    events = [each for each in view.objects("Event", namespace) if each["involvedObject"].get("name") == name]
    told = [str(each["message"]) for each in events if each.get("type") == "Warning"]
    if not told:
        raise CannotTell(f"pod {name} did not start in time", hint="check again when the computer is less busy")
    raise Failed(expected=f"a new pod on {pod['spec']['nodeName']} starts", observed=told[-1])


def _sweep(view: View, namespace: str) -> None:
    """What a check left that was killed."""
    if view.objects("Pod", namespace, labels=f"{MARK}=yes"):
        words = ["kubectl", "-n", namespace, "delete", "pod", "-l", f"{MARK}=yes"]
        view.machine("control").run(words, timeout=KUBECTL)
