"""Policy on one node: Felix beside a real API server with 200 pods, 100 of them its own, two of which have links.

From a policy's being in the API to its being kept by the kernel; all of 1,000 policies by a Felix that begins; what policies add to a packet's time.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from unittest import mock

from labkit.cluster.manifests import fill
from labkit.kube import Api
from labkit.lab.kube import open_lab_api
from labkit.lab.lab import Lab
from labkit.lab.session import start_hidden_lab
from labkit.probe import ping
from tests.agents.calico.policies import render_policy
from tests.agents.calico.shots import Range, Shot, start_range
from tests.bench.cluster import LABS, ask
from tests.bench.commands import time_call
from tests.bench.row import Row
from tests.waiting import wait_until

Object = dict[str, Any]
NAME: Final = "96-policy"
NODE: Final = "worker1"
PODS: Final = 200
POLICIES: Final = 100
MANY: Final = 1000
APPLIED: Final = 21
ENFORCED: Final = 0.2  # s
SYNCED: Final = 3.0  # s
PINGS: Final = 300
SOON: Final = 0.005  # s
FELIX: Final = "KUBECONFIG=/root/admin.conf NODENAME=worker1 daemon start felix"
ADDRESSES: Final = ("10.1.0.1", "10.1.0.2")
FRESH: Final = itertools.count(1024)


def measure_policy() -> list[Row]:
    """One world: the packets' time first, with no policy, then with more and more of them."""
    with start_policed() as (lab, api):
        rows = [time_packets(lab, 0)]
        apply_policies(lab, api, range(1))
        rows.append(time_packets(lab, 1))
        apply_policies(lab, api, range(1, POLICIES))
        rows += [time_packets(lab, POLICIES), *time_enforcing(lab, api)]
        apply_policies(lab, api, range(POLICIES, MANY))
        return [*rows, *time_sync(lab)]


@contextlib.contextmanager
def start_policed() -> Iterator[tuple[Lab, Api]]:
    """With Calico's kinds, the pods and a Felix that is ready."""
    with (
        mock.patch.dict(os.environ, LABKIT_LABS=str(LABS)),
        tempfile.TemporaryDirectory(prefix="labkit-bench-") as folder,
        start_hidden_lab(NAME, f"bench-policy-{os.getpid()}", Path(folder, "journal")) as lab,
    ):
        control, api = lab.world.machine("control"), open_lab_api(lab.world.machine("control"))
        kinds = fill("calico-crds.yaml", {})
        assert (
            control.run("kubectl create -f - && kubectl wait --for=condition=Established crd --all", stdin=kinds).status
            == 0
        )
        node = {"metadata": {"name": NODE, "annotations": {"projectcalico.org/IPv4Address": "10.0.0.21/16"}}}
        api.create("Node", node)
        api.create("Node", {"metadata": {"name": "elsewhere"}})
        create_all(api, "Pod", (render_pod(number) for number in range(PODS)))
        worker = lab.world.machine(NODE)
        assert (
            worker.run("cat >/root/admin.conf", stdin=control.read_file("/etc/kubernetes/admin.conf") or "").status == 0
        )
        ask(worker, FELIX)
        yield lab, api


def create_all(api: Api, kind: str, values: Iterable[Object]) -> None:
    """A few at a time."""
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda value: api.create(kind, value), values):
            pass


def render_pod(number: int) -> Object:
    """Only an object; the first two have links."""
    return {
        "metadata": {
            "name": f"web-{number}", "labels": {"app": f"a{number % 50}"},
            "annotations": {"cni.projectcalico.org/podIP": f"10.1.0.{number + 1}/32"},
        },
        "spec": {
            "nodeName": NODE if number % 2 == 0 or number == 1 else "elsewhere",
            "containers": [{"name": "main", "image": "nginx"}],
        },
    }  # fmt: skip


def render_one(number: int) -> Object:
    """A policy that lets some labels to some; the first hundred select the second pod."""
    labels = {"app": "a1" if number < POLICIES else f"a{number % 50}"}
    return render_policy(f"p{number}", "default", {
        "podSelector": {"matchLabels": labels},
        "ingress": [
            {"from": [{"podSelector": {"matchLabels": {"app": f"a{number % 50}"}}}], "ports": [{"port": 80}, {"port": 443}]},
            {"from": [{"ipBlock": {"cidr": f"192.168.{number % 250}.0/24"}}]},
        ],
    })  # fmt: skip


def apply_policies(lab: Lab, api: Api, numbers: Iterable[int]) -> None:
    """Until Felix is done with them, and a ping still passes by one more of them."""
    if not any(each["metadata"]["name"] == "ping" for each in api.list("NetworkPolicy")):
        api.create(
            "NetworkPolicy",
            render_policy("ping", "default", {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]}),
        )
    create_all(api, "NetworkPolicy", (render_one(number) for number in numbers))
    wanted = int(max(each["metadata"]["resourceVersion"] for each in api.list("NetworkPolicy")))
    wait_until(lambda: read_version(lab) >= wanted, seconds=60, every=0.1)


def read_version(lab: Lab) -> int:
    """Of the datastore, at which the kernel was right."""
    return int(lab.world.machine(NODE).run("cat /run/calico/felix.ready").stdout or 0)


def time_packets(lab: Lab, policies: int) -> Row:
    """The middle one of many round trips between two pods of one node, in microseconds; each begins a connection for the kernel."""
    source = lab.world.machine("web-0")
    taken = sorted(ping(source, ADDRESSES[1]).seconds for _ in range(PINGS))
    return Row(f"policy-ping-{policies}", statistics.median(taken) * 1e6, 1.0, "us", None, PINGS, absolute=True)


def time_enforcing(lab: Lab, api: Api) -> list[Row]:
    """From the API server's answer to the first packet that is treated as the policy `ping` says since then: none may pass, all may.

    And Felix's processor time for one such change, with the programs that it calls.
    """
    machines = dict(zip(ADDRESSES, (lab.world.machine("web-0"), lab.world.machine("web-1")), strict=True))
    passing: list[Object] = api.get("NetworkPolicy", "ping")["spec"]["ingress"]
    with start_range(machines) as range_:
        before = read_felix(lab)
        taken = [time_change(range_, api, rules) for _ in range(APPLIED) for rules in ([], passing)]
        used = (read_felix(lab) - before) / len(taken) * 1000
    return [
        Row("policy-enforced", statistics.median(taken), ENFORCED, "s", ENFORCED, len(taken), absolute=True),
        Row("policy-change-cpu", used, 1.0, "ms", None, len(taken), absolute=True),
    ]


def read_felix(lab: Lab) -> float:
    """Its processor time and its children's until now, in seconds."""
    told = lab.world.machine(NODE).run('cut -d" " -f14-17 "/proc/$(cat /run/calico/felix.pid)/stat"').stdout
    return sum(int(word) for word in told.split()) / os.sysconf("SC_CLK_TCK")


def time_change(range_: Range, api: Api, rules: list[Object]) -> float:
    """Of one change, in seconds."""
    api.patch("NetworkPolicy", "ping", {"spec": {"ingress": rules}})
    began = time.perf_counter()
    wait_until(lambda: range_.passes(Shot(*ADDRESSES, "UDP", 9, next(FRESH)), SOON) is bool(rules), every=0.001)
    return time.perf_counter() - began


def time_sync(lab: Lab) -> list[Row]:
    """A Felix that finds nothing in the kernel, from its start until the kernel is as it should be, and its processor time until then."""
    worker = lab.world.machine(NODE)
    ask(
        worker,
        "daemon stop felix; for table in raw mangle filter nat; do iptables -t $table -F; iptables -t $table -X; done; ipset destroy",
    )
    seconds = time_call(lambda: ask(worker, FELIX))
    return [
        Row(f"policy-sync-{MANY}", seconds, SYNCED, "s", SYNCED, 1, absolute=True),
        Row(f"policy-sync-{MANY}-cpu", read_felix(lab), 1.0, "s", None, 1, absolute=True),
    ]
