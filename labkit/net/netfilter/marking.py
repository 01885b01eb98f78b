"""Which packets the kernel shall trace: an own table that marks them where they come in, as messages for nf_tables. Pure.

The table has an owner, the socket that made it, and goes with it (NFT_TABLE_F_OWNER, Linux 5.12): nothing stays when its
process is killed. It stands before every other chain of its hooks, changes nothing but the sign that a packet is traced,
and is for prerouting and output, where every packet begins its way.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from labkit.net.netfilter.nfnetlink import FAMILIES, NEW_CHAIN, NEW_RULE, NEW_TABLE, SUBSYSTEM, plan_message
from labkit.net.write import netlink
from labkit.net.write.netlink import Message

OWN: Final = "labkit-trace-"  # what the names of such tables begin with
_NUMBERS: Final = {name: number for number, name in FAMILIES.items()}
_BEGIN, _END = 16, 17  # NFNL_MSG_BATCH_BEGIN and _END
_OWNER: Final = 2
_HOOKS: Final = {"prerouting": 0, "output": 3}  # the same numbers in inet and bridge
_FIRST: Final = -(1 << 31)  # priority; of two that are first the newer one is asked first
_EXPRESSIONS: Final = 4
_NETWORK, _TRANSPORT = 1, 2  # NFT_PAYLOAD_NETWORK_HEADER and _TRANSPORT_HEADER
PROTOCOL_AT: Final = 9  # byte of the IPv4 header
_TRACED: Final = 12  # NFT_META_NFTRACE
_REGISTER: Final = 1
_IPV4, _ETHERNET, _UDP, _VXLAN, _SLEEVE, _GRE = 20, 14, 8, 8, 20, 4  # bytes of headers
# By which protocol a packet may be wrapped, and how far behind the outer transport header its own one begins.
_WRAPPINGS: Final = (
    (4, _IPV4),
    (47, _GRE + _IPV4),
    (17, _UDP + _IPV4),
    (17, _UDP + _VXLAN + _ETHERNET + _IPV4),
    (17, _UDP + _SLEEVE + _ETHERNET + _IPV4),
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """IPv4 packets of a protocol (its number) with these bytes at these places of their transport header, wrapped or not."""

    name: str
    protocol: int
    parts: tuple[tuple[int, bytes], ...]


def plan_marking(table: str, families: Sequence[str], patterns: Sequence[Pattern]) -> list[Message]:
    """All in one transaction: in each family the table, and for each pattern a chain at either hook, named by it."""
    batch = [plan_message(_BEGIN, 0, 0, resource=SUBSYSTEM >> 8)]
    for family in families:
        batch += _plan_table(table, _NUMBERS[family], patterns)
    return [*batch, plan_message(_END, 0, 0, resource=SUBSYSTEM >> 8)]


def _plan_table(table: str, family: int, patterns: Sequence[Pattern]) -> Iterator[Message]:
    yield plan_message(NEW_TABLE, netlink.NLM_F_CREATE, family, netlink.text(1, table), _be32(2, _OWNER))
    for pattern in patterns:
        for hook, number in _HOOKS.items():
            chain = f"{pattern.name}-{hook}"
            place = netlink.nested(4, _be32(1, number), _be32(2, _FIRST))
            head = (netlink.text(1, table), netlink.text(3, chain))
            yield plan_message(NEW_CHAIN, netlink.NLM_F_CREATE, family, *head, place, netlink.text(7, "filter"))
            for protocol, offset in ((pattern.protocol, 0), *_WRAPPINGS):
                rule = netlink.nested(_EXPRESSIONS, *_plan_rule(pattern, protocol, offset))
                head = (netlink.text(1, table), netlink.text(2, chain))
                yield plan_message(NEW_RULE, netlink.NLM_F_CREATE | netlink.NLM_F_APPEND, family, *head, rule)


def _plan_rule(pattern: Pattern, protocol: int, offset: int) -> Iterator[bytes]:
    yield from _plan_comparison(_NETWORK, PROTOCOL_AT, bytes([protocol]))
    for at, data in pattern.parts:
        yield from _plan_comparison(_TRANSPORT, offset + at, data)
    yield _expression("immediate", _be32(1, _REGISTER), netlink.nested(2, netlink.attribute(1, b"\1")))
    yield _expression("meta", _be32(2, _TRACED), _be32(3, _REGISTER))


def _plan_comparison(base: int, offset: int, data: bytes) -> Iterator[bytes]:
    yield _expression("payload", _be32(1, _REGISTER), _be32(2, base), _be32(3, offset), _be32(4, len(data)))
    yield _expression("cmp", _be32(1, _REGISTER), _be32(2, 0), netlink.nested(3, netlink.attribute(1, data)))


def _expression(name: str, *data: bytes) -> bytes:
    return netlink.nested(1, netlink.text(1, name), netlink.nested(2, *data))


def _be32(kind: int, value: int) -> bytes:
    return netlink.attribute(kind, struct.pack("!I", value & 0xFFFFFFFF))
