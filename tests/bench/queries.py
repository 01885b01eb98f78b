"""CoreDNS asked through its ClusterIP and at its pod's own address, from the same pod, in turn."""

from __future__ import annotations

import selectors
import socket
import struct
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from labkit.errors import CannotTell
from labkit.lab.kube import open_lab_api
from labkit.lab.lab import Lab
from labkit.timing import scale
from tests.bench.commands import time_call
from tests.bench.row import Row, Sample, compare

CLUSTER_IP: Final = "10.96.0.10"
NAME: Final = "kubernetes.default.svc.cluster.local"
GOAL: Final = 1 / 0.9  # the time of a query, where 0.9 of the queries a second are wanted
QUERIES: Final = 4000
SOCKETS: Final = 8  # each a flow of its own, so each has its own entry in conntrack
AT_ONCE: Final = 4  # queries on the way, a socket
RUNS: Final = 9


def compare_names(lab: Lab) -> list[Row]:
    """There is one pod of CoreDNS, so both ways lead to it."""
    control = lab.world.machine("control")
    control.run("kubectl run asking --image=netshoot -- sleep infinity; kubectl wait pod asking --for=condition=Ready")
    pods = open_lab_api(control).list("Pod", "kube-system", labels="k8s-app=kube-dns")
    direct = str(pods[0]["status"]["podIP"])
    medians, runs = compare(
        lambda: sample_queries(lab, CLUSTER_IP), lambda: sample_queries(lab, direct), runs=RUNS, budget=60
    )
    return [Row("dns-cluster-ip", *medians["query"], "us", GOAL, runs)]


def sample_queries(lab: Lab, address: str) -> Sample:
    """Microseconds a query, new sockets each time."""
    with ExitStack() as stack:
        opened = [
            stack.enter_context(lab.world.machine("asking").open_socket(socket.AF_INET, socket.SOCK_DGRAM))
            for _ in range(SOCKETS)
        ]
        for each in opened:
            each.connect((address, 53))
        return {"query": time_call(lambda: ask_all(opened)) / QUERIES * 1e6}


def ask_all(opened: Sequence[socket.socket]) -> None:
    """Each answer asks for the next query. Raises CannotTell when one is not answered."""
    query, sent, missing = render_query(NAME), 0, QUERIES
    with selectors.DefaultSelector() as selector:
        for each in opened:
            selector.register(each, selectors.EVENT_READ)
            for _ in range(AT_ONCE):
                each.send(query)
                sent += 1
        while missing:
            ready = selector.select(scale(5))
            if not ready:
                raise CannotTell(f"{missing} of {QUERIES} queries were not answered")
            for key, _ in ready:
                sock: socket.socket = key.fileobj  # type: ignore[assignment]
                sock.recv(512)
                missing -= 1
                if sent < QUERIES:
                    sock.send(query)
                    sent += 1


def render_query(name: str) -> bytes:
    """For an A record (RFC 1035, 4.1)."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", 1, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1)
