"""The kernel's settings of a node and of its pods' cables (felix release-v3.20, dataplane/linux/endpoint_mgr.go, int_dataplane.go)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from labkit.agents.calico.felix.difference import Difference, State
from labkit.agents.calico.felix.site import Site

_NODE: Final = {"net/ipv4/ip_forward": "1"}
_CABLE: Final = {
    "net/ipv4/conf/{}/route_localnet": "1", "net/ipv4/conf/{}/proxy_arp": "1", "net/ipv4/conf/{}/forwarding": "1",
    "net/ipv4/neigh/{}/proxy_delay": "0",
}  # fmt: skip
_ROOT: Final = Path("/proc/sys")


def plan(site: Site) -> State:
    """Slot: the path below /proc/sys. Of the cables of pods that Calico knows."""
    links = sorted({each.link for each in site.facts.workloads if each.node == site.own.name} & site.links)
    return _NODE | {path.format(link): value for link in links for path, value in _CABLE.items()}


def read(site: Site) -> State:
    """The same ones; a cable may be gone by now."""
    return {path: (_ROOT / path).read_text(encoding="ascii").strip() for path in plan(site) if (_ROOT / path).exists()}


def render(_: Site, difference: Difference) -> list[str]:
    """Lines of sysctl.conf; a link's name may have a dot, so slashes."""
    return [f"{path}={value}" for path, value in difference.new.items() if path in difference.found]


def carry_out(lines: list[str]) -> list[str]:
    """Write them; what was refused."""
    refused = []
    for line in lines:
        path, _, value = line.partition("=")
        try:
            (_ROOT / path).write_text(value, encoding="ascii")
        except OSError as error:
            refused.append(f"sysctl {line}: {error.strerror}")
    return refused
