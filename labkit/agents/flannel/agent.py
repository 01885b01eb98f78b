"""flanneld: this node's part of the pods' network, and the way to every other node's part, kept as nodes come and go."""

from __future__ import annotations

import argparse
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NoReturn

from labkit.agents.flannel.conf import SUBNET_ENV
from labkit.agents.flannel.lease import FileSource, Lease, Source
from labkit.agents.flannel.masquerade import ensure_masquerading
from labkit.agents.flannel.node import apply, read_link, read_site, say
from labkit.agents.flannel.plan import TUNNEL, TUNNEL_END, Site, plan_changes, plan_device
from labkit.agents.flannel.udp import Encapsulator
from labkit.agents.kit.background import hold_pid_file
from labkit.agents.kit.kernel import KernelError
from labkit.agents.kit.tunnel import Tunnel, take_turns
from labkit.errors import LabkitError, UsageError

PID: Final = Path("/run/flannel/flanneld.pid")
COUNTERS: Final = "/run/flannel/udp.json"
_LOOK: Final = 1.0  # seconds between two looks at the list of nodes
_ROUTE_CHECK: Final = 10.0  # seconds: flannel's host-gw puts lost routes back


def main() -> int:
    """Options as flannel's."""
    parser = argparse.ArgumentParser(
        prog="flanneld",
        description="flannel's agent of this node. Runs until it is ended; what it set up in the kernel stays.",
        epilog="Reads /etc/kube-flannel/net-conf.json, and the nodes from /etc/kube-flannel/nodes.json or, with --kube-subnet-mgr, from the API server.",
    )
    parser.add_argument("--ip-masq", action="store_true", help="pods leave the pods' network under the node's address")
    parser.add_argument(
        "--kube-subnet-mgr", action="store_true", help="Node objects of the API server instead of the file"
    )
    parser.add_argument("--kubeconfig-file", default="", metavar="FILE", help="instead of a pod's service account")
    said = parser.parse_args()
    return run_agent(ip_masq=said.ip_masq, source=_open_source(said))


def _open_source(said: argparse.Namespace) -> Source:
    if not said.kube_subnet_mgr:
        return FileSource()
    from labkit.agents.flannel.api import ApiSource

    return ApiSource(said.kubeconfig_file, os.environ.get("NODE_NAME") or socket.gethostname())


def run_agent(*, ip_masq: bool, source: Source | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C. What is in the kernel stays there when it ends, as with flannel."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        with hold_pid_file(PID), selectors.DefaultSelector() as selector:
            agent = Agent(source or FileSource(), selector)
            agent.start(ip_masq=ip_masq)
            agent.serve()
    except LabkitError as error:
        say(f"{error.message}" + (f" ({error.hint})" if error.hint else ""))
        return 1


class Agent:
    """One node's flanneld."""

    def __init__(self, source: Source, selector: selectors.BaseSelector) -> None:
        self._source = source
        self._selector = selector
        self._others: frozenset[Lease] = frozenset()
        self._encapsulator: Encapsulator | None = None

    def start(self, *, ip_masq: bool) -> None:
        """Set up this node; only then subnet.env is written, which lets pods in."""
        self._site = site = read_site(self._source.read())
        for note in site.conf.notes:
            say(note)
        say(f"backend {site.backend.kind}, {site.own.subnet} by {site.uplink.name} {site.uplink.address.ip}")
        apply(plan_device(site, read_link(site.device)))
        if site.backend.kind == "udp":
            self._encapsulator = self._start_encapsulator(site)
        self._update()
        if ip_masq:
            self._masquerade(site)
        Path(SUBNET_ENV).write_text(site.plan_env(ip_masq=ip_masq).render())
        say(f"wrote {SUBNET_ENV}")

    def _masquerade(self, site: Site) -> None:
        try:
            ensure_masquerading(site)
        except KernelError as error:
            say(error.message)

    def serve(self) -> NoReturn:
        """For ever: packets, and every second a look whether nodes came, went or changed."""
        looked = checked = time.monotonic()
        while True:
            for key, _ in self._selector.select(_LOOK):
                key.data()
            now = time.monotonic()
            if now - looked >= _LOOK:
                looked = now
                self._look()
            if self._site.backend.kind == "host-gw" and now - checked >= _ROUTE_CHECK:
                checked = now
                apply(plan_changes(self._site, frozenset(), self._others), quiet=True)

    def _look(self) -> None:
        try:
            if self._source.changed():
                self._update()
        except UsageError as error:
            say(error.message)  # the nodes stay as they were known

    def _update(self) -> None:
        leases = frozenset(lease for lease in self._source.read() if lease.node != self._site.own.node)
        before, self._others = self._others, leases
        apply(plan_changes(self._site, before, leases))
        if self._encapsulator:
            self._encapsulator.nodes = tuple((lease.subnet, lease.address) for lease in leases)

    def _start_encapsulator(self, site: Site) -> Encapsulator:
        wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        wire.setblocking(False)
        wire.bind((str(site.uplink.address.ip), site.backend.port))
        tunnel = Tunnel(TUNNEL, TUNNEL_END)
        made = Encapsulator(tunnel, wire, network=site.conf.network, own=site.own.subnet)
        for opened, handle in ((tunnel.socket, made.wrap), (wire, made.unwrap)):
            self._selector.register(opened, selectors.EVENT_READ, lambda handle=handle: self._take_turns(handle))
        return made

    def _take_turns(self, handle: Callable[[], None]) -> None:
        assert self._encapsulator
        before = self._encapsulator.dropped.total()
        take_turns(handle)
        if self._encapsulator.dropped.total() != before:
            write_counters(self._encapsulator.dropped)


def write_counters(dropped: Mapping[str, int]) -> None:
    """What the encapsulator threw away, by reason."""
    Path(COUNTERS).write_text(json.dumps(dropped) + "\n")
