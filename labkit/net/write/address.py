"""Addresses of links (rtnetlink(7), linux/if_addr.h)."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass
from typing import Final, TypedDict

from labkit.net.write import netlink
from labkit.net.write.netlink import Message
from labkit.net.write.request import Context, join_words, option

RTM_NEWADDR: Final = 20
RTM_DELADDR: Final = 21
IFA_ADDRESS: Final = 1
IFA_LOCAL: Final = 2
IFA_BROADCAST: Final = 4
SCOPES: Final = {"global": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}
_HEADER: Final = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, link index


class AddressOptions(TypedDict, total=False):
    """As with `ip addr add` there is no broadcast address unless asked for: `broadcast="+"` or one."""

    broadcast: str
    scope: str
    peer: str


@dataclass(frozen=True, slots=True)
class Address:
    """An address `10.244.1.1/24` to be added to a link, or taken from it."""

    prefix: str
    link: str
    options: AddressOptions
    delete: bool = False

    def words(self) -> str:
        return f"{'RTM_DELADDR' if self.delete else 'RTM_NEWADDR'} {self.prefix} on {self.link}"

    def command(self) -> str:
        return join_words(
            f"ip addr {'del' if self.delete else 'add'} {self.prefix}",
            option("peer", self.options.get("peer")),
            option("broadcast", self.options.get("broadcast")),
            option("scope", self.options.get("scope")),
            f"dev {self.link}",
        )

    def encode(self, context: Context) -> Message:
        family, local, length = netlink.parse_prefix(self.prefix)
        remote = local
        if peer := self.options.get("peer"):
            _, remote, length = netlink.parse_prefix(peer)
        # iproute2's default: host for loopback addresses, else global.
        scope = self.options.get("scope", "host" if self.prefix.startswith("127.") else "global")
        header = _HEADER.pack(family, length, 0, SCOPES[scope], context.links.index(self.link))
        body = header + netlink.attribute(IFA_LOCAL, local) + netlink.attribute(IFA_ADDRESS, remote)
        if broadcast := self.options.get("broadcast"):
            body += netlink.ip(IFA_BROADCAST, self._resolve_broadcast(broadcast))
        if self.delete:
            return Message(RTM_DELADDR, 0, body)
        return Message(RTM_NEWADDR, netlink.NLM_F_CREATE | netlink.NLM_F_EXCL, body)

    def _resolve_broadcast(self, asked: str) -> str:
        if asked != "+":
            return asked
        return str(ipaddress.ip_interface(self.prefix).network.broadcast_address)
