"""How a question failed, in words: errno of the own kernel, ICMP of another, or silence. Pure."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from typing import Final

from labkit.probe import icmp

_ERRNO: Final[Mapping[int, str]] = {
    errno.ENETUNREACH: "no route to it",
    errno.EHOSTUNREACH: "a route says unreachable, or nobody answers ARP for it",
    errno.EACCES: "a route says prohibit, or it is a broadcast address",
    errno.EINVAL: "a route says blackhole",
    errno.EPERM: "dropped by a netfilter rule on the way out",
    errno.EMSGSIZE: "larger than the MTU of the link, and not to be fragmented",
    errno.ENETDOWN: "the link it would leave by is down",
    errno.ENOBUFS: "the link's queue is full",
    errno.ECONNREFUSED: "refused: nothing listens there",
    errno.ECONNRESET: "reset after it was accepted",
    errno.ETIMEDOUT: "no answer",
}
# RFC 792, RFC 1812 (5.2.7.1)
_UNREACHABLE: Final[Mapping[int, str]] = {
    0: "network unreachable",
    1: "host unreachable",
    2: "protocol unreachable",
    3: "port unreachable",
    5: "source route failed",
    9: "network prohibited by a rule",
    10: "host prohibited by a rule",
    13: "prohibited by a rule",
}


def describe_errno(number: int) -> str:
    """`no route to it (ENETUNREACH)`."""
    name = errno.errorcode.get(number, str(number))
    return f"{_ERRNO.get(number) or os.strerror(number)} ({name})"


def describe_icmp(kind: int, code: int, source: str, mtu: int = 0) -> str:
    """`host unreachable, says 10.0.0.1`."""
    if kind == icmp.TIME_EXCEEDED:
        return f"TTL ran out at {source}" if code == 0 else f"fragments did not come together at {source}"
    if code == icmp.FRAGMENTATION_NEEDED:
        return f"too large for the next link, says {source}: its MTU is {mtu}"
    return f"{_UNREACHABLE.get(code, f'unreachable (code {code})')}, says {source}"
