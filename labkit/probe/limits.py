"""What makes silence prove nothing: a neighbour table, which all namespaces share, that was full.

Counted by the kernel for the whole computer, and told to anybody in any network namespace by rtnetlink (RTM_GETNEIGHTBL); the file
/proc/net/stat/arp_cache has the same number, but only in the computer's first namespace, so not in a container.
"""

from __future__ import annotations

import socket
import struct
from typing import Final

from labkit.errors import CannotTell
from labkit.net.write import netlink
from labkit.net.write.netlink import Message

# linux/rtnetlink.h, linux/neighbour.h
RTM_GETNEIGHTBL: Final = 66
NDTA_STATS: Final = 7
_NLMSG_DONE: Final = 3
_NLM_F_DUMP: Final = 0x300
_HEAD: Final = struct.Struct("=BxH")  # struct ndtmsg
_STATISTICS: Final = struct.Struct("=11Q")  # struct ndt_stats; the last is ndts_table_fulls
_BUFFER: Final = 1 << 16


def read_overflows() -> int:
    """How often the computer's table of IPv4 neighbours was full so far; 0 where the kernel has no such count (before 4.3)."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as route_socket:
        route_socket.settimeout(1)
        body = _HEAD.pack(socket.AF_INET, 0)
        route_socket.send(netlink.pack(Message(RTM_GETNEIGHTBL, _NLM_F_DUMP, body), 1))
        found = 0
        while True:
            for kind, _, _, answer in netlink.split_messages(route_socket.recv(_BUFFER)):
                if kind == _NLMSG_DONE:
                    return found
                found += parse_overflows(answer)


def parse_overflows(body: bytes) -> int:
    """Of one table; 0 of a part that is about one link only."""
    statistics = dict(netlink.split_attributes(body, _HEAD.size)).get(NDTA_STATS, b"")
    return int(_STATISTICS.unpack_from(statistics)[-1]) if len(statistics) >= _STATISTICS.size else 0


def require_room(overflows: int) -> None:
    """After silence: raise CannotTell when the table was full since `overflows` was read, for then packets were dropped for that."""
    if read_overflows() > overflows:
        raise CannotTell(
            "the neighbour table of this computer was full, so silence proves nothing",
            hint="end other labs, or raise net.ipv4.neigh.default.gc_thresh3 as root; labkit doctor tells its value",
        )
