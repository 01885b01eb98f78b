"""Rules and policies of nft and both iptables as objects."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

from labkit.net.netfilter.rule import NFT, FilterChain, FilterRule, Ruleset
from labkit.net.snapshot.item import Item, Lines


def list_netfilter_items(ruleset: Ruleset) -> Iterator[Item]:
    """Every rule, and the policy of every base chain."""
    yield from (_policy_item(chain) for chain in ruleset.chains if chain.policy)
    seen: Counter[str] = Counter()
    for rule in ruleset.rules:
        seen[rule.text] += 1
        again = f" #{seen[rule.text]}" if seen[rule.text] > 1 else ""
        label = f"{rule.text}{again}"
        yield Item(label, "", label, remove=_plan_deletion(rule))


def _plan_deletion(rule: FilterRule) -> Lines:
    if rule.source == NFT:
        return (("nft", "delete", "rule", rule.family, rule.table, rule.chain, "handle", str(rule.handle)),)
    words = shlex.split(rule.text)
    words[words.index("-A")] = "-D"
    return (tuple(words),)


def _policy_item(chain: FilterChain) -> Item:
    label = f"policy {chain.policy} of {chain.source} {chain.table} {chain.name}"
    remove = () if chain.policy == "accept" else (_set_policy(chain, "accept"),)
    add = (_set_policy(chain, chain.policy),)
    return Item(f"policy of {chain.source} {chain.table} {chain.name}", chain.policy, label, add, remove)


def _set_policy(chain: FilterChain, policy: str) -> tuple[str, ...]:
    if chain.source == NFT:
        return ("nft", "chain", chain.family, chain.table, chain.name, f"{{ policy {policy} ; }}")
    return (chain.source, "-t", chain.table, "-P", chain.name, policy.upper())
