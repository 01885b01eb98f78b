"""tunl0: the kernel's own link of kind ipip, or one end of a veth whose other end a program reads."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from labkit.agents.kit.kernel import run, run_batch, succeeds

TUNNEL: Final = "tunl0"
END: Final = "tunl0-ipip"
HEADER: Final = 20  # bytes that the wrapping adds
_UPLINKS: Final = re.compile(r"(en|wl|ww|sl|ib)[opsx].*|(eth|wlan|wwan).*")  # Felix's MTUIfacePattern (v3.20)


def ensure_device() -> bool:
    """Make tunl0 where there is none; whether the kernel does the wrapping. Raises KernelError."""
    links = read_links()
    if TUNNEL not in links:
        # Where it fails it may have loaded the module, which then has made a tunl0; DF is the inner packet's, as on that one.
        succeeds("ip", "link", "add", TUNNEL, "type", "ipip", "nopmtudisc")
        links = read_links()
    if TUNNEL not in links:
        run_batch(plan_stand_in(find_mtu(links)))
        return False
    if links[TUNNEL].get("linkinfo", {}).get("info_kind") == "ipip":
        run_batch([f"link set {TUNNEL} mtu {find_mtu(links)}"])
        return True
    return False


def plan_stand_in(mtu: int) -> list[str]:
    """Lines of `ip`: like a tunnel it asks nobody by ARP."""
    return [
        f"link add {TUNNEL} type veth peer name {END}",
        f"link set {TUNNEL} mtu {mtu} arp off",
        f"link set {END} mtu {mtu} arp off up",
    ]


def read_links() -> dict[str, dict[str, Any]]:
    """Name -> what `ip -d link` says."""
    return {link["ifname"]: link for link in json.loads(run(["ip", "-j", "-d", "link"]))}


def find_mtu(links: dict[str, dict[str, Any]]) -> int:
    """That of the narrowest uplink, less the outer header."""
    return min((link["mtu"] for name, link in links.items() if _UPLINKS.fullmatch(name)), default=1500) - HEADER
