"""A cluster of five nodes in one world: its start, memory and rest; a pod, two hundred pods, names, a thousand endpoints.

Goals are those of a quiet machine.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from unittest import mock

from labkit.errors import CannotTell
from labkit.lab.kube import open_lab_api
from labkit.lab.lab import Lab
from labkit.lab.session import start_hidden_lab
from labkit.timing import scale
from labkit.world import Machine
from tests.bench.agents import read_time
from tests.bench.commands import time_call
from tests.bench.crowd import time_crowd
from tests.bench.labs import REST, find_family, read_memory
from tests.bench.queries import compare_names
from tests.bench.row import Row

LABS: Final = Path(__file__).with_name("labs")
NAME: Final = "95-five-nodes"
READY: Final = 0.7  # s from `kubectl run` to Ready
PODS: Final = 200
SINGLE: Final = 9
LOOK: Final = 20.0  # s
PAUSE: Final = 0.2  # s
PATIENCE: Final = 300.0  # s


def measure_cluster() -> list[Row]:
    """One world after the other figure; what comes first disturbs what comes later least."""
    with start_five_nodes() as (lab, seconds):
        control = lab.world.machine("control")
        started = [Row("cluster-start", seconds, 1.0, "s", None, 1, absolute=True), *look_at_rest(lab)]
        return [*started, time_pod(control), *compare_names(lab), time_crowd(lab), *time_scale(lab)]


@contextlib.contextmanager
def start_five_nodes() -> Iterator[tuple[Lab, float]]:
    """The cluster, and how long it took to start."""
    with (
        mock.patch.dict(os.environ, LABKIT_LABS=str(LABS)),
        tempfile.TemporaryDirectory(prefix="labkit-bench-") as folder,
    ):
        began = time.perf_counter()
        with start_hidden_lab(NAME, f"bench-{os.getpid()}", Path(folder, "journal")) as lab:
            yield lab, time.perf_counter() - began


def look_at_rest(lab: Lab) -> list[Row]:
    """Processor time in percent of one core, and memory, of a cluster in which nobody does anything."""
    threading.Event().wait(REST)
    before = read_time(lab.world.pid)
    threading.Event().wait(LOOK)
    used = (read_time(lab.world.pid) - before) / LOOK * 100
    memory = sum(read_memory(process) for process in find_family(lab.world.pid))
    return [
        Row("cluster-idle", memory, 1.0, "MB", None, 1, absolute=True),
        Row("cluster-idle-cpu", used, 5.0, "%", None, 1, absolute=True),
    ]


def time_pod(control: Machine) -> Row:
    """One after the other, as a learner types it; both programs' own start is in it."""

    def run_pod(number: int) -> Callable[[], None]:
        name = f"single-{number}"
        return lambda: ask(
            control, f"kubectl run {name} --image=nginx && kubectl wait pod {name} --for=condition=Ready"
        )

    taken = [time_call(run_pod(number)) for number in range(SINGLE)]
    ask(control, "kubectl delete pod --all --now")
    return Row("pod-ready", statistics.median(taken), READY, "s", READY, SINGLE, absolute=True)


def time_scale(lab: Lab) -> list[Row]:
    """Pods a second: from `kubectl scale` until all are ready, and until all are gone again."""
    control = lab.world.machine("control")
    ask(control, "kubectl create deployment many --image=nginx --replicas=0")
    scaling, ready = "kubectl scale deployment many --replicas", "{.status.readyReplicas}"
    up = time_call(
        lambda: ask(control, f"{scaling}={PODS} && kubectl wait deployment many --for=jsonpath='{ready}'={PODS}")
    )
    gone = time_call(lambda: wait_until_gone(control, f"{scaling}=0"))
    return [
        Row(name, PODS / seconds, 1.0, "/s", None, 1, absolute=True)
        for name, seconds in (("scale-up-200", up), ("scale-down-200", gone))
    ]


def wait_until_gone(control: Machine, command: str) -> None:
    """The command, and then until no pod is left (`kubectl wait --for=delete` asks for one after the other, and takes longer)."""
    ask(control, command)
    api, until = open_lab_api(control), time.monotonic() + scale(PATIENCE)
    while left := api.list("Pod", "default", labels="app=many"):
        if time.monotonic() > until:
            raise CannotTell(f"{len(left)} pods are still there")
        threading.Event().wait(PAUSE)


def ask(control: Machine, command: str) -> None:
    """Raises CannotTell with kubectl's own words."""
    patience = scale(PATIENCE)
    ran = control.run(command.replace("kubectl wait", f"kubectl wait --timeout={patience:g}s"), timeout=patience)
    if ran.status:
        raise CannotTell(f"{command}: status {ran.status}: {ran.stderr.strip()}")
