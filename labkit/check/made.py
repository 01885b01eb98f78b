"""Objects that a check makes in the API and takes away again: Services, pods, and what belongs to them."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from typing import Final

from labkit.check.objects import Object, is_ready
from labkit.check.verdict import Failed, expect
from labkit.check.view import Place, View
from labkit.errors import CannotTell

KUBECTL: Final = 15.0  # seconds that it may take on a busy machine
PULSE: Final = 0.1  # seconds between two looks at a pod
STARTS: Final = 8.0  # seconds in which a pod has to become ready
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
    """Pods of the API, each with its own labels, by the node's kubelet: where they are when they are ready. Gone at the end.

    `pods`: metadata with name, namespace and labels, spec with nodeName; the rest is filled in. The check is red when one does not start.
    """
    for namespace in {pod["metadata"]["namespace"] for pod in pods}:
        _sweep(view, namespace)
    with make_objects(view, *map(_complete, pods), wait=True):
        yield [_wait_ready(view, pod) for pod in pods]


def _complete(pod: Object) -> Object:
    meta = pod["metadata"]
    container = {"name": "pause", "image": "registry.k8s.io/pause:3.10.1"}
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {**meta, "labels": {MARK: "yes", **meta.get("labels", {})}},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container], **pod["spec"]},
    }  # fmt: skip


def _wait_ready(view: View, pod: Object) -> Place:
    meta = pod["metadata"]
    until = time.monotonic() + view.limit(STARTS)
    while not is_ready(found := view.object("Pod", meta["name"], meta["namespace"])):
        expect(
            time.monotonic() < until,
            expected=f"a new pod on {pod['spec']['nodeName']} becomes ready",
            observed=f"{meta['name']}: phase {found.get('status', {}).get('phase', 'Pending')}",
        )
        threading.Event().wait(PULSE)
    return view.pod_place(found)


def _sweep(view: View, namespace: str) -> None:
    """What a check left that was killed."""
    if view.objects("Pod", namespace, labels=f"{MARK}=yes"):
        words = ["kubectl", "-n", namespace, "delete", "pod", "-l", f"{MARK}=yes"]
        view.machine("control").run(words, timeout=KUBECTL)
