"""What nf_tables did with a packet, step by step, from the messages of the kernel's trace (NFT_MSG_TRACE). Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from labkit.net.netfilter.counters import Key
from labkit.net.netfilter.nfnetlink import TRACE, parse_family, parse_number, parse_text, split_body
from labkit.net.write import netlink

_TABLE, _CHAIN, _HANDLE, _TYPE, _VERDICT, _ID, _POLICY = 1, 2, 3, 4, 5, 6, 16  # NFTA_TRACE_…
_OF_POLICY: Final = 1  # NFT_TRACETYPE_POLICY
_CODE, _TO = 1, 2  # NFTA_VERDICT_…
_CONTROL: Final = {-1: "continue", -2: "break", -3: "jump", -4: "goto", -5: "return"}
_VERDICTS: Final = ("drop", "accept", "stolen", "queue", "repeat", "stop")  # NF_…
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
    """

    pattern: str
    steps: tuple[Step, ...]


def parse_passages(datagrams: Iterable[bytes], own: str) -> tuple[Passage, ...]:
    """In the order in which they began; `own`: the table that marked the packets."""
    steps: list[tuple[str, list[Step]]] = []
    going: dict[bytes, list[Step]] = {}
    for datagram in datagrams:
        for kind, _, _, body in netlink.split_messages(datagram):
            if kind != TRACE:
                continue
            found = split_body(body)
            step, packet = _parse_step(parse_family(body), found), found.get(_ID, b"")
            if step.table == own and step.handle:  # marked, again or for the first time: it begins a way
                going[packet] = []
                steps.append((step.chain.rpartition("-")[0], going[packet]))
            elif step.table != own and packet in going:  # what others have traced is not ours
                going[packet].append(step)
    return tuple(Passage(pattern, tuple(each)) for pattern, each in steps)


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
