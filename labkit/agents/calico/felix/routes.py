"""The routes that are Felix's: to this node's pods, and where VXLAN is used to the blocks of other nodes (felix release-v3.20, routetable, vxlan_mgr.go).

To other nodes' blocks in pools without VXLAN BIRD has the routes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from labkit.agents.calico.facts import NodeFacts
from labkit.agents.calico.felix.difference import Difference, State
from labkit.agents.calico.felix.site import VXLAN, Site, is_pods, parse_listed
from labkit.agents.kit.kernel import run

_PROTOCOL: Final = "80"  # Felix's own, where a route is by no link of Felix's
_SINGLE: Final = "/32"
CROSS_SUBNET: Final = "CrossSubnet"


def plan(site: Site) -> State:
    """Slot: `route DESTINATION`; value: the rest as `ip route` takes it."""
    pods = {
        f"route {each.address}": f"dev {each.link} scope link"
        for each in site.facts.workloads
        if each.node == site.own.name and each.link in site.links
    }
    return {**pods, **_plan_blocks(site)}


def _plan_blocks(site: Site) -> State:
    """What is sent to an address of an own block that no pod has ends here: hence the black hole."""
    wanted: dict[str, str] = {}
    for what, name, mode in site.list_vxlan() if site.own.vxlan else ():
        if name == site.own.name:
            wanted |= {f"route {what}": f"blackhole proto {_PROTOCOL}"} if _is_wide(what) else {}
        elif other := site.facts.find_node(name):
            wanted |= _plan_other(site, what, other, mode)
    return wanted


def _is_wide(what: str) -> bool:
    """Whether it is a block of more than one address."""
    return "/" in what and not what.endswith(_SINGLE)


def _plan_other(site: Site, what: str, other: NodeFacts, mode: str) -> dict[str, str]:
    if mode == CROSS_SUBNET and other.subnet == site.own.subnet:
        return {f"route {what}": f"via {other.address} dev {site.uplink} proto {_PROTOCOL} onlink"}
    return {f"route {what}": f"via {other.vxlan} dev {VXLAN} onlink"} if other.vxlan else {}


def read(_: Site) -> State:
    """Routes by pods' links, by vxlan.calico, and of Felix's own protocol."""
    routes = parse_listed(run(["ip", "-j", "-4", "route"]))
    return {f"route {each['dst']}": _render_found(each) for each in routes if _is_felix(each)}


def _is_felix(route: Mapping[str, Any]) -> bool:
    return is_pods(route.get("dev")) or route.get("dev") == VXLAN or route.get("protocol") == _PROTOCOL


def _render_found(route: Mapping[str, Any]) -> str:
    words = [
        route.get("type", ""), f"via {route['gateway']}" if "gateway" in route else "", f"dev {route['dev']}" if "dev" in route else "",
        f"proto {route['protocol']}" if route.get("protocol", "boot") != "boot" else "",
        f"scope {route['scope']}" if "scope" in route else "", *(flag for flag in route.get("flags", ()) if flag == "onlink"),
    ]  # fmt: skip
    return " ".join(word for word in words if word)


def render(_: Site, difference: Difference) -> list[str]:
    """Lines of `ip`."""
    gone = [f"route del {_place(slot, value)}" for slot, value in difference.gone.items()]
    return gone + [f"route replace {_place(slot, value)}" for slot, value in difference.new.items()]


def _place(slot: str, value: str) -> str:
    """A route's kind stands before its destination."""
    destination = slot.partition(" ")[2]
    kind, blank, rest = value.partition(" ")
    return f"{kind} {destination}{blank}{rest}" if kind == "blackhole" else f"{destination} {value}"
