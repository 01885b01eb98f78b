"""tunl0 and vxlan.calico: there, up, with their MTU and address (felix release-v3.20, dataplane/linux/ipip_mgr.go, vxlan_mgr.go)."""

from __future__ import annotations

from typing import Any, Final

from labkit.agents.calico.felix.difference import Difference, State
from labkit.agents.calico.felix.site import TUNNELS, VXLAN, Site, parse_listed
from labkit.agents.calico.names import name_vtep_mac
from labkit.agents.ipip.device import TUNNEL, ensure_device, read_links
from labkit.agents.kit.kernel import run

_PORT: Final = 4789


def plan(site: Site) -> State:
    """tunl0 stays when nothing is wrapped in IP any more, without its address; vxlan.calico goes."""
    wanted: dict[str, str] = {}
    if site.ipip and site.own.ipip:
        wanted |= {f"link {TUNNEL}": "", **_plan_settings(TUNNEL, site.ipip_mtu, site.own.ipip)}
    if site.vxlan and site.own.vxlan:
        wanted[f"link {VXLAN}"] = (
            f"id {site.settings.vxlan_vni} dstport {_PORT} local {site.own.address} dev {site.uplink} nolearning"
        )
        wanted[f"mac {VXLAN}"] = name_vtep_mac(site.own.name)
        wanted |= _plan_settings(VXLAN, site.vxlan_mtu, site.own.vxlan)
    return wanted


def _plan_settings(link: str, mtu: int, address: str) -> State:
    return {f"mtu {link}": str(mtu), f"state {link}": "up", f"address {link}": f"{address}/32"}


def read(_: Site) -> State:
    """Of the two links what is there."""
    links = read_links()
    addresses = {each["ifname"]: each for each in parse_listed(run(["ip", "-j", "-4", "addr"]))}
    found: dict[str, str] = {}
    for name in (each for each in TUNNELS if each in links):
        link, own = links[name], addresses.get(name, {}).get("addr_info", ())
        found[f"link {name}"] = _render_vxlan(link) if name == VXLAN else ""
        found |= {f"mtu {name}": str(link["mtu"]), f"state {name}": "up" if "UP" in link["flags"] else "down"}
        found |= {f"address {name}": f"{each['local']}/{each['prefixlen']}" for each in own}
        found |= {f"mac {name}": link["address"]} if name == VXLAN else {}
    return found


def _render_vxlan(link: dict[str, Any]) -> str:
    data = link.get("linkinfo", {}).get("info_data", {})
    said = f"id {data.get('id')} dstport {data.get('port')} local {data.get('local')} dev {data.get('link')}"
    return said if data.get("learning", True) else f"{said} nolearning"


def render(_: Site, difference: Difference) -> list[str]:
    """Lines of `ip`. A link of another form is made anew, with all that belongs to it."""
    lines: list[str] = []
    gone, new, found = dict(difference.gone), dict(difference.new), difference.found
    if f"link {VXLAN}" in gone or (f"link {VXLAN}" in new and f"link {VXLAN}" in found):
        lines.append(f"link del {VXLAN}")
        gone = {slot: value for slot, value in gone.items() if not slot.endswith(VXLAN)}
    lines += [f"addr del {value} dev {TUNNEL}" for slot, value in gone.items() if slot == f"address {TUNNEL}"]
    for slot, value in new.items():
        lines += _render_new(*slot.split(), value=value, before=found.get(slot, ""))
    return lines


def _render_new(what: str, link: str, *, value: str, before: str) -> list[str]:
    match what:
        case "link":
            return [f"link add {link} type vxlan {value}"] if link == VXLAN else []
        case "mac":
            return [f"link set {link} address {value}"]
        case "mtu":
            return [f"link set {link} mtu {value}"]
        case "state":
            return [f"link set {link} up"]
        case _:
            return [*([f"addr del {before} dev {link}"] if before else []), f"addr replace {value} dev {link}"]


def ensure_tunnel(site: Site) -> None:
    """tunl0 where some pool needs it and nobody made it yet: the kernel's, or the end that the program ipip reads."""
    if site.ipip and TUNNEL not in read_links():
        ensure_device()
