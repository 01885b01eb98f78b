"""Connections that the machine's netfilter keeps, from `conntrack -L -o extended`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from labkit.net.machine import Readable
from labkit.net.read.command import read_text

_HEAD: Final = 5  # ipv4 2 tcp 6 431999; a state follows for protocols that have one


@dataclass(frozen=True, slots=True)
class Flow:
    """One direction: addresses, and ports (0 where the protocol has none) or ICMP's id."""

    src: str
    dst: str
    sport: int = 0
    dport: int = 0
    id: int = 0

    def __str__(self) -> str:
        if self.sport or self.dport:
            return f"{self.src}:{self.sport} -> {self.dst}:{self.dport}"
        return f"{self.src} -> {self.dst}"


@dataclass(frozen=True, slots=True)
class Connection:
    """One entry: as it began, and as its answers come; `flags` are ASSURED, UNREPLIED, OFFLOAD …."""

    proto: str
    state: str
    timeout: int
    original: Flow
    reply: Flow
    mark: int = 0
    flags: frozenset[str] = frozenset()

    @property
    def source_nat(self) -> str | None:
        """The address that the peer sees, when it is not the sender's own."""
        return self.reply.dst if self.reply.dst != self.original.src else None

    @property
    def destination_nat(self) -> str | None:
        """The address that answers, when it is not the one that was called."""
        return self.reply.src if self.reply.src != self.original.dst else None


def read_connections(machine: Readable) -> list[Connection]:
    """Every entry of the machine's own namespace."""
    text = read_text(machine, ["conntrack", "-L", "-o", "extended"])
    return [parse_connection(line) for line in text.splitlines() if line.strip()]


def parse_connection(line: str) -> Connection:
    """Read one line."""
    words = line.split()
    state = words[_HEAD] if "=" not in words[_HEAD] and not words[_HEAD].startswith("[") else ""
    pairs = [(name, value) for name, _, value in (word.partition("=") for word in words) if value]
    flows = _split_flows(pairs)
    return Connection(
        proto=words[2],
        state=state,
        timeout=int(words[4]),
        original=_parse_flow(flows[0]),
        reply=_parse_flow(flows[1]),
        mark=int(dict(pairs).get("mark", "0")),
        flags=frozenset(word[1:-1] for word in words if word.startswith("[")),
    )


def _split_flows(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    """Cut where the next `src=` begins: the original direction stands first."""
    flows: list[dict[str, str]] = []
    for name, value in pairs:
        if name == "src":
            flows.append({})
        if flows:
            flows[-1].setdefault(name, value)
    return flows


def _parse_flow(flow: dict[str, str]) -> Flow:
    numbers = {name: int(flow.get(name, "0")) for name in ("sport", "dport", "id")}
    return Flow(flow["src"], flow["dst"], **numbers)
