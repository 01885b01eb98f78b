"""flanneld: this node's part of the pods' network, and the way to every other node's part, kept as nodes come and go."""

from __future__ import annotations

import fcntl
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any, Final

from labkit.cni.flannel.conf import NET_CONF, SUBNET_ENV, parse_net_conf
from labkit.cni.flannel.lease import FileSource, Lease, Source
from labkit.cni.flannel.masquerade import ensure_rules
from labkit.cni.flannel.plan import Site, Uplink, plan_changes, plan_device
from labkit.cni.flannel.tunnel import Tunnel
from labkit.cni.flannel.udp import Encapsulator
from labkit.errors import LabkitError, UsageError
from labkit.world import run_host

PID: Final = "/run/flannel/flanneld.pid"
_LOOK: Final = 1.0  # seconds between two looks at the list of nodes
_ROUTE_CHECK: Final = 10.0  # seconds: flannel's host-gw puts lost routes back
_TURNS: Final = 64  # packets of one socket before the other one's turn


def run_agent(*, ip_masq: bool, source: Source | None = None) -> int:
    """Serve until SIGTERM. What is in the kernel stays there when it ends, as with flannel."""
    try:
        with hold_pid_file(), selectors.DefaultSelector() as selector:
            agent = Agent(source or FileSource(), selector)
            agent.start(ip_masq=ip_masq)
            agent.serve()
    except LabkitError as error:
        say(f"{error.message}" + (f" ({error.hint})" if error.hint else ""))
        return 1
    return 0


def say(text: str) -> None:
    """One line of the log."""
    print(f"flanneld: {text}", file=sys.stderr, flush=True)  # noqa: T201 - its log is its standard error


class Agent:
    """One node's flanneld."""

    def __init__(self, source: Source, selector: selectors.BaseSelector) -> None:
        self._source = source
        self._selector = selector
        self._others: frozenset[Lease] = frozenset()
        self._encapsulator: Encapsulator | None = None
        self._ended = False

    def start(self, *, ip_masq: bool) -> None:
        """Set up this node; only then subnet.env is written, which lets pods in."""
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        self._site = site = read_site(self._source.read())
        say(f"backend {site.backend.kind}, {site.own.subnet} by {site.uplink.name} {site.uplink.address.ip}")
        apply(plan_device(site, read_link(site.device)))
        if site.backend.kind == "udp":
            self._encapsulator = self._start_encapsulator(site)
        self._update()
        if ip_masq and (refused := ensure_rules(site)):
            say(refused)
        Path(SUBNET_ENV).write_text(site.plan_env(ip_masq=ip_masq).render())
        say(f"wrote {SUBNET_ENV}")

    def serve(self) -> None:
        """Until the end: packets, and every second a look whether nodes came, went or changed."""
        looked = checked = time.monotonic()
        while not self._ended:
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
        tunnel = Tunnel()
        made = Encapsulator(tunnel, wire, network=site.conf.network, own=site.own.subnet)
        for opened, handle in ((tunnel.socket, made.wrap), (wire, made.unwrap)):
            self._selector.register(opened, selectors.EVENT_READ, lambda handle=handle: self._take_turns(handle))
        return made

    def _take_turns(self, handle: Callable[[], None]) -> None:
        """Packets until there is none, or it is somebody else's turn."""
        assert self._encapsulator
        before = self._encapsulator.dropped.total()
        try:
            for _ in range(_TURNS):
                handle()
        except OSError:  # nothing there any more; or the link went down, which its routes say too
            pass
        if self._encapsulator.dropped.total() != before:
            write_counters(self._encapsulator.dropped)

    def _end(self, *_: object) -> None:
        self._ended = True


def read_site(leases: tuple[Lease, ...]) -> Site:
    """This node: its lease by its host name, its uplink by the address in the lease."""
    try:
        conf = parse_net_conf(Path(NET_CONF).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{NET_CONF}: {error.strerror}", hint="it names the pods' network and the backend") from error
    name = socket.gethostname()
    own = next((lease for lease in leases if lease.node == name), None)
    if own is None:
        raise UsageError(f"node {name} has no podCIDR", hint=f"known are {', '.join(each.node for each in leases)}")
    return Site(conf, own, find_uplink(own))


def find_uplink(lease: Lease) -> Uplink:
    """The link that has the lease's address."""
    for link in json.loads(run_host(["ip", "-j", "-4", "addr"]).stdout):
        for address in link.get("addr_info", ()):
            if address["local"] == str(lease.address):
                return Uplink(link["ifname"], IPv4Interface(f"{lease.address}/{address['prefixlen']}"), link["mtu"])
    raise UsageError(f"no link has this node's address {lease.address}", hint="ip addr")


def read_link(name: str) -> dict[str, Any] | None:
    """An object of `ip -j -d link`; None when there is no such link."""
    shown = run_host(["ip", "-j", "-d", "link", "show", "dev", name])
    found: list[dict[str, Any]] = json.loads(shown.stdout or "[]") if not shown.status else []
    return found[0] if found else None


def apply(lines: list[str], *, quiet: bool = False) -> None:
    """Carry out lines of `ip` and `bridge`; what is refused is said, the others are done all the same."""
    for program, chosen in (
        ("bridge", [line for line in lines if line.startswith("fdb")]),
        ("ip", [line for line in lines if not line.startswith("fdb")]),
    ):
        if not chosen:
            continue
        for line in () if quiet else chosen:
            say(f"{program} {line}")
        refused = run_host([program, "-force", "-batch", "-"], stdin="\n".join(chosen) + "\n").stderr
        for line in refused.strip().splitlines():
            say(line)


def write_counters(dropped: dict[str, int]) -> None:
    """What the encapsulator threw away, by reason."""
    Path("/run/flannel/udp.json").write_text(json.dumps(dropped) + "\n")


@contextmanager
def hold_pid_file() -> Iterator[None]:
    """One flanneld a node: it has its number in a locked file, the next one waits for its end."""
    Path(PID).parent.mkdir(exist_ok=True)
    with open(os.open(PID, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+") as file:  # noqa: PTH123
        wait_lock(file.fileno())
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def wait_lock(descriptor: int, *, seconds: float = 5.0) -> None:
    """Until the lock is ours. Raises UsageError when the other one does not end."""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as clock:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise UsageError("another flanneld runs on this node", hint=f'kill "$(cat {PID})"') from error
                clock.select(0.05)
            else:
                return
