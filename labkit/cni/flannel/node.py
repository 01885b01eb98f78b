"""The node that flanneld runs on: read by `ip -j`, changed by lines for `ip` and `bridge`, each of which is said."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Sequence
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

from labkit.cni.flannel.conf import NET_CONF, parse_net_conf
from labkit.cni.flannel.lease import Lease
from labkit.cni.flannel.plan import Site, Uplink
from labkit.errors import UsageError
from labkit.world import run_host


def say(text: str) -> None:
    """One line of the log."""
    print(f"flanneld: {text}", file=sys.stderr, flush=True)  # noqa: T201 - its log is its standard error


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


def apply(lines: Sequence[str], *, quiet: bool = False) -> None:
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
