"""Which netfilter rule dropped a packet or changed its address, by the kernel's own trace of that packet."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from labkit.net.netfilter.steps import Passage, Step
from labkit.probe.journey.counted import NATS, list_naming
from labkit.probe.journey.origin import Met, find_origin
from labkit.probe.journey.rule import Rule
from labkit.probe.journey.rulebook import Rulebook, plan_policy, plan_rule
from labkit.probe.sequence import Leg

_ENDS: Final = ("drop", "stolen", "queue")  # of a packet that goes no further; a queue's program may have kept it
_WRITTEN: Final = {
    "source": "saddr set ",
    "destination": "daddr set ",
}  # addresses changed without a connection, in nft's words


def is_traced(book: Rulebook) -> bool:
    """Whether the kernel's word is the last one about nf_tables: no rule here could have hidden the packet from it. Raises CannotTell."""
    return book.before.passages is not None and not any(" nftrace " in rule.text for rule in book.ruleset.rules)


def find_traced_drop(book: Rulebook, legs: Collection[Leg]) -> Rule | None:
    """The rule, or the chain's policy, at which the packet's way through this machine ended. Raises CannotTell."""
    lost = [each for each in book.before.passages or () if each.steps and each.pattern in legs]
    lost = [each for each in lost if each.steps[-1].verdict in _ENDS]
    return _name_step(book, lost[-1], lost[-1].steps[-1]) if lost else None


def _name_step(book: Rulebook, passage: Passage, step: Step) -> Rule:
    if step.key in book.chains:
        return plan_policy(book.chains[step.key], "trace")
    rule = book.rules.get(step.key)
    if rule is None:
        return Rule(step.table, step.chain, f"a rule that is gone by now (handle {step.handle})", "nft")
    return plan_rule(rule, "trace", find_origin(rule, _plan_met(book, passage), book.ruleset))


def _plan_met(book: Rulebook, passage: Passage) -> Met:
    """The rules that are still there."""
    return Met([book.rules[step.key] for step in passage.steps if step.key in book.rules], *passage.target)


def find_traced_nat(book: Rulebook, end: str, to: str) -> Rule | None:
    """The rule that changed the packet's `source` or `destination` to `to`. Raises CannotTell."""
    for passage in reversed(book.before.passages or ()):
        met = _plan_met(book, passage)
        changing = [rule for rule in met.rules if rule.target in NATS[end] or _WRITTEN[end] in rule.text]
        if changing and passage.pattern == "request":
            rule = list_naming(changing, to)[-1]
            return plan_rule(rule, "trace", find_origin(rule, met, book.ruleset))
    return None
