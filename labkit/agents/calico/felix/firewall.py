"""Everything that Felix keeps in iptables and ipset on one node: NAT for pools, and policy where there is Kubernetes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from labkit.agents.calico.felix import ipsets, masquerade, tables
from labkit.agents.calico.felix.difference import Difference, State
from labkit.agents.calico.felix.ipsets import Sets
from labkit.agents.calico.felix.site import Site
from labkit.agents.calico.policy.sets import NETS, spell_nets
from labkit.agents.calico.policy.statics import HOSTS, VXLAN_HOSTS, plan_filter, plan_mangle, plan_raw
from labkit.agents.calico.policy.table import Tables
from labkit.agents.calico.policy.workloads import plan_workloads

_NAT: Final = "nat"


@dataclass(frozen=True)
class Firewall:
    """What shall be."""

    tables: Tables
    sets: Sets


@lru_cache(maxsize=1)
def plan(site: Site) -> Firewall:
    """Worked out once for a site. Without policing (policing.py) the tables but nat have nothing of Felix's."""
    nat, pools = masquerade.plan_table(site), masquerade.plan_sets(site)
    if site.policing is None:
        return Firewall({_NAT: nat}, pools)
    workloads = plan_workloads(site.policing, site.own.name)
    filtering = plan_filter(workloads.chains, ipip=site.ipip, vxlan=site.vxlan, to_host=site.settings.to_host)
    return Firewall(
        {"raw": plan_raw(), "mangle": plan_mangle(), "filter": filtering, _NAT: nat},
        {**pools, **_plan_hosts(site), **workloads.sets},
    )


def _plan_hosts(site: Site) -> Sets:
    """From whom wrapped packets are taken."""
    nodes = spell_nets(f"{node.address}/32" for node in site.facts.nodes if node.address)
    others = spell_nets(
        f"{node.address}/32" for node in site.facts.nodes if node.address and node.name != site.own.name
    )
    return ({HOSTS: (NETS, nodes)} if site.ipip else {}) | ({VXLAN_HOSTS: (NETS, others)} if site.vxlan else {})


def plan_sets(site: Site) -> State:
    """See ipsets.py."""
    return ipsets.plan(plan(site).sets)


def read_sets(_: Site) -> State:
    """See ipsets.py."""
    return ipsets.read()


def render_sets(_: Site, difference: Difference) -> list[str]:
    """Lines of `ipset restore -exist`."""
    return ipsets.render(difference)


def render_gone_sets(_: Site, difference: Difference) -> list[str]:
    """The same, when the rules are in order."""
    return ipsets.render_gone(difference)


def plan_chains(site: Site) -> State:
    """See tables.py."""
    return tables.plan(plan(site).tables)


def read_chains(site: Site) -> State:
    """See tables.py."""
    return tables.read(plan(site).tables)


def render_chains(site: Site, difference: Difference) -> list[str]:
    """Text of `iptables-restore --noflush`."""
    return tables.render(plan(site).tables, difference)
