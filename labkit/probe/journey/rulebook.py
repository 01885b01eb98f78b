"""The rules of one machine, found by the kernel's own keys."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from labkit.errors import CannotTell
from labkit.net import FilterChain, FilterRule, Ruleset, read_ruleset
from labkit.net.netfilter.counters import Counts, Key, read_counters
from labkit.net.netfilter.rule import IPTABLES, LEGACY, NFT
from labkit.net.netfilter.trace import Watched
from labkit.probe.journey.rule import Rule, Told
from labkit.world import Machine

_TRIES: Final = 5


@dataclass(frozen=True)
class Rulebook:
    """A machine's netfilter: as it was `before` the packet and what was traced of it, and as it is now, read when it is first asked for.

    Reading raises CannotTell.
    """

    machine: Machine
    before: Watched

    @property
    def now(self) -> Counts:
        """Counters."""
        return self._read[0]

    @property
    def ruleset(self) -> Ruleset:
        """Every chain and rule."""
        return self._read[1]

    @functools.cached_property
    def _read(self) -> tuple[Counts, Ruleset]:
        """Both of one time: an agent may write its rules anew meanwhile, which gives them other keys."""
        counts = read_counters(self.machine)
        for _ in range(_TRIES):
            ruleset, before = read_ruleset(self.machine), counts
            counts = read_counters(self.machine)
            if list(before) == list(counts):
                return before, ruleset
        raise CannotTell(f"the rules on {self.machine.name} change all the time")

    @functools.cached_property
    def rules(self) -> Mapping[Key, FilterRule]:
        """Those of nf_tables, by the kernel's keys."""
        keys = zip(_list_keys(self.ruleset, self.now), self.ruleset.rules, strict=True)
        return {key: rule for key, rule in keys if key}

    @functools.cached_property
    def chains(self) -> Mapping[Key, FilterChain]:
        """Base chains, by the keys of their policies."""
        return {plan_key(chain): chain for chain in self.ruleset.chains if chain.hook and chain.source != LEGACY}


def _list_keys(ruleset: Ruleset, counts: Counts) -> Iterator[Key | None]:
    """The kernel's key of each rule; iptables shows no handles, but the same rules in the same order."""
    order: dict[tuple[str, str, str], list[Key]] = {}
    for key in counts:
        if key[3]:
            order.setdefault(key[:3], []).append(key)
    at: Counter[tuple[str, str, str]] = Counter()
    for rule in ruleset.rules:
        place = (rule.family, rule.table, rule.chain)
        if rule.handle is not None:
            yield (*place, rule.handle)
        elif rule.source == IPTABLES:
            keys, number = order.get(place, []), at[place]
            at[place] += 1
            yield keys[number] if number < len(keys) else None
        else:
            yield None


def plan_key(chain: FilterChain) -> Key:
    """Of a base chain's policy."""
    return chain.family, chain.table, chain.name, 0


def plan_rule(rule: FilterRule, told: Told, origin: str = "") -> Rule:
    """As a journey shows it."""
    return Rule(rule.table, rule.chain, rule.text, rule.source, origin, told)


def plan_policy(chain: FilterChain, told: Told) -> Rule:
    """A base chain's policy, in the same form."""
    if chain.source == NFT:
        text = f"nft chain {chain.family} {chain.table} {chain.name} '{{ policy drop; }}'"
    else:
        text = f"{chain.source} -t {chain.table} -P {chain.name} DROP"
    return Rule(chain.table, chain.name, text, chain.source, told=told)
