"""One packet's way through the network, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from labkit.net import Connection, Frame, write_pcap
from labkit.net.read.network import Network
from labkit.probe.journey.hops import Hop
from labkit.probe.journey.lost import Lost

VERSION: Final = 1  # of the JSON


@dataclass(frozen=True)
class Journey:
    """`src` and `dst` are machines (`dst` the address, where no machine has it), `probe` what was sent to `address`.

    `found`: it came to the destination; `hops` its way, `reply` that of the answer, `answered`: that came back.
    `lost` tells about the packet, or, when that arrived, about its answer; None when all went well.
    `errors`: what ICMP said about either. `connections`: what netfilter keeps about it, for each machine that changed an address.
    `network`: what it went through, read before it was sent.
    """

    src: str
    dst: str
    address: str
    probe: str
    found: bool
    answered: bool
    hops: tuple[Hop, ...]
    reply: tuple[Hop, ...] = ()
    lost: Lost | None = None
    errors: tuple[str, ...] = ()
    connections: Mapping[str, tuple[Connection, ...]] = field(default_factory=dict)
    frames: tuple[Frame, ...] = field(default=(), repr=False)
    network: Network = field(default=Network((), ()), repr=False)

    @property
    def way(self) -> tuple[Hop, ...]:
        """There and back, as one row of hops: that is how they are numbered, from 1."""
        return (*self.hops, *self.reply)

    def to_json(self) -> dict[str, Any]:
        """As `labkit journey --json` shows it: times in seconds from the first hop, layers outermost first."""
        return {
            "version": VERSION,
            "found": self.found,
            "hops": [hop.to_json() for hop in self.hops],
            "reply": [hop.to_json() for hop in self.reply],
            "lost": self.lost.to_json() if self.lost else None,
            "errors": list(self.errors),
        }

    def write_pcap(self, path: Path) -> None:
        """All its frames, the answer's too, for Wireshark."""
        write_pcap(str(path), list(self.frames))
