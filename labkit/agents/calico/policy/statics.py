"""The chains that every node has, whatever its pods and policies are (felix rules/static.go, release-v3.20).

Host endpoints are not modelled, so their chains are empty; nor are kube-proxy's IPVS mode and WireGuard.
"""

from __future__ import annotations

from typing import Final

from labkit.agents.calico.policy import marks
from labkit.agents.calico.policy.chains import FROM_DISPATCH, TO_DISPATCH, Chains
from labkit.agents.calico.policy.naming import name_set
from labkit.agents.calico.policy.table import Table

HOSTS: Final = name_set("all-hosts-net")
VXLAN_HOSTS: Final = name_set("all-vxlan-net")
_ACCEPTED: Final = f"{marks.has_bit(marks.ACCEPT)} {marks.LET}"
_RETURNED: Final = f"{marks.has_bit(marks.ACCEPT)} {marks.RETURN}"
_HOST: Final = marks.say("Host endpoint policy accepted packet.")
_POLICY: Final = marks.say("Policy explicitly accepted packet.")
_TRACKED: Final = "-m conntrack --ctstate RELATED,ESTABLISHED"
_TO_LOCAL, _FROM_LOCAL = "-m addrtype --dst-type LOCAL", "-m addrtype --src-type LOCAL"
_VXLAN: Final = "-p 17 -m multiport --destination-ports 4789"


def _plan_jumps(*names: str) -> Chains:
    return {name: [f"--jump cali-{name}"] for name in names}


def plan_raw() -> Table:
    """Before connections are known: who claims an address of somebody else is not listened to."""
    prerouting = [
        marks.clear_bits(marks.ALL), f"--in-interface cali+ {marks.set_bits(marks.SCRATCH)}",
        f"{marks.has_bit(marks.SCRATCH)} -m rpfilter --invert --validmark {marks.DROP}",
        f"{marks.has_not(marks.SCRATCH)} --jump cali-from-host-endpoint", _ACCEPTED,
    ]  # fmt: skip
    output = [marks.clear_bits(marks.ALL), "--jump cali-to-host-endpoint", _ACCEPTED]
    own: Chains = {"cali-from-host-endpoint": [], "cali-to-host-endpoint": []}
    return Table({**own, "cali-PREROUTING": prerouting, "cali-OUTPUT": output}, _plan_jumps("PREROUTING", "OUTPUT"), {})


def plan_mangle() -> Table:
    """Only host endpoints have rules here."""
    prerouting = [f"{_TRACKED} {marks.LET}", _ACCEPTED, "--jump cali-from-host-endpoint", f"{_HOST} {_ACCEPTED}"]
    postrouting = [
        _RETURNED, marks.clear_bits(marks.ALL), "-m conntrack --ctstate DNAT --jump cali-to-host-endpoint", f"{_HOST} {_RETURNED}",
    ]  # fmt: skip
    own: Chains = {"cali-from-host-endpoint": [], "cali-to-host-endpoint": []}
    chains = {**own, "cali-PREROUTING": prerouting, "cali-POSTROUTING": postrouting}
    return Table(chains, _plan_jumps("PREROUTING", "POSTROUTING"), {})


def plan_filter(workloads: Chains, *, ipip: bool, vxlan: bool, to_host: str = "RETURN") -> Table:
    """`workloads`: dispatch, workloads', policies' and profiles' chains; `ipip`, `vxlan`: whether some pool is wrapped so; `to_host`: DefaultEndpointToHostAction."""
    empty: Chains = {name: [] for name in _EMPTY}
    static: Chains = {
        "cali-wl-to-host": [f"--jump {FROM_DISPATCH}", f"{marks.say('Configured DefaultEndpointToHostAction')} --jump {to_host}"],
        "cali-INPUT": _plan_input(ipip=ipip, vxlan=vxlan), "cali-FORWARD": _FORWARD, "cali-OUTPUT": _plan_output(ipip=ipip, vxlan=vxlan),
    }  # fmt: skip
    appended = [f"{_POLICY} {_ACCEPTED}", marks.set_bits(marks.ACCEPT)]
    return Table({**empty, **workloads, **static}, _plan_jumps("INPUT", "FORWARD", "OUTPUT"), {"FORWARD": appended})


_EMPTY: Final = (
    "cali-from-host-endpoint",
    "cali-to-host-endpoint",
    "cali-from-hep-forward",
    "cali-to-hep-forward",
    "cali-cidr-block",
)
_FORWARD: Final = [
    marks.clear_bits(marks.ALL & ~marks.ACCEPT), f"{marks.has_not(marks.ACCEPT)} --jump cali-from-hep-forward",
    f"--in-interface cali+ --jump {FROM_DISPATCH}", f"--out-interface cali+ --jump {TO_DISPATCH}",
    "--jump cali-to-hep-forward", "--jump cali-cidr-block",
]  # fmt: skip


def _plan_input(*, ipip: bool, vxlan: bool) -> list[str]:
    wrapped = [
        f"{marks.say('Allow IPIP packets from Calico hosts')} -p 4 -m set --match-set {HOSTS} src {_TO_LOCAL} {marks.LET}",
        f"{marks.say('Drop IPIP packets from non-Calico hosts')} -p 4 {marks.DROP}",
    ]
    tunnelled = [
        f"{marks.say('Allow VXLAN packets from whitelisted hosts')} {_VXLAN} -m set --match-set {VXLAN_HOSTS} src {_TO_LOCAL} {marks.LET}",
        f"{marks.say('Drop VXLAN packets from non-whitelisted hosts')} {_VXLAN} {_TO_LOCAL} {marks.DROP}",
    ]
    return [
        *(wrapped if ipip else ()), *(tunnelled if vxlan else ()), "--in-interface cali+ --goto cali-wl-to-host", _ACCEPTED,
        marks.clear_bits(marks.ALL), "--jump cali-from-host-endpoint", f"{_HOST} {_ACCEPTED}",
    ]  # fmt: skip


def _plan_output(*, ipip: bool, vxlan: bool) -> list[str]:
    wrapped = f"{marks.say('Allow IPIP packets to other Calico hosts')} -p 4 -m set --match-set {HOSTS} dst {_FROM_LOCAL} {marks.LET}"
    tunnelled = f"{marks.say('Allow VXLAN packets to other whitelisted hosts')} {_VXLAN} {_FROM_LOCAL} -m set --match-set {VXLAN_HOSTS} dst {marks.LET}"
    return [
        _ACCEPTED, f"--out-interface cali+ {marks.RETURN}", *([wrapped] if ipip else []), *([tunnelled] if vxlan else []),
        marks.clear_bits(marks.ALL), "-m conntrack ! --ctstate DNAT --jump cali-to-host-endpoint", f"{_HOST} {_ACCEPTED}",
    ]  # fmt: skip
