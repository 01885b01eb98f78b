"""flanneld's rules of netfilter: pods leave the pods' network under the node's address, and may be forwarded."""

from __future__ import annotations

from labkit.agents.flannel.plan import Site
from labkit.agents.kit.kernel import ensure_jump, ensure_rules

_NAT = "FLANNEL-POSTRTG"
_FORWARD = "FLANNEL-FWD"
_MASQ = '-m comment --comment "flanneld masq"'
_FWD = '-m comment --comment "flanneld forward"'


def render_rules(site: Site) -> str:
    """As iptables-save has them. Pods among themselves are never translated."""
    network, own = site.conf.network, site.own.subnet
    return f"""*nat
:{_NAT} - [0:0]
-A {_NAT} -m mark --mark 0x4000/0x4000 {_MASQ} -j RETURN
-A {_NAT} -s {own} -d {network} {_MASQ} -j RETURN
-A {_NAT} -s {network} -d {own} {_MASQ} -j RETURN
-A {_NAT} ! -s {network} -d {own} {_MASQ} -j RETURN
-A {_NAT} -s {network} ! -d 224.0.0.0/4 {_MASQ} -j MASQUERADE --random-fully
-A {_NAT} ! -s {network} -d {network} {_MASQ} -j MASQUERADE --random-fully
COMMIT
*filter
:{_FORWARD} - [0:0]
-A {_FORWARD} -s {network} {_FWD} -j ACCEPT
-A {_FORWARD} -d {network} {_FWD} -j ACCEPT
COMMIT
"""


def ensure_masquerading(site: Site) -> None:
    """Write them, and the two jumps to them once. Raises KernelError."""
    ensure_rules(render_rules(site))
    for table, chain, target, comment in (
        ("nat", "POSTROUTING", _NAT, "masq"),
        ("filter", "FORWARD", _FORWARD, "forward"),
    ):
        ensure_jump(table, chain, "-m", "comment", "--comment", f"flanneld {comment}", "-j", target)
