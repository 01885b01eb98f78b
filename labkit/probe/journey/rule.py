"""A rule of netfilter that did something to a packet, and how that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Told = Literal["trace", "counters", "matches"]
_HOW = {
    "trace": "",
    "counters": "told by counters: the kernel has traced nothing here",
    "matches": "told by its conditions: nothing counted or traced it",
}


@dataclass(frozen=True)
class Rule:
    """A rule by the command that would add it; `source` is nft, iptables or iptables-legacy.

    `origin`: the object that it was written for (`NetworkPolicy shop/db-from-api`, `Service shop/web`), where that can be known.
    `drops`: it dropped the packet; else it changed it. `told`: by the kernel's own trace of this packet, by counters read before and after it, or by what it matches.
    """

    table: str
    chain: str
    text: str
    source: str
    origin: str = ""
    told: Told = "trace"
    drops: bool = False

    def to_json(self) -> dict[str, str]:
        """As `labkit journey --json` shows it."""
        return {"table": self.table, "chain": self.chain, "text": self.text, "from": self.origin or self.source}

    def describe(self) -> str:
        """What stands behind its text: `(table filter, chain FORWARD), which comes from Service shop/web`."""
        origin = f", which comes from {self.origin}" if self.origin else ""
        how = f"; {_HOW[self.told]}" if _HOW[self.told] else ""
        return f"(table {self.table}, chain {self.chain}){origin}{how}"

    def __str__(self) -> str:
        return f"{'dropped' if self.drops else 'changed'} by {self.text} {self.describe()}"
