"""Which netfilter rule dropped a packet or changed its address: told by counters read before and after it, else by what matches."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from labkit.errors import LabkitError
from labkit.net import FilterChain, FilterRule, Layer, read_route_to, read_ruleset
from labkit.net.netfilter.counters import Counts, Key, read_counters
from labkit.net.netfilter.rule import IPTABLES, NFT
from labkit.probe.journey.headers import find_innermost
from labkit.world import Machine

Hook = Literal["forward", "input", "output"]
_DROPS: Final = ("drop", "reject")
_NATS: Final = {"source": ("masquerade", "snat", "netmap"), "destination": ("dnat", "redirect", "netmap")}
_IPV4: Final = ("ip", "inet")
_PORTED: Final = ("TCP", "UDP")


@dataclass(frozen=True)
class Rule:
    """A rule by the command that would add it; `source` is nft, iptables or iptables-legacy."""

    table: str
    chain: str
    text: str
    source: str

    def to_json(self) -> dict[str, str]:
        """As `labkit journey --json` shows it."""
        return {"table": self.table, "chain": self.chain, "text": self.text, "from": self.source}


def read_all_counters(machines: Sequence[Machine]) -> dict[str, Counts]:
    """By the machine's name; one that has gone, or can't be asked, is left out: the packet's way can be told without."""
    found: dict[str, Counts] = {}
    for machine in machines:
        try:
            found[machine.name] = read_counters(machine)
        except LabkitError:
            continue
    return found


@dataclass(frozen=True)
class Spot:
    """Where in a machine a packet was lost: the hook, the link it came in by (if any), its headers."""

    hook: Hook
    link: str
    layers: Sequence[Layer]


def find_drop(machine: Machine, before: Counts, spot: Spot) -> Rule | None:
    """The rule, or the chain's policy, that dropped a packet: one that counted since `before`.

    Else one that does not count and whose conditions all hold for the packet, or a policy that does not. Raises CannotTell.
    """
    now = read_counters(machine)
    if not now and not before:
        return None
    ruleset = read_ruleset(machine)
    grown = _find_grown(ruleset.rules, before, now)
    drops = [rule for rule in ruleset.rules if rule.target in _DROPS]
    policies = [chain for chain in ruleset.chains if chain.policy == "drop" and chain.hook == spot.hook]
    found = [_plan_rule(rule) for rule in drops if id(rule) in grown]
    found = found or [_plan_policy(chain) for chain in policies if _has_grown(_plan_key(chain), before, now)]
    if found:
        return found[0]
    packet = _plan_packet(machine, spot)
    found = [
        _plan_rule(rule) for rule in drops if rule.packets is None and rule.family in _IPV4 and _matches(rule, packet)
    ]
    found += [_plan_policy(chain) for chain in policies if chain.source == NFT and chain.family in _IPV4]
    return next(iter(found), None)


def find_nat(machine: Machine, before: Counts, end: str, to: str) -> Rule | None:
    """The rule that changed a packet's `source` or `destination` to `to` (ADDRESS or ADDRESS:PORT) since `before`.

    One that counted; of several the one that names `to`, for others may be called meanwhile. Where none counted (kube-proxy's
    nftables mode has no counters) the only one that could have done it. None when it can't be told.
    """
    now = read_counters(machine)
    if not now:
        return None
    ruleset = read_ruleset(machine).rules
    rules = [rule for rule in ruleset if rule.target in _NATS[end] and rule.family in _IPV4]
    grown = _find_grown(ruleset, before, now)
    counted = [rule for rule in rules if id(rule) in grown]
    naming = [rule for rule in counted if _is_to(rule, to)] or counted
    silent = [rule for rule in rules if rule.packets is None and (not rule.to or _is_to(rule, to))]
    found = naming[:1] or (silent if len(silent) == 1 else [])
    return _plan_rule(found[0]) if found else None


def _is_to(rule: FilterRule, to: str) -> bool:
    """Whether the rule's target is this address, or this address and port."""
    return rule.to == to or rule.to.startswith(f"{to}:")


def _find_grown(rules: Sequence[FilterRule], before: Counts, now: Counts) -> set[int]:
    """Those that counted a packet since, by id."""
    keys = zip(rules, _list_keys(rules, now), strict=True)
    return {id(rule) for rule, key in keys if key and _has_grown(key, before, now)}


def _has_grown(key: Key, before: Counts, now: Counts) -> bool:
    return (now.get(key) or 0) > (before.get(key) or 0)


def _list_keys(rules: Sequence[FilterRule], counts: Counts) -> Iterator[Key | None]:
    """The kernel's key of each; iptables shows no handles, but the same rules in the same order."""
    order: dict[tuple[str, str, str], list[Key]] = {}
    for key in counts:
        if key[3]:
            order.setdefault(key[:3], []).append(key)
    at: Counter[tuple[str, str, str]] = Counter()
    for rule in rules:
        place = (rule.family, rule.table, rule.chain)
        keys, number = order.get(place, []), at[place]
        at[place] += 1
        if rule.handle is not None:
            yield (*place, rule.handle)
        else:
            yield keys[number] if number < len(keys) and rule.source == IPTABLES else None


def _plan_key(chain: FilterChain) -> Key:
    return chain.family, chain.table, chain.name, 0


def _plan_rule(rule: FilterRule) -> Rule:
    return Rule(rule.table, rule.chain, rule.text, rule.source)


def _plan_policy(chain: FilterChain) -> Rule:
    if chain.source == NFT:
        text = f"nft chain {chain.family} {chain.table} {chain.name} '{{ policy drop; }}'"
    else:
        text = f"{chain.source} -t {chain.table} -P {chain.name} DROP"
    return Rule(chain.table, chain.name, text, chain.source)


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
