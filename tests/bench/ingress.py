"""The ingress controller in a cluster of one node: how soon an Ingress serves, alone and among two hundred, and what reloads cost who is asking."""

from __future__ import annotations

import contextlib
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from labkit.errors import CannotTell
from labkit.kube import Api
from labkit.lab.kube import open_lab_api
from labkit.probe.http import ask_http
from labkit.timing import scale
from labkit.world import Machine
from tests.bench.cluster import ask
from tests.bench.row import Row
from tests.worlds import start_cluster

MANY: Final = 200  # Ingresses
SINGLE: Final = 9
RELOADS: Final = 20
REQUESTS: Final = 10_000
AT_ONCE: Final = 50
NEW: Final = 0.3  # s
AMONG_MANY: Final = 1.0  # s
APART: Final = 0.3  # s between two changes under load: the controller takes together what comes within 0.1 s
PATIENCE: Final = 60.0  # s
NODE: Final = "192.168.50.11"  # worker1, in tests/data/cluster
PORT: Final = 32446
LOOK: Final = 0.01  # s
LINES: Final = "dns = 0\nkubelets = ['worker1']\noffers = ['ingress-nginx']"
OWN: Final = "nginx.ingress.kubernetes.io/proxy-read-timeout"


def measure_ingress() -> list[Row]:
    """One after the other in one world. The webhook is taken away: it is asked before an Ingress is there."""
    with (
        tempfile.TemporaryDirectory(prefix="labkit-bench-") as folder,
        start_cluster(Path(folder), "96-ingress", LINES) as lab,
    ):
        control, node = lab.world.machine("control"), lab.world.machine("worker1")
        prepare(control)
        api, target = open_lab_api(control), (NODE, PORT)
        wait_until_served(node, target, "any.example", PATIENCE)
        lost, reloads = count_lost(api, node, target)
        alone = statistics.median(time_new(api, node, target, f"new-{number}") for number in range(SINGLE))
        for number in range(MANY):
            api.create("Ingress", plan_ingress(f"many-{number}"))
        wait_until_served(node, target, f"many-{MANY - 1}.example", PATIENCE)
        among = statistics.median(time_new(api, node, target, f"late-{number}") for number in range(SINGLE))
        return [
            Row("ingress-new", alone, NEW, "s", NEW, SINGLE, absolute=True),
            Row(f"ingress-new-of-{MANY}", among, AMONG_MANY, "s", AMONG_MANY, SINGLE, absolute=True),
            Row(f"ingress-lost-in-{reloads}-reloads", lost, 1.0, "", 0, REQUESTS, absolute=True),
        ]


def prepare(control: Machine) -> None:
    """The controller, a page, and an Ingress for all hosts."""
    ask(control, "kubectl run web --image=nginx && kubectl expose pod web --port=80")
    ask(control, "kubectl apply -f /root/ingress-nginx.yaml && kubectl wait pod web --for=condition=Ready")
    ask(control, "kubectl wait -n ingress-nginx deployment ingress-nginx-controller --for=condition=Available")
    ask(control, "kubectl delete validatingwebhookconfiguration ingress-nginx-admission")
    open_lab_api(control).create("Ingress", plan_ingress("all", host=""))


def plan_ingress(name: str, host: str | None = None) -> dict[str, Any]:
    """For NAME.example, or another host; empty for all."""
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {
        "host": f"{name}.example" if host is None else host,
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
    }
    return {"metadata": {"name": name, "namespace": "default"}, "spec": {"ingressClassName": "nginx", "rules": [rule]}}


def time_new(api: Api, node: Machine, target: tuple[str, int], name: str) -> float:
    """Seconds from the API server's yes to the first answer of its own: HTTP of its own path, which all others' 404 is not."""
    ingress = plan_ingress(name)
    ingress["metadata"]["annotations"] = {"nginx.ingress.kubernetes.io/permanent-redirect": "https://moved.example"}
    api.create("Ingress", ingress)
    began = time.perf_counter()
    wait_until_served(node, target, f"{name}.example", PATIENCE, status="301")
    return time.perf_counter() - began


def wait_until_served(node: Machine, target: tuple[str, int], host: str, seconds: float, status: str = "200") -> None:
    """Raises CannotTell."""
    until = time.monotonic() + scale(seconds)
    while read_status(node, target, host) != status:
        if time.monotonic() > until:
            raise CannotTell(f"{host} is not served after {seconds:g} s")
        threading.Event().wait(LOOK)  # who asks without a pause takes the time that is measured


def read_status(node: Machine, target: tuple[str, int], host: str) -> str:
    """Of one request by a connection of its own; empty when there was no answer."""
    with contextlib.suppress(OSError), node.open_socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(scale(2))
        sock.connect(target)
        sock.sendall(f"HEAD / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        return sock.recv(4096).decode(errors="replace").split()[1]
    return ""


def count_lost(api: Api, node: Machine, target: tuple[str, int]) -> tuple[int, int]:
    """Requests without a whole answer, and how many changes of the configuration there were meanwhile."""
    with start_changes(api) as count:
        asked = lost = 0
        while asked < REQUESTS or count() < RELOADS:
            answers = ask_http(node, target, among=(), times=AT_ONCE, timeout=5)
            lost += sum(not each.whole for each in answers)
            asked += len(answers)
        return lost, count()


@contextlib.contextmanager
def start_changes(api: Api) -> Iterator[Callable[[], int]]:
    """A change of an Ingress, each a reload, again and again until the block ends; how many there were."""
    over, made = threading.Event(), [0]

    def change() -> None:
        while made[0] < RELOADS and not over.wait(APART):
            annotations = {"metadata": {"annotations": {OWN: str(60 + made[0])}}}
            api.patch("Ingress", "all", annotations, "default")
            made[0] += 1

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield lambda: made[0]
    finally:
        over.set()
        thread.join()
