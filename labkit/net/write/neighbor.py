"""Neighbours of links and the forwarding database of bridges and VXLANs (linux/neighbour.h)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from socket import AF_BRIDGE
from typing import Final, TypedDict

from labkit.net.write import netlink
from labkit.net.write.netlink import Message
from labkit.net.write.request import Context, join_words, option

RTM_NEWNEIGH: Final = 28
RTM_DELNEIGH: Final = 29
NDA_DST: Final = 1
NDA_LLADDR: Final = 2
NTF_SELF: Final = 2
NTF_MASTER: Final = 4
NTF_PROXY: Final = 8
NUD_REACHABLE: Final = 0x02
NUD_NOARP: Final = 0x40
NUD_PERMANENT: Final = 0x80
FDB_STATES: Final = {"permanent": NUD_PERMANENT, "static": NUD_NOARP, "dynamic": NUD_REACHABLE}
HEADER: Final = struct.Struct("=BxxxiHBB")  # family, link index, state, flags, type


def _write_flags(*, append: bool, replace: bool) -> int:
    verb = netlink.NLM_F_APPEND if append else netlink.NLM_F_REPLACE if replace else netlink.NLM_F_EXCL
    return netlink.NLM_F_CREATE | verb


class NeighborOptions(TypedDict, total=False):
    """`mac`: a permanent entry; `proxy`: answer ARP for the address on this link instead."""

    mac: str
    proxy: bool
    replace: bool


@dataclass(frozen=True, slots=True)
class Neighbor:
    """Who has `address` on `link`."""

    address: str
    link: str
    options: NeighborOptions
    delete: bool = False

    def words(self) -> str:
        name = "RTM_DELNEIGH" if self.delete else "RTM_NEWNEIGH"
        return join_words(name, self.address, option("at", self.options.get("mac")), f"on {self.link}")

    def command(self) -> str:
        given = self.options
        return join_words(
            f"ip neigh {'del' if self.delete else 'replace' if given.get('replace') else 'add'}",
            "proxy" if given.get("proxy") else "",
            self.address,
            option("lladdr", given.get("mac")),
            f"dev {self.link}",
        )

    def encode(self, context: Context) -> Message:
        given = self.options
        family, packed = netlink.parse_ip(self.address)
        flags = NTF_PROXY if given.get("proxy") else 0
        index = context.links.index(self.link)
        body = HEADER.pack(family, index, NUD_PERMANENT, flags, 0) + netlink.attribute(NDA_DST, packed)
        if "mac" in given:
            body += netlink.mac(NDA_LLADDR, given["mac"])
        if self.delete:
            return Message(RTM_DELNEIGH, 0, body)
        return Message(RTM_NEWNEIGH, _write_flags(append=False, replace=given.get("replace", False)), body)


class FdbOptions(TypedDict, total=False):
    """`dst`: the remote end of a VXLAN; `master`: the entry is the bridge's, not the link's own."""

    dst: str
    master: bool
    state: str
    append: bool
    replace: bool


@dataclass(frozen=True, slots=True)
class Fdb:
    """A forwarding entry: frames for `mac` leave by `link`."""

    mac: str
    link: str
    options: FdbOptions
    delete: bool = False

    def words(self) -> str:
        name = "RTM_DELNEIGH" if self.delete else "RTM_NEWNEIGH"
        return join_words(name, f"fdb {self.mac} on {self.link}", option("dst", self.options.get("dst")))

    def command(self) -> str:
        given = self.options
        verb = "append" if given.get("append") else "replace" if given.get("replace") else "add"
        return join_words(
            f"bridge fdb {'del' if self.delete else verb} {self.mac} dev {self.link}",
            option("dst", given.get("dst")),
            "master" if given.get("master") else "self",
            "" if self.delete else given.get("state", "permanent"),
        )

    def encode(self, context: Context) -> Message:
        given = self.options
        state = FDB_STATES[given.get("state", "permanent")]
        flags = NTF_MASTER if given.get("master") else NTF_SELF
        header = HEADER.pack(AF_BRIDGE, context.links.index(self.link), state, flags, 0)
        body = header + netlink.mac(NDA_LLADDR, self.mac)
        if "dst" in given:
            body += netlink.ip(NDA_DST, given["dst"])
        if self.delete:
            return Message(RTM_DELNEIGH, 0, body)
        verb = _write_flags(append=given.get("append", False), replace=given.get("replace", False))
        return Message(RTM_NEWNEIGH, verb, body)
