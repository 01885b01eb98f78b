"""The node that flanneld runs on: read by `ip -j`, changed by lines for `ip` and `bridge`, each of which is said."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Sequence
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

from labkit.agents.flannel.conf import NET_CONF, parse_net_conf
from labkit.agents.flannel.lease import NODES, Lease
from labkit.agents.flannel.plan import Site, Uplink
from labkit.agents.kit.kernel import force_batch
from labkit.errors import UsageError
from labkit.world import run_program


def say(text: str) -> None:
    """One line of the log."""
    print(f"flanneld: {text}", file=sys.stderr, flush=True)


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
    if not own.subnet.subnet_of(conf.network):
        raise UsageError(
            f"the network {conf.network} of {NET_CONF} does not contain node {name}'s podCIDR {own.subnet}",
            hint=f"one of the two is wrong: cat {NET_CONF} {NODES}",
        )
    return Site(conf, own, find_uplink(own))


def find_uplink(lease: Lease) -> Uplink:
    """The link that has the lease's address."""
    for link in json.loads(run_program(["ip", "-j", "-4", "addr"]).stdout):
        for address in link.get("addr_info", ()):
            if address["local"] == str(lease.address):
                return Uplink(link["ifname"], IPv4Interface(f"{lease.address}/{address['prefixlen']}"), link["mtu"])
    raise UsageError(f"no link has this node's address {lease.address}", hint="ip addr")


def read_link(name: str) -> dict[str, Any] | None:
    """An object of `ip -j -d link`; None when there is no such link."""
    shown = run_program(["ip", "-j", "-d", "link", "show", "dev", name])
    found: list[dict[str, Any]] = json.loads(shown.stdout or "[]") if not shown.status else []
    return found[0] if found else None


def apply(lines: Sequence[str], *, quiet: bool = False) -> None:
    """Carry out lines of `ip` and `bridge`; what is refused is said, the others are done all the same."""
    for program, chosen in (
        ("bridge", [line for line in lines if line.startswith("fdb")]),
        ("ip", [line for line in lines if not line.startswith("fdb")]),
    ):
        for line in () if quiet else chosen:
            say(f"{program} {line}")
        for line in force_batch(chosen, program=program):
            say(line)
