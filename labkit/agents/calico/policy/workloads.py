"""What a node's pods need: their chains, those of the policies that concern them, and the ipsets that these name (felix calc, release-v3.20)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from labkit.agents.calico.policy.chains import (
    Chains,
    name_workload_chain,
    plan_dispatch,
    plan_policy_chain,
    plan_profile_chains,
    plan_workload_chain,
)
from labkit.agents.calico.policy.model import DIRECTIONS, Endpoint, Policy
from labkit.agents.calico.policy.naming import name_policy_chain
from labkit.agents.calico.policy.policing import Policing
from labkit.agents.calico.policy.rules import Members, list_sets
from labkit.agents.calico.policy.sets import Index, plan_members


@dataclass(frozen=True)
class Workloads:
    """`chains`: of the filter table; `sets`: name -> kind, members."""

    chains: Chains = field(default_factory=dict)
    sets: Mapping[str, tuple[str, frozenset[str]]] = field(default_factory=dict)


def plan_workloads(policing: Policing, node: str) -> Workloads:
    """Of the pods on one node; policies that concern none of them make no chain."""
    local = [each for each in policing.endpoints if each.link and each.node == node]
    concerned = list_concerned(policing.policies, local)
    chains: dict[str, Sequence[str]] = {}
    members: set[Members] = set()
    for direction in DIRECTIONS:
        found = [(policy, names) for policy, names in concerned if policy.list_rules(direction) is not None]
        for policy, _ in found:
            chains[name_policy_chain(direction, policy.name)] = plan_policy_chain(policy, direction)
            members |= {each for rule in policy.list_rules(direction) or () for each in list_sets(rule)}
        for each in local:
            names = tuple(policy.name for policy, names in found if each.name in names)
            chains[name_workload_chain(direction, each.link)] = plan_workload_chain(direction, names, each.profiles)
        chains |= plan_dispatch(direction, (each.link for each in local))
    profiles = sorted({profile for each in local for profile in each.profiles})
    chains |= plan_profile_chains(profiles, policing.spaces)
    return Workloads(chains, plan_members(Index(policing.endpoints), members))


def list_concerned(policies: Sequence[Policy], local: Sequence[Endpoint]) -> list[tuple[Policy, frozenset[str]]]:
    """Policies in their order, each with the names of those pods that it selects; those that select none are left out."""
    index = Index(local)
    found = [(policy, frozenset(each.name for each in index.find(policy.selector))) for policy in policies]
    return [(policy, names) for policy, names in found if names]
