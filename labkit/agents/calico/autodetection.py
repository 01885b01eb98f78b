"""Which of a node's addresses is the one that others know it by (node pkg/lifecycle/startup/autodetection, release-v3.20).

Links are looked at from the youngest to the oldest, as Calico does; a regular expression may match anywhere in a link's name.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any, Final

from labkit.errors import LabkitError, UsageError

_INTERNAL: Final = (
    "docker.*", "cbr.*", "dummy.*", "virbr.*", "lxcbr.*", "veth.*", "lo", "cali.*", "tunl.*", "flannel.*", "kube-ipvs.*", "cni.*",
)  # fmt: skip
_FIRST: Final = "first-found"
_PORT: Final = 80
_KNOWN: Final = "first-found, can-reach=ADDRESS, interface=REGEX,…, skip-interface=REGEX,…, cidr=PREFIX,…"
Link = Mapping[str, Any]
Reach = Callable[[str], str]


class NoAddressFoundError(LabkitError):
    """No link has an address that the method takes."""


def choose_address(method: str, links: Sequence[Link], reach: Reach) -> str:
    """An address with its length. `links`: as `ip -j -4 addr` has them; `reach`: the address by which another one is reached.

    Raises UsageError: no such method; NoAddressFoundError.
    """
    kind, _, rest = (method or _FIRST).partition("=")
    words = [word.strip() for word in rest.split(",") if word.strip()]
    match kind:
        case "first-found":
            found = _list_addresses(links, excluded=_INTERNAL)
        case "interface":
            found = _list_addresses(links, included=words)
        case "skip-interface":
            found = _list_addresses(links, excluded=(*_INTERNAL, *words))
        case "cidr":
            found = [each for each in _list_addresses(links) if _is_in(each, words)]
        case "can-reach":
            own = reach(rest)
            found = [each for each in _list_addresses(links) if each.partition("/")[0] == own]
        case _:
            raise UsageError(f"Invalid IP autodetection method: {method}", hint=f"known: {_KNOWN}")
    if not found:
        raise NoAddressFoundError(
            f"Unable to auto-detect an IPv4 address ({method or _FIRST})",
            hint="IP_AUTODETECTION_METHOD names another method; ip -br addr",
        )
    return found[0]


def _list_addresses(links: Sequence[Link], included: Sequence[str] = (), excluded: Sequence[str] = ()) -> list[str]:
    """ADDRESS/LENGTH of those that others may know."""
    wanted = [
        link
        for link in reversed(links)
        if (not included or _matches(link["ifname"], included)) and not _matches(link["ifname"], excluded)
    ]
    return [
        f"{each['local']}/{each['prefixlen']}"
        for link in wanted
        for each in link.get("addr_info", ())
        if _is_global(each["local"])
    ]


def _matches(name: str, patterns: Sequence[str]) -> bool:
    try:
        return any(re.search(pattern, name) for pattern in patterns)
    except re.error as error:
        raise UsageError(f"Invalid interface regex {error.pattern!r}: {error}", hint="a regular expression") from error


def _is_global(address: str) -> bool:
    value = ipaddress.IPv4Address(address)
    return not (value.is_loopback or value.is_multicast or value.is_link_local or value.is_unspecified)


def _is_in(address: str, prefixes: Sequence[str]) -> bool:
    try:
        return any(
            ipaddress.IPv4Interface(address).ip in ipaddress.IPv4Network(each, strict=False) for each in prefixes
        )
    except ValueError as error:
        raise UsageError(f"Invalid CIDR for IP autodetection method: {error}", hint="such as 10.0.0.0/16") from error


def find_own(target: str) -> str:
    """The address of this machine's that a packet to `target` would have; none is sent. Empty when there is no way."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as opened:
        try:
            opened.connect((target, _PORT))
        except OSError:
            return ""
        return str(opened.getsockname()[0])
