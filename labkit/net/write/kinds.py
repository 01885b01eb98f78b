"""The kinds of links and their options: attribute numbers (linux/if_link.h) beside iproute2's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypedDict, cast

from labkit.errors import UsageError
from labkit.net.machine import Writable
from labkit.net.write import netlink
from labkit.net.write.names import LinkTable
from labkit.net.write.request import join_words


class LinkOptions(TypedDict, total=False):
    """All that a new link can be given. Times in seconds; `dev` is the link that it lies on.

    `queues` of a veth, both ways and at both ends: the kernel makes one for each processor, and of 1 a veth
    is made a quarter faster (docs/measurements.md).
    """

    up: bool
    mac: str
    mtu: int
    master: str
    dev: str
    # veth
    peer: str
    peer_machine: Writable
    peer_mac: str
    peer_mtu: int
    peer_index: int
    queues: int
    # bridge
    stp: bool
    ageing: int
    forward_delay: int
    mcast_snooping: bool
    vlan_filtering: bool
    # vxlan, vlan (id), ipip (local, remote, ttl), macvlan (mode)
    id: int
    dstport: int
    local: str
    remote: str
    learning: bool
    ttl: int
    mode: str


class Field(NamedTuple):
    """An option of a kind: its attribute, how the value is packed, and how iproute2 says it."""

    attribute: int
    pack: Callable[[int, object], bytes]
    say: Callable[[object], str]


_MACVLAN_MODES: Final = {"private": 1, "vepa": 2, "bridge": 4, "passthru": 8}
_CENTISECONDS: Final = 100  # the bridge counts in USER_HZ


def _number(pack: Callable[[int, int], bytes], scale: int = 1) -> Callable[[int, object], bytes]:
    return lambda kind, value: pack(kind, int(cast("int", value)) * scale)


def _address(kind: int, value: object) -> bytes:
    return netlink.ip(kind, str(value))


def _mode(kind: int, value: object) -> bytes:
    return netlink.u32(kind, _MACVLAN_MODES[str(value)])


def _word(name: str, scale: int = 1) -> Callable[[object], str]:
    return lambda value: f"{name} {int(value) * scale if isinstance(value, int) else value}"


_VXLAN_LINK: Final = 3
_IPTUN_LINK: Final = 1
_U8: Final = _number(netlink.u8)
KINDS: Final[Mapping[str, Mapping[str, Field]]] = {
    "bridge": {
        "forward_delay": Field(1, _number(netlink.u32, _CENTISECONDS), _word("forward_delay", _CENTISECONDS)),
        "ageing": Field(4, _number(netlink.u32, _CENTISECONDS), _word("ageing_time", _CENTISECONDS)),
        "stp": Field(5, _number(netlink.u32), _word("stp_state")),
        "vlan_filtering": Field(7, _U8, _word("vlan_filtering")),
        "mcast_snooping": Field(23, _U8, _word("mcast_snooping")),
    },
    "vxlan": {
        "id": Field(1, _number(netlink.u32), _word("id")),
        "remote": Field(2, _address, _word("remote")),
        "local": Field(4, _address, _word("local")),
        "ttl": Field(5, _U8, _word("ttl")),
        "learning": Field(7, _U8, lambda value: "learning" if value else "nolearning"),
        "dstport": Field(15, _number(netlink.be16), _word("dstport")),
    },
    "ipip": {
        "local": Field(2, _address, _word("local")),
        "remote": Field(3, _address, _word("remote")),
        "ttl": Field(4, _U8, _word("ttl")),
    },
    "vlan": {"id": Field(1, _number(netlink.u16), _word("id"))},
    "macvlan": {"mode": Field(1, _mode, _word("mode"))},
}
_LOWER: Final = {"vxlan": _VXLAN_LINK, "ipip": _IPTUN_LINK}  # `dev` is among the kind's own data
_COMMON: Final = frozenset({"up", "mac", "mtu", "master", "dev"})
_PEER: Final = frozenset({"peer", "peer_machine", "peer_mac", "peer_mtu", "peer_index", "queues"})


def check_options(kind: str, options: LinkOptions) -> None:
    """Refuse an option that this kind does not have, before anything is sent."""
    known = _COMMON | KINDS.get(kind, {}).keys() | (_PEER if kind == "veth" else frozenset())
    if unknown := sorted(options.keys() - known):
        message = f"a link of kind {kind} has no option {unknown[0]}"
        raise UsageError(message, hint=f"it has: {', '.join(sorted(known))}")


def encode_data(kind: str, options: LinkOptions, links: LinkTable) -> list[bytes]:
    """Give the attributes of IFLA_INFO_DATA (not of veth, whose data is its peer)."""
    given = cast("Mapping[str, object]", options)
    fields = KINDS.get(kind, {})
    data = [field.pack(field.attribute, given[name]) for name, field in fields.items() if name in given]
    if kind in _LOWER and "dev" in options:
        data.append(netlink.u32(_LOWER[kind], links.index(options["dev"])))
    return data


def render_data(kind: str, options: LinkOptions) -> str:
    """Give what follows `type KIND` on iproute2's line."""
    given = cast("Mapping[str, object]", options)
    fields = KINDS.get(kind, {})
    lower = f"dev {options['dev']}" if kind in _LOWER and "dev" in options else ""
    return join_words(*(field.say(given[name]) for name, field in fields.items() if name in given), lower)


def lies_beside(kind: str, options: LinkOptions) -> str:
    """Name the link that a macvlan or vlan lies on: IFLA_LINK, `ip link add link NAME`."""
    return "" if kind in _LOWER else options.get("dev", "")
