"""natOutgoing: what leaves the pools does so as the node; what a node sends by a tunnel, as the tunnel (felix release-v3.20, rules/nat.go, masq_mgr.go).

Names and order are Felix's. The chains for floating addresses (cali-fip-…) are not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from labkit.agents.calico.felix.ipsets import Sets
from labkit.agents.calico.felix.site import VXLAN, Site
from labkit.agents.calico.policy.sets import NETS, spell_nets
from labkit.agents.calico.policy.table import Table
from labkit.agents.ipip.device import TUNNEL

ALL: Final = "cali40all-ipam-pools"
MASQUERADED: Final = "cali40masq-ipam-pools"
POSTROUTING: Final = "cali-POSTROUTING"
OUTGOING: Final = "cali-nat-outgoing"
_MASQUERADE: Final = "--jump MASQUERADE --random-fully"


def plan_sets(site: Site) -> Sets:
    """The pools, and those of them that are translated."""
    masqueraded = [pool.cidr for pool in site.facts.pools if pool.nat]
    return {
        ALL: (NETS, spell_nets(pool.cidr for pool in site.facts.pools)),
        MASQUERADED: (NETS, spell_nets(masqueraded)),
    }


def plan_rules(site: Site) -> Mapping[str, list[str]]:
    """Chain of the nat table -> its rules."""
    tunnels = [link for link, used in ((TUNNEL, site.ipip), (VXLAN, site.vxlan)) if used]
    masqueraded = any(pool.nat for pool in site.facts.pools)
    own = "-m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --src-type LOCAL"
    leaving = f"-m set --match-set {MASQUERADED} src -m set ! --match-set {ALL} dst"
    return {
        POSTROUTING: [f"--jump {OUTGOING}", *(f"--out-interface {link} {own} {_MASQUERADE}" for link in tunnels)],
        OUTGOING: [f"{leaving} {_MASQUERADE}"] if masqueraded else [],
    }


def plan_table(site: Site) -> Table:
    """The nat table."""
    return Table(plan_rules(site), {"POSTROUTING": [f"--jump {POSTROUTING}"]})
