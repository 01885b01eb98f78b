"""For which object a rule was written, by the chains and comments of kube-proxy and Felix. Pure.

A comment is only a text: it is believed where the rule has all the rest of the form as well. kube-proxy's chains have a hash
of their Service's name in theirs (pkg/proxy/iptables, pkg/proxy/nftables); Felix's rules have a hash of their own beside the
comment, and name a policy in its chain only (felix/rules/policy.go, v3.27 and later).
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
import shlex
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from labkit.net import FilterRule, Ruleset
from labkit.net.netfilter.rule import NFT

_HASHED: Final = re.compile(r"KUBE-(SVC|SVL|EXT|FW|SEP)-([A-Z2-7]{16})")
_LISTING: Final = ("KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS", "KUBE-PROXY-FIREWALL")
_REFUSED: Final = re.compile(r"(\S+/\S+) (has no (local )?endpoints|traffic not accepted by KUBE-FW-\w+)")
_OF_NFT: Final = re.compile(r"(?:service|local|external|firewall|endpoint|affinity)-([A-Z2-7]{8})-(([^/]+/[^/]+)/.*)")
_MASQUERADING: Final = (("nat", "KUBE-POSTROUTING"), ("kube-proxy", "masquerading"))
_REJECTING: Final = (NFT, "kube-proxy", "reject-chain")
_NUMBERS: Final = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP, "sctp": socket.IPPROTO_SCTP}
_TO_POLICY: Final = re.compile(r"cali-p[io]-")
_OF_WORKLOAD: Final = re.compile(r"cali-[tf]w-")
_NO_POLICY: Final = "Drop if no policies passed packet"
_POLICY: Final = re.compile(r"Policy (\S+) (?:ingress|egress)")
_FELIX: Final = re.compile(r"cali:[\w-]{16}")
_CONVERTED: Final = "knp.default."  # what a NetworkPolicy of Kubernetes is called as one of Calico's
_TIER: Final = "default."  # what one of Calico's own is called in the datastore


@dataclass(frozen=True)
class Met:
    """What a packet met up to a rule, and for whom it was then: an address, a protocol's number, a port (0: none)."""

    rules: Sequence[FilterRule] = ()
    address: str = ""
    protocol: int = 0
    port: int = 0


def find_origin(rule: FilterRule, met: Met, ruleset: Ruleset) -> str:
    """`Service shop/web`, `NetworkPolicy shop/db-from-api`; several policies in one, where none of them let the packet through.

    Empty where it can't be known.
    """
    if (rule.table, rule.chain) in _MASQUERADING:
        return next((said for each in reversed(met.rules) if (said := _find_service(each))), "")
    if (rule.source, rule.table, rule.chain) == _REJECTING:
        return _find_without_endpoints(met, ruleset)
    return _find_service(rule) or _find_policies(rule, met.rules, ruleset)


def _find_without_endpoints(met: Met, ruleset: Ruleset) -> str:
    """By kube-proxy's maps of Services that have none."""
    protocol = {number: name for name, number in _NUMBERS.items()}.get(met.protocol, "")
    elements = (
        ("no-endpoint-services", f"{met.address} . {protocol} . {met.port}"),
        ("no-endpoint-nodeports", f"{protocol} . {met.port}"),
    )
    named = (ruleset.comments.get(("kube-proxy", *element), "") for element in elements)
    return next((_render_service(name) for name in named if name), "")


def _render_service(name: str) -> str:
    return "Service " + re.sub(r":[^:/]*$", "", name)  # without the port's name


def _find_service(rule: FilterRule) -> str:
    found = _OF_NFT.fullmatch(rule.chain) if rule.source == NFT and rule.table == "kube-proxy" else None
    if found:
        return f"Service {found[3]}" if _plan_hash(found[2], len(found[1])) == found[1] else ""
    for comment in _list_comments(rule):
        name = _find_name(rule, comment)
        if name:
            return _render_service(name)
    return ""


def _find_name(rule: FilterRule, comment: str) -> str:
    """NAMESPACE/NAME:PORT in a comment of kube-proxy's."""
    refused = _REFUSED.fullmatch(comment) if rule.chain in _LISTING and rule.target in ("drop", "reject") else None
    if refused:
        return refused[1]
    hashed, name = _HASHED.fullmatch(rule.chain), comment.partition(" ")[0]
    if not hashed or not name:
        return ""
    endpoint = rule.to if hashed[1] == "SEP" else ""
    return name if hashed[2] in (_plan_hash(f"{name}{each}{endpoint}", len(hashed[2])) for each in _NUMBERS) else ""


def _plan_hash(text: str, letters: int) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:letters]


def _find_policies(rule: FilterRule, met: Sequence[FilterRule], ruleset: Ruleset) -> str:
    comments = _list_felix(rule)
    if _TO_POLICY.match(rule.chain) and comments:
        return _name_policies([rule.chain], ruleset)
    if _OF_WORKLOAD.match(rule.chain) and any(comment.endswith(_NO_POLICY) for comment in comments):
        asked = [each.to for each in met if each.chain == rule.chain and each.target == "jump"]
        return _name_policies([chain for chain in asked if _TO_POLICY.match(chain)], ruleset)
    return ""


def _list_felix(rule: FilterRule) -> list[str]:
    """A rule's comments; none of one that does not bear Felix's hash."""
    comments = list(_list_comments(rule))
    return comments if any(_FELIX.fullmatch(comment) for comment in comments) else []


def _name_policies(chains: Sequence[str], ruleset: Ruleset) -> str:
    """Of each chain the policy that it is, where its rules name one and no other."""
    named: dict[str, set[str]] = {chain: set() for chain in chains}
    for rule in ruleset.rules:
        if rule.table == "filter" and rule.chain in named:
            named[rule.chain] |= {found[1] for comment in _list_felix(rule) if (found := _POLICY.fullmatch(comment))}
    return ", ".join(_name_policy(*names) for names in named.values() if len(names) == 1)


def _name_policy(name: str) -> str:
    """Of Kubernetes' own policies the name that they have there; of Calico's, which kind it is."""
    namespace, slash, rest = name.rpartition("/")
    if rest.startswith(_CONVERTED):
        return f"NetworkPolicy {namespace}/{rest.removeprefix(_CONVERTED)}"
    kind = "Calico NetworkPolicy" if slash else "GlobalNetworkPolicy"
    return f"{kind} {namespace}{slash}{rest.removeprefix(_TIER)}"


def _list_comments(rule: FilterRule) -> Iterator[str]:
    """All of them: a rule of iptables may have several. nft's are not asked for; they need not be words of a shell."""
    words = [] if rule.source == NFT else shlex.split(rule.text)
    return (word for option, word in itertools.pairwise(words) if option == "--comment")
