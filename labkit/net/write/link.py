"""Links: making them, changing them, taking them away (rtnetlink(7), linux/if_link.h)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, TypedDict

from labkit.net.machine import Writable
from labkit.net.write import netlink
from labkit.net.write.kinds import LinkOptions, encode_data, lies_beside, render_data
from labkit.net.write.netlink import Message
from labkit.net.write.request import Context, join_words, option, switch

RTM_NEWLINK: Final = 16
RTM_DELLINK: Final = 17
RTM_SETLINK: Final = 19
IFF_UP: Final = 1
IFLA_ADDRESS: Final = 1
IFLA_IFNAME: Final = 3
IFLA_MTU: Final = 4
IFLA_LINK: Final = 5
IFLA_MASTER: Final = 10
IFLA_LINKINFO: Final = 18
IFLA_NET_NS_FD: Final = 28
IFLA_NUM_TX_QUEUES: Final = 31
IFLA_NUM_RX_QUEUES: Final = 32
IFLA_CARRIER: Final = 33
IFLA_INFO_KIND: Final = 1
IFLA_INFO_DATA: Final = 2
VETH_INFO_PEER: Final = 1
_HEADER: Final = struct.Struct("=BxHiII")  # family, ARPHRD type, index, flags, mask of flags to change


def pack_header(index: int, *, up: bool | None = None, family: int = 0) -> bytes:
    """Pack struct ifinfomsg."""
    flags, change = (0, 0) if up is None else (int(up) * IFF_UP, IFF_UP)
    return _HEADER.pack(family, 0, index, flags, change)


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to be made; of a veth, both ends."""

    name: str
    kind: str
    options: LinkOptions

    def words(self) -> str:
        return f"RTM_NEWLINK {self.name} type {self.kind}"

    def command(self) -> str:
        given = self.options
        lower = lies_beside(self.kind, given)
        return join_words(
            f"ip link add {self.name}",
            lower and f"link {lower}",
            option("address", given.get("mac")),
            option("mtu", given.get("mtu")),
            option("master", given.get("master")),
            "up" if given.get("up") else "",
            self._render_queues(),
            f"type {self.kind}",
            self._render_peer() or render_data(self.kind, given),
        )

    def encode(self, context: Context) -> Message:
        given = self.options
        links = context.links
        parts = [
            pack_header(links.reserve(self.name), up=given.get("up")),
            netlink.text(IFLA_IFNAME, self.name),
        ]
        if "mac" in given:
            parts.append(netlink.mac(IFLA_ADDRESS, given["mac"]))
        if "mtu" in given:
            parts.append(netlink.u32(IFLA_MTU, given["mtu"]))
        if "master" in given:
            parts.append(netlink.u32(IFLA_MASTER, links.index(given["master"])))
        if lower := lies_beside(self.kind, given):
            parts.append(netlink.u32(IFLA_LINK, links.index(lower)))
        parts.append(self._encode_queues())
        parts.append(self._encode_info(context))
        return Message(RTM_NEWLINK, netlink.NLM_F_CREATE | netlink.NLM_F_EXCL, b"".join(parts))

    def _encode_info(self, context: Context) -> bytes:
        kind = netlink.attribute(IFLA_INFO_KIND, self.kind.encode())
        if "peer" in self.options:
            data = [self._encode_peer(self.options["peer"], context)]
        else:
            data = encode_data(self.kind, self.options, context.links)
        return netlink.nested(IFLA_LINKINFO, kind, netlink.nested(IFLA_INFO_DATA, *data))

    def _encode_peer(self, name: str, context: Context) -> bytes:
        given = self.options
        elsewhere = given.get("peer_machine")
        # In another machine the kernel chooses the index unless told; that machine's own batch will find it.
        index = given.get("peer_index", 0) if elsewhere else context.links.reserve(name)
        # It comes down: the kernel refuses to raise it before both ends know each other (ENOTCONN).
        parts = [pack_header(index), netlink.text(IFLA_IFNAME, name)]
        if "peer_mac" in given:
            parts.append(netlink.mac(IFLA_ADDRESS, given["peer_mac"]))
        if mtu := given.get("peer_mtu", given.get("mtu")):
            parts.append(netlink.u32(IFLA_MTU, mtu))
        if elsewhere:
            parts.append(netlink.u32(IFLA_NET_NS_FD, context.open_netns(elsewhere)))
        parts.append(self._encode_queues())
        return netlink.attribute(VETH_INFO_PEER, b"".join(parts))

    def _encode_queues(self) -> bytes:
        if "queues" not in self.options:
            return b""
        number = self.options["queues"]
        return netlink.u32(IFLA_NUM_TX_QUEUES, number) + netlink.u32(IFLA_NUM_RX_QUEUES, number)

    def _render_queues(self) -> str:
        number = self.options.get("queues")
        return "" if number is None else f"numtxqueues {number} numrxqueues {number}"

    def _render_peer(self) -> str:
        given = self.options
        if "peer" not in given:
            return ""
        elsewhere = given.get("peer_machine")
        return join_words(
            f"peer name {given['peer']}",
            option("address", given.get("peer_mac")),
            option("mtu", given.get("peer_mtu", given.get("mtu"))),
            self._render_queues(),
            f"netns {elsewhere.name}" if elsewhere else "",
        )


class LinkChanges(TypedDict, total=False):
    """What can be changed of a link; `master=""` takes it out of its bridge, `into` moves it away."""

    up: bool
    mac: str
    mtu: int
    master: str
    rename: str
    carrier: bool
    into: Writable


@dataclass(frozen=True, slots=True)
class SetLink:
    """A link to be changed."""

    name: str
    changes: LinkChanges

    def words(self) -> str:
        return f"RTM_SETLINK {self.name} {self._render()}"

    def command(self) -> str:
        return f"ip link set {self.name} {self._render()}"

    def encode(self, context: Context) -> Message:
        given, links = self.changes, context.links
        parts = [pack_header(links.index(self.name), up=given.get("up"))]
        if "mac" in given:
            parts.append(netlink.mac(IFLA_ADDRESS, given["mac"]))
        if "mtu" in given:
            parts.append(netlink.u32(IFLA_MTU, given["mtu"]))
        if "master" in given:
            parts.append(netlink.u32(IFLA_MASTER, links.index(given["master"])))
        if "carrier" in given:
            parts.append(netlink.u8(IFLA_CARRIER, given["carrier"]))
        parts.extend(self._encode_whereabouts(context))
        return Message(RTM_SETLINK, 0, b"".join(parts))

    def _encode_whereabouts(self, context: Context) -> list[bytes]:
        parts = []
        name = self.name
        if new := self.changes.get("rename"):
            context.links.rename(name, new)
            parts.append(netlink.text(IFLA_IFNAME, new))
            name = new
        if into := self.changes.get("into"):
            context.links.forget(name)
            parts.append(netlink.u32(IFLA_NET_NS_FD, context.open_netns(into)))
        return parts

    def _render(self) -> str:
        given = self.changes
        master = given.get("master")
        up = given.get("up")
        return join_words(
            option("address", given.get("mac")),
            option("mtu", given.get("mtu")),
            "nomaster" if master == "" else option("master", master),
            option("name", given.get("rename")),
            switch("carrier", given.get("carrier")),
            "" if up is None else ("up" if up else "down"),
            f"netns {given['into'].name}" if "into" in given else "",
        )


@dataclass(frozen=True, slots=True)
class DelLink:
    """A link to be taken away; a veth goes with its peer."""

    name: str

    def words(self) -> str:
        return f"RTM_DELLINK {self.name}"

    def command(self) -> str:
        return f"ip link del {self.name}"

    def encode(self, context: Context) -> Message:
        body = pack_header(context.links.index(self.name))
        context.links.forget(self.name)
        return Message(RTM_DELLINK, 0, body)
