"""Policy routing rules: which table is asked for which packets (linux/fib_rules.h)."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import Final, TypedDict

from labkit.net.write import netlink
from labkit.net.write.netlink import Message
from labkit.net.write.request import Context, join_words, option
from labkit.net.write.route import parse_table

RTM_NEWRULE: Final = 32
RTM_DELRULE: Final = 33
FRA_DST: Final = 1
FRA_SRC: Final = 2
FRA_IIFNAME: Final = 3
FRA_PRIORITY: Final = 6
FRA_FWMARK: Final = 10
FRA_TABLE: Final = 15
FRA_FWMASK: Final = 16
FRA_OIFNAME: Final = 17
FR_ACT_TO_TBL: Final = 1
_HEADER: Final = struct.Struct("=BBBBBxxBI")  # family, lengths of dst and src, tos, table, action, flags
_SMALL_TABLES: Final = 256


class RuleOptions(TypedDict, total=False):
    """As after `ip rule add`; `source` is ip's `from`, `mark` is `0x80/0x80` or `0x80`."""

    source: str
    destination: str
    iif: str
    oif: str
    mark: str
    table: str | int


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the given priority, to be added or taken away."""

    priority: int
    options: RuleOptions
    delete: bool = False

    def words(self) -> str:
        return f"{'RTM_DELRULE' if self.delete else 'RTM_NEWRULE'} {self._render()}"

    def command(self) -> str:
        return f"ip rule {'del' if self.delete else 'add'} {self._render()}"

    def encode(self, context: Context) -> Message:  # noqa: ARG002 - a rule names its links by name
        given = self.options
        destination = _parse(given.get("destination"))
        source = _parse(given.get("source"))
        table = parse_table(given.get("table", "main"))
        small = table if table < _SMALL_TABLES else 0
        header = _HEADER.pack(socket.AF_INET, destination[1], source[1], 0, small, FR_ACT_TO_TBL, 0)
        parts = [header, netlink.u32(FRA_PRIORITY, self.priority), netlink.u32(FRA_TABLE, table)]
        parts.extend(
            netlink.attribute(kind, found[0]) for kind, found in ((FRA_DST, destination), (FRA_SRC, source)) if found[0]
        )
        parts.extend(self._encode_matches())
        if self.delete:
            return Message(RTM_DELRULE, 0, b"".join(parts))
        return Message(RTM_NEWRULE, netlink.NLM_F_CREATE | netlink.NLM_F_EXCL, b"".join(parts))

    def _encode_matches(self) -> list[bytes]:
        given = self.options
        parts = []
        if "iif" in given:
            parts.append(netlink.text(FRA_IIFNAME, given["iif"]))
        if "oif" in given:
            parts.append(netlink.text(FRA_OIFNAME, given["oif"]))
        if "mark" in given:
            mark, slash, mask = given["mark"].partition("/")
            parts.append(netlink.u32(FRA_FWMARK, int(mark, 0)))
            if slash:
                parts.append(netlink.u32(FRA_FWMASK, int(mask, 0)))
        return parts

    def _render(self) -> str:
        given = self.options
        return join_words(
            f"from {given.get('source', 'all')}",
            option("to", given.get("destination")),
            option("fwmark", given.get("mark")),
            option("iif", given.get("iif")),
            option("oif", given.get("oif")),
            f"lookup {given.get('table', 'main')} priority {self.priority}",
        )


def _parse(prefix: str | None) -> tuple[bytes, int]:
    if prefix is None:
        return b"", 0
    _, packed, length = netlink.parse_prefix(prefix)
    return packed, length
