"""Which netfilter rule dropped a packet or changed its address, where nothing traced it: by counters read before and after it, else by what matches."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from labkit.net import FilterRule, Layer, read_route_to
from labkit.net.netfilter.counters import Key
from labkit.net.netfilter.rule import LEGACY, NFT
from labkit.probe.journey.headers import find_innermost
from labkit.probe.journey.origin import Met, find_origin
from labkit.probe.journey.rule import Rule
from labkit.probe.journey.rulebook import Rulebook, plan_key, plan_policy, plan_rule
from labkit.world import Machine

Hook = Literal["forward", "input", "output"]
NATS: Final = {"source": ("masquerade", "snat", "netmap"), "destination": ("dnat", "redirect", "netmap")}
DROPS: Final = ("drop", "reject")
_IPV4: Final = ("ip", "inet")
_PORTED: Final = ("TCP", "UDP")


@dataclass(frozen=True)
class Spot:
    """Where in a machine a packet was lost: the hook, the link it came in by (if any), its headers."""

    hook: Hook
    link: str
    layers: Sequence[Layer]


def find_counted_drop(book: Rulebook, spot: Spot, *, traced: bool) -> Rule | None:
    """The rule, or the chain's policy, that counted since; `traced`: all in which packets were traced let it through. Raises CannotTell."""
    traced_families = {*book.before.families, *(_IPV4 if "inet" in book.before.families else ())} if traced else set()
    grown = {key for key in _find_grown(book) if key[0] not in traced_families}
    counted = [rule for key, rule in book.rules.items() if rule.target in DROPS and key in grown]
    found = [plan_rule(rule, "counters", _find_origin(book, rule)) for rule in counted]
    policies = [chain for chain in book.chains.values() if chain.policy == "drop" and chain.hook == spot.hook]
    found += [plan_policy(chain, "counters") for chain in policies if plan_key(chain) in grown]
    return next(iter(found), None)


def find_matching_drop(book: Rulebook, spot: Spot, *, traced: bool) -> Rule | None:
    """A rule that does not count and whose conditions all hold for the packet, else a policy that does not. Raises CannotTell.

    iptables-legacy counts where nobody asked before the packet: there a rule has to have dropped something. `traced`: as above.
    """
    sources = (LEGACY,) if traced else (LEGACY, NFT)
    drops = [rule for rule in book.ruleset.rules if rule.target in DROPS and rule.source in sources]
    silent = [
        rule
        for rule in drops
        if rule.family in _IPV4 and (rule.packets if rule.source == LEGACY else rule.packets is None)
    ]
    packet = _plan_packet(book.machine, spot) if silent else {}
    found = [plan_rule(rule, "matches") for rule in silent if _matches(rule, packet)]
    policies = [chain for chain in book.ruleset.chains if chain.policy == "drop" and chain.hook == spot.hook]
    found += [plan_policy(chain, "matches") for chain in policies if chain.source in sources and chain.family in _IPV4]
    return next(iter(found), None)


def find_counted_nat(book: Rulebook, end: str, to: str) -> Rule | None:
    """The rule that changed a packet's `source` or `destination` to `to` (ADDRESS or ADDRESS:PORT) since.

    One that counted; of several the one that names `to`, for others may be called meanwhile. Where none counted (kube-proxy's
    nftables mode has no counters) the only one that could have done it. None when it can't be told. Raises CannotTell.
    """
    grown = _find_grown(book)
    rules = {key: rule for key, rule in book.rules.items() if rule.target in NATS[end] and rule.family in _IPV4}
    counted = [rule for key, rule in rules.items() if key in grown]
    if counted:
        rule = list_naming(counted, to)[0]
        return plan_rule(rule, "counters", _find_origin(book, rule))
    silent = [rule for rule in rules.values() if rule.packets is None and (not rule.to or _is_to(rule, to))]
    return plan_rule(silent[0], "matches") if len(silent) == 1 else None


def _find_origin(book: Rulebook, rule: FilterRule) -> str:
    """With what stands before it in its chain for what the packet met."""
    chain = [each for each in book.ruleset.rules if (each.table, each.chain) == (rule.table, rule.chain)]
    return find_origin(rule, Met(chain[: chain.index(rule)]), book.ruleset)


def list_naming(rules: Sequence[FilterRule], to: str) -> Sequence[FilterRule]:
    """Those whose target is this address, or this address and port; all of them when none is."""
    return [rule for rule in rules if _is_to(rule, to)] or rules


def _is_to(rule: FilterRule, to: str) -> bool:
    return rule.to == to or rule.to.startswith(f"{to}:")


def _find_grown(book: Rulebook) -> set[Key]:
    """Keys of the rules and policies that counted a packet since."""
    before = book.before.counts
    return {key for key, packets in book.now.items() if (packets or 0) > (before.get(key) or 0)}


def _plan_packet(machine: Machine, spot: Spot) -> dict[str, str]:
    """What simple conditions look at, in the words of FilterRule.matches; what is not known is left out."""
    inner = find_innermost(spot.layers, "IP")
    packet = {name: str(inner[field]) for name, field in (("saddr", "src"), ("daddr", "dst")) if field in inner}
    packet |= {"iif": spot.link} if spot.link else {}
    for proto in ("ICMP", *_PORTED):
        carried = find_innermost(spot.layers, proto)
        packet |= {"proto": proto.lower()} if carried else {}
        packet |= {name: str(carried[name]) for name in ("sport", "dport") if name in carried}
    if spot.hook != "input":
        route = read_route_to(machine, packet["daddr"])
        packet |= {"oif": route.dev} if route and route.dev else {}
    return packet


def _matches(rule: FilterRule, packet: Mapping[str, str]) -> bool:
    """Whether each condition is known and holds; a comment is none."""
    return all(
        name == "comment" or (name in packet and _holds(name, value, packet[name]))
        for name, value in rule.matches.items()
    )


def _holds(name: str, wanted: str, value: str) -> bool:
    if wanted.startswith("!"):
        return not _holds(name, wanted[1:], value)
    return any(_is_in(name, part, value) for part in wanted.split(","))


def _is_in(name: str, wanted: str, value: str) -> bool:
    if name in ("saddr", "daddr"):
        try:
            return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
        except ValueError:
            return False
    if name in ("sport", "dport"):
        low, _, high = wanted.partition("-")
        return low.isdecimal() and int(low) <= int(value) <= int(high or low)
    return wanted == value
