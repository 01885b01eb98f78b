"""What nf_tables did with a packet, step by step, from the messages of the kernel's trace (NFT_MSG_TRACE). Pure."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from labkit.net.netfilter.counters import Key
from labkit.net.netfilter.marking import PROTOCOL_AT, Pattern
from labkit.net.netfilter.nfnetlink import TRACE, parse_family, parse_number, parse_text, split_body
from labkit.net.write import netlink

_TABLE, _CHAIN, _HANDLE, _TYPE, _VERDICT, _ID, _POLICY = 1, 2, 3, 4, 5, 6, 16  # NFTA_TRACE_…
_NETWORK, _TRANSPORT = 8, 9  # the first bytes of these headers, in the first message of each base chain
_OF_POLICY: Final = 1  # NFT_TRACETYPE_POLICY
_CODE, _TO = 1, 2  # NFTA_VERDICT_…
_CONTROL: Final = {-1: "continue", -2: "break", -3: "jump", -4: "goto", -5: "return"}
_VERDICTS: Final = ("drop", "accept", "stolen", "queue", "repeat", "stop")  # NF_…
_IPV4: Final = 20  # bytes of its header
_PORTS: Final = struct.Struct("!HH")
_PORTED: Final = (socket.IPPROTO_TCP, socket.IPPROTO_UDP, socket.IPPROTO_SCTP)
_VERDICT_BITS: Final = 0xFF  # above them: an errno, or the queue's number


@dataclass(frozen=True, slots=True)
class Step:
    """A rule whose conditions held (`handle`), or with handle 0 the end of a chain: its policy, when it is a base chain.

    `verdict`: accept, drop, stolen, queue, continue, jump, goto, return; `to`: the chain that it goes to.
    """

    family: str
    table: str
    chain: str
    handle: int
    verdict: str
    to: str = ""

    @property
    def key(self) -> Key:
        """The rule's, or that of the chain's policy, as counters have it."""
        return self.family, self.table, self.chain, self.handle


@dataclass(frozen=True, slots=True)
class Passage:
    """One packet's way through a machine's chains, from prerouting or output on; `pattern`: the name of what it was known by.

    One that is forwarded has all its hooks in one passage; one that is wrapped or unwrapped here begins another one.
    `target`: destination, protocol's number and port (0: none), as the last of its base chains found them.
    """

    pattern: str
    steps: tuple[Step, ...]
    target: tuple[str, int, int] = ("", 0, 0)


def parse_passages(datagrams: Iterable[bytes], own: str, patterns: Sequence[Pattern]) -> tuple[Passage, ...]:
    """In the order in which they began; `own`: the table that marked packets of these patterns. What others have traced is left out."""
    began: list[_Going] = []
    going: dict[bytes, _Going] = {}
    for found, step in _list_steps(datagrams):
        packet, pattern = found.get(_ID, b""), ""
        if step.table == own and step.handle:  # marked, again or for the first time
            pattern = step.chain.rpartition("-")[0]
        elif step.table != own and packet not in going:  # a copy, as a bridge makes it for another port
            pattern = next((each.name for each in patterns if _is_of(found, each)), "")
        if pattern:
            going[packet] = _Going(pattern)
            began.append(going[packet])
        if step.table != own and packet in going:
            going[packet].add(step, found)
    return tuple(Passage(each.pattern, tuple(each.steps), each.target) for each in began)


@dataclass
class _Going:
    """A passage that is not over."""

    pattern: str
    steps: list[Step] = field(default_factory=list)
    target: tuple[str, int, int] = ("", 0, 0)

    def add(self, step: Step, found: Mapping[int, bytes]) -> None:
        self.steps.append(step)
        network, transport = found.get(_NETWORK, b""), found.get(_TRANSPORT, b"")
        if len(network) >= _IPV4 and len(transport) >= _PORTS.size:
            protocol = network[PROTOCOL_AT]
            port = _PORTS.unpack_from(transport)[1] if protocol in _PORTED else 0
            self.target = socket.inet_ntoa(network[16:20]), protocol, port


def _list_steps(datagrams: Iterable[bytes]) -> Iterator[tuple[Mapping[int, bytes], Step]]:
    for datagram in datagrams:
        for kind, _, _, body in netlink.split_messages(datagram):
            if kind == TRACE:
                found = split_body(body)
                yield found, _parse_step(parse_family(body), found)


def _is_of(found: Mapping[int, bytes], pattern: Pattern) -> bool:
    """Whether the headers that were told are those of such a packet, not wrapped in anything."""
    network, transport = found.get(_NETWORK, b""), found.get(_TRANSPORT, b"")
    same = network[PROTOCOL_AT : PROTOCOL_AT + 1] == bytes([pattern.protocol])
    return same and all(transport[at : at + len(data)] == data for at, data in pattern.parts)


def _parse_step(family: str, found: Mapping[int, bytes]) -> Step:
    table, chain = (parse_text(found.get(kind, b"")) for kind in (_TABLE, _CHAIN))
    if parse_number(found.get(_TYPE, b"")) == _OF_POLICY:
        return Step(family, table, chain, 0, _say_verdict(found.get(_POLICY, b"\0\0\0\0")))
    verdict = dict(netlink.split_attributes(found.get(_VERDICT, b"")))
    return Step(
        family,
        table,
        chain,
        parse_number(found.get(_HANDLE, b"")),
        _say_verdict(verdict.get(_CODE, b"\xff\xff\xff\xff")),
        parse_text(verdict.get(_TO, b"")),
    )


def _say_verdict(value: bytes) -> str:
    code: int = struct.unpack("!i", value)[0]
    if code < 0:
        return _CONTROL.get(code, str(code))
    number = code & _VERDICT_BITS
    return _VERDICTS[number] if number < len(_VERDICTS) else str(number)
