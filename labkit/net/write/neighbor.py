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
_HEADER: Final = struct.Struct("=BxxxiHBB")  # family, link index, state, flags, type


def _write_flags(*, append: bool, replace: bool) -> int:
    verb = netlink.NLM_F_APPEND if append else netlink.NLM_F_REPLACE if replace else netlink.NLM_F_EXCL
    return netlink.NLM_F_CREATE | verb


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A permanent neighbour: `address` has the MAC `mac` on `link`; without a MAC, one to answer for (proxy)."""

    address: str
    mac: str
    link: str
    replace: bool = False
    delete: bool = False

    def words(self) -> str:
        name = "RTM_DELNEIGH" if self.delete else "RTM_NEWNEIGH"
        return join_words(name, self.address, self.mac and f"at {self.mac}", f"on {self.link}")

    def command(self) -> str:
        verb = "del" if self.delete else "replace" if self.replace else "add"
        if not self.mac:
            return f"ip neigh {verb} {'' if self.delete else 'proxy '}{self.address} dev {self.link}"
        hardware = "" if self.delete else f"lladdr {self.mac}"
        return join_words(f"ip neigh {verb} {self.address}", hardware, f"dev {self.link}")

    def encode(self, context: Context) -> Message:
        family, packed = netlink.parse_ip(self.address)
        flags = 0 if self.mac or self.delete else NTF_PROXY
        index = context.links.index(self.link)
        body = _HEADER.pack(family, index, NUD_PERMANENT, flags, 0) + netlink.attribute(NDA_DST, packed)
        if self.delete:
            return Message(RTM_DELNEIGH, 0, body)
        if self.mac:
            body += netlink.mac(NDA_LLADDR, self.mac)
        return Message(RTM_NEWNEIGH, _write_flags(append=False, replace=self.replace), body)


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
        header = _HEADER.pack(AF_BRIDGE, context.links.index(self.link), state, flags, 0)
        body = header + netlink.mac(NDA_LLADDR, self.mac)
        if "dst" in given:
            body += netlink.ip(NDA_DST, given["dst"])
        if self.delete:
            return Message(RTM_DELNEIGH, 0, body)
        verb = _write_flags(append=given.get("append", False), replace=given.get("replace", False))
        return Message(RTM_NEWNEIGH, verb, body)
