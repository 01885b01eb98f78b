"""A thousand endpoints: how long it takes from a changed EndpointSlice to kube-proxy's rule on a node.

Ten Services have a hundred each, and come one after the other: who may not use SO_SNDBUFFORCE, as in every world, gets no more than
net.core.wmem_max of rules to the kernel at once, about 120 endpoints (docs/measurements.md).
"""

from __future__ import annotations

import base64
import hashlib
import statistics
import threading
import time
from typing import Any, Final

from labkit.errors import CannotTell
from labkit.kube import Api
from labkit.lab.kube import open_lab_api
from labkit.lab.lab import Lab
from labkit.timing import scale
from labkit.world import Machine
from tests.bench.row import Row

SERVICES: Final = 10
EACH: Final = 100
RUNS: Final = 11
APART: Final = 1.5  # s between two changes: kube-proxy writes at most once a second
PATIENCE: Final = 60.0  # s


def time_crowd(lab: Lab) -> Row:
    """Milliseconds, the median."""
    api, node = open_lab_api(lab.world.machine("control")), lab.world.machine("worker1")
    for number in range(SERVICES):
        api.create("Service", {"metadata": {"name": plan_name(number)}, "spec": {"ports": [{"port": 80}]}})
        api.create("EndpointSlice", plan_slice(number))
        wait_for_rule(node, number, EACH - 1)
    taken = [time_change(api, node, EACH + turn) for turn in range(RUNS)]
    for number in range(SERVICES):
        api.delete("EndpointSlice", plan_name(number))
        api.delete("Service", plan_name(number))
    return Row("endpoints-1000", statistics.median(taken) * 1000, 1000.0, "ms", None, RUNS, absolute=True)


def time_change(api: Api, node: Machine, last: int) -> float:
    """Seconds until a new last endpoint of the first Service has its chain."""
    threading.Event().wait(APART)
    began = time.perf_counter()
    api.patch("EndpointSlice", plan_name(0), {"endpoints": plan_endpoints(0, last)})
    wait_for_rule(node, 0, last)
    return time.perf_counter() - began


def plan_name(number: int) -> str:
    return f"crowd-{number}"


def plan_slice(number: int) -> dict[str, Any]:
    """As a controller would make it."""
    name = plan_name(number)
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": name}}, "addressType": "IPv4",
        "endpoints": plan_endpoints(number, EACH - 1), "ports": [{"name": "", "port": 80, "protocol": "TCP"}],
    }  # fmt: skip


def plan_endpoints(number: int, last: int) -> list[dict[str, Any]]:
    """One hundred; which one is the last changes."""
    return [{"addresses": [plan_address(number, each)]} for each in (*range(EACH - 1), last)]


def plan_address(number: int, endpoint: int) -> str:
    return f"10.250.{number}.{endpoint + 1}"


def plan_chain(number: int, endpoint: int) -> str:
    """kube-proxy's chain for an endpoint (pkg/proxy/iptables, servicePortEndpointChainName)."""
    whole = f"default/{plan_name(number)}tcp{plan_address(number, endpoint)}:80"
    return f"KUBE-SEP-{base64.b32encode(hashlib.sha256(whole.encode()).digest()).decode()[:16]}"


def wait_for_rule(node: Machine, number: int, endpoint: int) -> None:
    """Raises CannotTell."""
    until = time.monotonic() + scale(PATIENCE)
    while node.probe(["iptables", "-t", "nat", "-S", plan_chain(number, endpoint)]).status:
        if time.monotonic() > until:
            raise CannotTell(f"no rule for {plan_address(number, endpoint)} on {node.name} within {PATIENCE:g} s")
