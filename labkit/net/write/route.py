"""Routes (rtnetlink(7), linux/rtnetlink.h)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, TypedDict

from labkit.net.write import netlink
from labkit.net.write.address import SCOPES
from labkit.net.write.netlink import Message
from labkit.net.write.request import Context, join_words, option

RTM_NEWROUTE: Final = 24
RTM_DELROUTE: Final = 25
RTA_DST: Final = 1
RTA_OIF: Final = 4
RTA_GATEWAY: Final = 5
RTA_PRIORITY: Final = 6
RTA_PREFSRC: Final = 7
RTA_METRICS: Final = 8
RTA_TABLE: Final = 15
RTAX_MTU: Final = 2
RTNH_F_ONLINK: Final = 4
PROTOCOLS: Final = {"unspec": 0, "kernel": 2, "boot": 3, "static": 4, "bird": 12, "dhcp": 16, "bgp": 186}
KINDS: Final = {"unicast": 1, "local": 2, "blackhole": 6, "unreachable": 7, "prohibit": 8, "throw": 9}
TABLES: Final = {"default": 253, "main": 254, "local": 255}
_HEADER: Final = struct.Struct("=BBBBBBBBI")  # family, lengths of dst and src, tos, table, proto, scope, type, flags
_SMALL_TABLES: Final = 256


class RouteOptions(TypedDict, total=False):
    """As after `ip route add PREFIX`. `append` and `replace` are ip's verbs in place of `add`."""

    via: str
    dev: str
    src: str
    metric: int
    onlink: bool
    mtu: int
    proto: str | int
    scope: str
    table: str | int
    kind: str
    append: bool
    replace: bool


def parse_table(table: str | int) -> int:
    """Number of a table given by name or number."""
    return table if isinstance(table, int) else TABLES[table] if table in TABLES else int(table)


def parse_protocol(protocol: str | int) -> int:
    """Number of a routing protocol given by name or number."""
    return PROTOCOLS[protocol] if isinstance(protocol, str) else protocol


@dataclass(frozen=True, slots=True)
class Route:
    """A route to `10.244.2.0/24` or `default`, to be added or taken away."""

    destination: str
    options: RouteOptions
    delete: bool = False

    def words(self) -> str:
        return f"{'RTM_DELROUTE' if self.delete else 'RTM_NEWROUTE'} {self._render()}"

    def command(self) -> str:
        verb = "append" if self.options.get("append") else "replace" if self.options.get("replace") else "add"
        return f"ip route {'del' if self.delete else verb} {self._render()}"

    def encode(self, context: Context) -> Message:
        given = self.options
        family, packed, length = self._parse_destination()
        table = parse_table(given.get("table", "main"))
        header = _HEADER.pack(
            family,
            length,
            0,
            0,
            table if table < _SMALL_TABLES else 0,
            self._protocol(),
            self._scope(),
            KINDS[given.get("kind", "unicast")],
            RTNH_F_ONLINK if given.get("onlink") else 0,
        )
        destination = netlink.attribute(RTA_DST, packed) if length else b""
        body = b"".join([header, destination, netlink.u32(RTA_TABLE, table), *self._encode_options(context)])
        return Message(RTM_DELROUTE if self.delete else RTM_NEWROUTE, self._flags(), body)

    def _encode_options(self, context: Context) -> list[bytes]:
        given = self.options
        parts = []
        if "via" in given:
            parts.append(netlink.ip(RTA_GATEWAY, given["via"]))
        if "dev" in given:
            parts.append(netlink.u32(RTA_OIF, context.links.index(given["dev"])))
        if "src" in given:
            parts.append(netlink.ip(RTA_PREFSRC, given["src"]))
        if "metric" in given:
            parts.append(netlink.u32(RTA_PRIORITY, given["metric"]))
        if "mtu" in given:
            parts.append(netlink.nested(RTA_METRICS, netlink.u32(RTAX_MTU, given["mtu"])))
        return parts

    def _parse_destination(self) -> tuple[int, bytes, int]:
        if self.destination != "default":
            return netlink.parse_prefix(self.destination)
        family, packed = netlink.parse_ip(self.options.get("via", "0.0.0.0"))  # noqa: S104 - tells the family, binds nothing
        return family, packed, 0

    def _flags(self) -> int:
        if self.delete:
            return 0
        if self.options.get("append"):
            return netlink.NLM_F_CREATE | netlink.NLM_F_APPEND
        return netlink.NLM_F_CREATE | (netlink.NLM_F_REPLACE if self.options.get("replace") else netlink.NLM_F_EXCL)

    def _protocol(self) -> int:
        # A deletion that does not say matches any; an addition is `boot`, as from ip.
        return parse_protocol(self.options.get("proto", "unspec" if self.delete else "boot"))

    def _scope(self) -> int:
        given = self.options
        if "scope" in given:
            return SCOPES[given["scope"]]
        if self.delete:
            return SCOPES["nowhere"]
        kind = given.get("kind", "unicast")
        if kind == "local":
            return SCOPES["host"]
        return SCOPES["link" if kind == "unicast" and "via" not in given else "global"]

    def _render(self) -> str:
        given = self.options
        return join_words(
            given.get("kind", ""),
            self.destination,
            option("via", given.get("via")),
            option("dev", given.get("dev")),
            option("proto", given.get("proto")),
            option("scope", given.get("scope")),
            option("src", given.get("src")),
            option("metric", given.get("metric")),
            option("mtu", given.get("mtu")),
            option("table", given.get("table")),
            "onlink" if given.get("onlink") else "",
        )
