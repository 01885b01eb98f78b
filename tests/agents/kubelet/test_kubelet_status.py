"""A pod's status, made of what became of its containers."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.agents.kubelet.status import Place, merge_conditions, plan_boxes, plan_phase, render_status

PLACE = Place("192.168.50.11", ("10.244.1.5",), sandbox=True, since="2026-01-01T00:00:00Z")


def make_pod(policy: str = "Always", *, init: int = 0, main: int = 1) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "restartPolicy": policy,
        "containers": [{"name": f"c{i}", "image": "nginx"} for i in range(main)],
    }
    if init:
        spec["initContainers"] = [{"name": f"i{i}", "image": "busybox"} for i in range(init)]
    return {"metadata": {"name": "web", "namespace": "default", "uid": "u"}, "spec": spec}


def running() -> dict[str, Any]:
    return {"running": {"startedAt": "2026-01-01T00:00:01Z"}}


def ended(code: int) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed"}}


@pytest.mark.parametrize(
    ("policy", "states", "phase"),
    [
        ("Always", [{}], "Pending"),
        ("Always", [running()], "Running"),
        ("Always", [running(), {}], "Pending"),
        ("Always", [ended(1)], "Running"),
        ("Never", [ended(0)], "Succeeded"),
        ("Never", [ended(1)], "Failed"),
        ("Never", [ended(0), ended(3)], "Failed"),
        ("Never", [ended(0), running()], "Running"),
        ("OnFailure", [ended(0)], "Succeeded"),
        ("OnFailure", [ended(1)], "Running"),
    ],
)
def test_the_phase_is_kubelets(policy: str, states: list[dict[str, Any]], phase: str) -> None:
    pod = make_pod(policy, main=len(states))
    boxes = plan_boxes(pod)
    for box, state in zip(boxes, states, strict=True):
        box.state = state or box.state
    assert plan_phase(pod, boxes) == phase


def test_a_pod_whose_init_container_runs_is_pending_and_says_which() -> None:
    pod = make_pod(init=2)
    boxes = plan_boxes(pod)
    boxes[0].state = running()
    status = render_status(pod, boxes, PLACE)
    assert status["phase"] == "Pending"
    initialized = next(each for each in status["conditions"] if each["type"] == "Initialized")
    assert initialized["message"] == "containers with incomplete status: [i0 i1]"
    assert status["containerStatuses"][0]["state"] == {"waiting": {"reason": "PodInitializing"}}


def test_an_init_container_that_failed_for_good_fails_the_pod() -> None:
    pod = make_pod("Never", init=1)
    boxes = plan_boxes(pod)
    boxes[0].state = ended(1)
    assert plan_phase(pod, boxes) == "Failed"


def test_ready_names_the_containers_that_are_not() -> None:
    pod = make_pod(main=2)
    boxes = plan_boxes(pod)
    for box in boxes:
        box.state = running()
    boxes[0].ready = True
    ready = next(each for each in render_status(pod, boxes, PLACE)["conditions"] if each["type"] == "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "ContainersNotReady")
    assert ready["message"] == "containers with unready status: [c1]"


def test_a_readiness_gate_keeps_a_pod_from_ready() -> None:
    pod = make_pod()
    pod["spec"]["readinessGates"] = [{"conditionType": "example.org/gate"}]
    boxes = plan_boxes(pod)
    boxes[0].state, boxes[0].ready = running(), True
    ready = next(each for each in render_status(pod, boxes, PLACE)["conditions"] if each["type"] == "Ready")
    assert ready["reason"] == "ReadinessGatesNotReady"


def test_a_condition_keeps_its_time_until_it_changes_and_others_stay() -> None:
    old = [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": "T0"},
        {"type": "Ready", "status": "False", "lastTransitionTime": "T1"},
    ]
    same = merge_conditions(old, [{"type": "Ready", "status": "False"}], "T9")
    other = merge_conditions(old, [{"type": "Ready", "status": "True"}], "T9")
    assert [each["lastTransitionTime"] for each in same] == ["T1", "T0"]
    assert [each["lastTransitionTime"] for each in other] == ["T9", "T0"]
