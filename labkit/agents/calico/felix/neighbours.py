"""Who is behind vxlan.calico: for each other node its tunnel's MAC address, and the node that has it (felix release-v3.20, vxlan_mgr.go, route_table.go)."""

from __future__ import annotations

from labkit.agents.calico.felix.difference import Difference, State
from labkit.agents.calico.felix.site import VXLAN, Site, parse_listed
from labkit.agents.calico.names import name_vtep_mac
from labkit.agents.ipip.device import read_links
from labkit.agents.kit.kernel import run


def plan(site: Site) -> State:
    """Slots `neigh ADDRESS` and `fdb MAC`: what ARP and flooding would find out otherwise."""
    if not (site.vxlan and site.own.vxlan):
        return {}
    others = [node for node in site.facts.nodes if node.name != site.own.name and node.vxlan and node.interface]
    told = [(node, node.vxlan_mac or name_vtep_mac(node.name)) for node in others]
    return {f"neigh {node.vxlan}": f"lladdr {mac}" for node, mac in told} | {
        f"fdb {mac}": f"dst {node.address}" for node, mac in told
    }


def read(_: Site) -> State:
    """Those that are there to stay."""
    if VXLAN not in read_links():
        return {}
    neighbours = parse_listed(run(["ip", "-j", "-4", "neigh", "show", "dev", VXLAN, "nud", "permanent"]))
    forwarding = parse_listed(run(["bridge", "-j", "fdb", "show", "dev", VXLAN]))
    return {f"neigh {each['dst']}": f"lladdr {each['lladdr']}" for each in neighbours if "lladdr" in each} | {
        f"fdb {each['mac']}": f"dst {each['dst']}" for each in forwarding if "dst" in each
    }


def render(_: Site, difference: Difference) -> list[str]:
    """Lines of `ip` and of `bridge`."""
    gone = [_render_line(slot, "del", value) for slot, value in difference.gone.items()]
    return gone + [_render_line(slot, "replace", value) for slot, value in difference.new.items()]


def _render_line(slot: str, do: str, value: str) -> str:
    what, _, key = slot.partition(" ")
    stays = " nud permanent" if (what, do) == ("neigh", "replace") else ""
    return f"{what} {do} {key} {value} dev {VXLAN}{stays}"
