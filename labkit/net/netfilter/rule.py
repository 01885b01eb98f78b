"""A rule and a chain in one form for nft and both iptables; the words are nft's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NFT = "nft"
IPTABLES = "iptables"
LEGACY = "iptables-legacy"


@dataclass(frozen=True, slots=True)
class FilterChain:
    """A chain; `hook` (prerouting, input, forward, output, postrouting) and `policy` only of a base chain."""

    source: str
    family: str
    table: str
    name: str
    hook: str = ""
    policy: str = ""
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class FilterRule:
    """One rule.

    `source` is nft, iptables or iptables-legacy; `text` the command that would add it, without counters.
    `target` is the verdict in lower case (accept, drop, return, masquerade, snat, dnat, jump, goto, mark …),
    `to` what it goes to: a chain, an address with port, a mark. `matches` are all conditions by name: saddr,
    daddr, iif, oif, proto, sport, dport, state, mark, dst_type, set …; a value with `!` before it is negated,
    several are joined by commas. `packets` and `bytes` are None where nothing counts (nft without `counter`).
    """

    source: str
    family: str
    table: str
    chain: str
    hook: str
    text: str
    target: str = ""
    to: str = ""
    matches: Mapping[str, str] = field(default_factory=dict)
    packets: int | None = None
    bytes: int | None = None
    handle: int | None = None


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All chains and rules of a machine, rules in the order in which their chain asks them.

    `comments`: of elements of nft's maps, by table, map and element (`10.96.0.80 . tcp . 80`).
    """

    chains: tuple[FilterChain, ...] = ()
    rules: tuple[FilterRule, ...] = ()
    comments: Mapping[tuple[str, str, str], str] = field(default_factory=dict)

    def __add__(self, other: Ruleset) -> Ruleset:
        return Ruleset(self.chains + other.chains, self.rules + other.rules, {**self.comments, **other.comments})
