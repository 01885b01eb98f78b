"""Sysctls as objects: those that decide what a machine forwards, answers and believes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from labkit.net.snapshot.item import Item, line
from labkit.net.snapshot.state import MachineState

_CONF: Final = "net.ipv4.conf."
_OF_LINKS: Final = frozenset(
    {
        "forwarding",
        "proxy_arp",
        "proxy_arp_pvlan",
        "rp_filter",
        "arp_ignore",
        "arp_announce",
        "arp_filter",
        "arp_accept",
        "route_localnet",
        "accept_local",
        "send_redirects",
        "src_valid_mark",
    }
)
_FORWARDING: Final = "net.ipv4.ip_forward"


def list_sysctl_items(state: MachineState) -> Iterator[Item]:
    """Every setting that matters; of a link's own, those that follow from no other are told apart by `remove`."""
    sysctls = state.sysctls
    for name, value in sysctls.items():
        if not name.startswith(_CONF):
            yield _item(name, value)
            continue
        link, _, key = name.removeprefix(_CONF).rpartition(".")
        if key in _OF_LINKS and not _follows(link, key, value, sysctls):
            usual = sysctls.get(f"{_CONF}default.{key}")
            yield _item(name, value, usual=None if link in {"all", "default"} else usual)


def _follows(link: str, key: str, value: str, sysctls: Mapping[str, str]) -> bool:
    """Tell whether ip_forward has set this one too: it writes `forwarding` of all links."""
    if key != "forwarding":
        return False
    return link in {"all", "default"} or value == sysctls.get(_FORWARDING)


def _item(name: str, value: str, *, usual: str | None = None) -> Item:
    remove = () if usual in {None, value} else line(f"sysctl -qw {name}={usual}")
    add = (("sysctl", "-qw", f"{name}={value}"),)
    return Item(f"sysctl {name}", value, f"sysctl {name}={value}", add, remove)
