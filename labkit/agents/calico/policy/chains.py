"""The chains of a node's workloads, of the policies and profiles that concern them, and the way to them by the link (felix rules/endpoints.go, dispatch.go; release-v3.20)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from labkit.agents.calico.policy import marks
from labkit.agents.calico.policy.model import DIRECTIONS, INGRESS, Policy, Rule
from labkit.agents.calico.policy.naming import (
    FROM_WORKLOAD,
    TO_WORKLOAD,
    name_chain,
    name_policy_chain,
    name_profile_chain,
)
from labkit.agents.calico.policy.rules import render_rules

Chains = Mapping[str, Sequence[str]]
TO_DISPATCH: Final = "cali-to-wl-dispatch"
FROM_DISPATCH: Final = "cali-from-wl-dispatch"
_TUNNELS: Final = (
    f"{marks.say('Drop VXLAN encapped packets originating in workloads')} -p 17 -m multiport --destination-ports 4789 {marks.DROP}",
    f"{marks.say('Drop IPinIP encapped packets originating in workloads')} -p 4 {marks.DROP}",
)
_TRACKED: Final = (
    f"-m conntrack --ctstate RELATED,ESTABLISHED {marks.LET}",
    f"-m conntrack --ctstate INVALID {marks.DROP}",
)
_UNKNOWN: Final = f"{marks.say('Unknown interface')} {marks.DROP}"
_SPACES: Final = "kns."


@lru_cache(maxsize=8192)
def plan_policy_chain(policy: Policy, direction: str) -> tuple[str, ...]:
    """The rules of its chain."""
    return tuple(render_rules(policy.list_rules(direction) or (), f"Policy {policy.name} {direction}"))


def plan_profile_chains(profiles: Iterable[str], spaces: frozenset[str]) -> Chains:
    """A namespace's profile lets everything through, for which no policy was asked; a service account's says nothing."""
    return {
        name_profile_chain(direction, each): render_rules(
            [Rule()] if each.removeprefix(_SPACES) in spaces and each.startswith(_SPACES) else [],
            f"Profile {each} {direction}",
        )
        for each in profiles
        for direction in DIRECTIONS
    }


@lru_cache(maxsize=4096)
def plan_workload_chain(direction: str, policies: tuple[str, ...], profiles: tuple[str, ...]) -> tuple[str, ...]:
    """The rules. `policies`: names of those that concern the workload in this direction, in their order."""
    rules = [*_TRACKED, marks.clear_bits(marks.ACCEPT), *(() if direction == INGRESS else _TUNNELS)]
    if policies:
        rules.append(f"{marks.say('Start of policies')} {marks.clear_bits(marks.PASS)}")
        for name in policies:
            rules.append(f"{marks.has_not(marks.PASS)} --jump {name_policy_chain(direction, name)}")
            rules.append(f"{marks.say('Return if policy accepted')} {marks.has_bit(marks.ACCEPT)} {marks.RETURN}")
        rules.append(f"{marks.say('Drop if no policies passed packet')} {marks.has_not(marks.PASS)} {marks.DROP}")
    for profile in profiles:
        rules.append(f"--jump {name_profile_chain(direction, profile)}")
        rules.append(f"{marks.say('Return if profile accepted')} {marks.has_bit(marks.ACCEPT)} {marks.RETURN}")
    rules.append(f"{marks.say('Drop if no profiles matched')} {marks.DROP}")
    return tuple(rules)


def name_workload_chain(direction: str, link: str) -> str:
    """To a pod are what its ingress rules are about."""
    return name_chain(TO_WORKLOAD if direction == INGRESS else FROM_WORKLOAD, link)


def plan_dispatch(direction: str, links: Iterable[str]) -> Chains:
    """By the link to the workload's chain; names with the same next letter share a chain of their own, so that few are compared."""
    names = sorted(set(links))
    root, flag = (TO_DISPATCH, "--out-interface") if direction == INGRESS else (FROM_DISPATCH, "--in-interface")
    common = find_common(names)
    chains: dict[str, list[str]] = {}
    rules: list[str] = []
    for letter in sorted({name[len(common) : len(common) + 1] for name in names}):
        some = [name for name in names if name[len(common) : len(common) + 1] == letter]
        gotos = [f"{flag} {name} --goto {name_workload_chain(direction, name)}" for name in some]
        if len(some) > 1:
            chains[f"{root}-{letter}"] = [*gotos, _UNKNOWN]
            gotos = [f"{flag} {common}{letter}+ --goto {root}-{letter}"]
        rules += gotos
    return {**chains, root: [*rules, _UNKNOWN]}


def find_common(names: Sequence[str]) -> str:
    """What all of them, which are sorted, begin with."""
    first, last = names[:1] or [""], names[-1:] or [""]
    size = next(
        (at for at, pair in enumerate(zip(first[0], last[0], strict=False)) if len(set(pair)) > 1), len(first[0])
    )
    return first[0][:size]
