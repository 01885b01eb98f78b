"""A name asked of a DNS server (RFC 1035): over UDP, over TCP when the answer was cut short."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from dataclasses import dataclass
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from labkit.errors import UsageError
from labkit.probe.answer import Answer
from labkit.probe.sockets import parse_address, start_socket
from labkit.probe.witness import wait_for
from labkit.probe.words import describe_errno
from labkit.timing import scale
from labkit.world import Machine

PORT: Final = 53
TRIES: Final = 2  # a datagram may be lost, the first one to ARP


@dataclass(frozen=True)
class DnsAnswer(Answer):
    """`reached`: the server answered, whatever it said. `code`: NOERROR, NXDOMAIN, SERVFAIL, …; None without an answer.

    `records`: those of the type asked for, sorted, as in a zone file ("10.96.0.10"); aliases on the way are left out.
    """

    code: str | None = None
    records: tuple[str, ...] = ()


def ask_dns(src: Machine, name: str, *, server: str, kind: str = "A", timeout: float = 1.0) -> DnsAnswer:
    """Ask `server` from a machine; a name is taken as it is, without search domains.

    Raises UsageError for what is no name, record type or address, CannotTell when a socket is refused.
    """
    address, query = parse_address(server), _plan_query(name, kind)
    began = time.monotonic()
    reply = _exchange(src, query, address, began + scale(timeout))
    code, records = (None, ()) if isinstance(reply, str) else (dns.rcode.to_text(reply.rcode()), _list_records(reply))
    return DnsAnswer(
        reached=code is not None,
        seen_source=None,
        detail=reply if isinstance(reply, str) else f"{address} said {code}: {', '.join(records) or 'no records'}",
        seconds=round(time.monotonic() - began, 6),
        argv=("dig", "+short", f"@{address}", name, kind),
        code=code,
        records=records,
    )


def _plan_query(name: str, kind: str) -> dns.message.QueryMessage:
    try:
        return dns.message.make_query(name, kind)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise UsageError(
            f"{name!r}, {kind!r}: {error}", hint="a name and a record type, as web.example and A"
        ) from error


def _exchange(src: Machine, query: dns.message.Message, server: str, deadline: float) -> dns.message.Message | str:
    """The reply, or why there is none."""
    try:
        reply = _ask_udp(src, query, server, deadline)
        return _ask_tcp(src, query, server, deadline) if reply.flags & dns.flags.TC else reply
    except dns.exception.Timeout:
        return f"no answer from {server} (time-out)"
    except dns.exception.DNSException as error:
        return f"{server} sent what is no answer: {error}"
    except OSError as error:
        return describe_errno(error.errno or 0)


def _ask_udp(src: Machine, query: dns.message.Message, server: str, deadline: float) -> dns.message.Message:
    pause = (deadline - time.monotonic()) / TRIES
    with start_socket(src, socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((server, PORT))  # so that a refusal by ICMP is told
        for _ in range(TRIES):
            with contextlib.suppress(dns.exception.Timeout):
                return dns.query.udp(query, server, pause, sock=sock)
    raise dns.exception.Timeout


def _ask_tcp(src: Machine, query: dns.message.Message, server: str, deadline: float) -> dns.message.Message:
    with start_socket(src, socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.connect_ex((server, PORT))
        if not wait_for(sock, deadline, select.POLLOUT):
            raise dns.exception.Timeout
        return dns.query.tcp(query, server, max(0.0, deadline - time.monotonic()), sock=sock)


def _list_records(reply: dns.message.Message) -> tuple[str, ...]:
    wanted = reply.question[0].rdtype if reply.question else dns.rdatatype.A
    return tuple(sorted(each.to_text() for rrset in reply.answer if rrset.rdtype == wanted for each in rrset))
