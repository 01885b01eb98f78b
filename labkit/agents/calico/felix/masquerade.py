"""natOutgoing: what leaves the pools does so as the node; what a node sends by a tunnel, as the tunnel (felix release-v3.20, rules/nat.go, masq_mgr.go).

Names and order are Felix's. The chains for floating addresses (cali-fip-…) are not here.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Final

from labkit.agents.calico.felix.difference import Difference, State
from labkit.agents.calico.felix.site import VXLAN, Site
from labkit.agents.ipip.device import TUNNEL
from labkit.agents.kit.kernel import KernelError, run

ALL: Final = "cali40all-ipam-pools"
MASQUERADED: Final = "cali40masq-ipam-pools"
POSTROUTING: Final = "cali-POSTROUTING"
OUTGOING: Final = "cali-nat-outgoing"
_SETS: Final = (ALL, MASQUERADED)
_MASQUERADE: Final = "-j MASQUERADE --random-fully"
_COMMENT: Final = re.compile(r'--comment "?(cali:[\w-]+)"?')
_LETTERS: Final = 16


def plan_sets(site: Site) -> State:
    """Slot `set NAME`; value: its members."""
    masqueraded = [pool.cidr for pool in site.facts.pools if pool.nat]
    return {f"set {ALL}": _join(pool.cidr for pool in site.facts.pools), f"set {MASQUERADED}": _join(masqueraded)}


def _join(members: Iterable[str]) -> str:
    return " ".join(sorted(members))


def read_sets(_: Site) -> State:
    """Those two, if they are there."""
    names: dict[str, list[str]] = {}
    for line in run(["ipset", "save"]).splitlines():
        do, name, *rest = line.split()
        if name in _SETS:
            names.setdefault(name, []).extend(rest[:1] if do == "add" else ())
    return {f"set {name}": _join(members) for name, members in names.items()}


def render_sets(_: Site, difference: Difference) -> list[str]:
    """Lines of `ipset restore -exist`."""
    return [line for slot, value in difference.new.items() for line in _render_set(slot.partition(" ")[2], value)]


def _render_set(name: str, value: str) -> list[str]:
    begin = [f"create {name} hash:net family inet", f"flush {name}"]
    return begin + [f"add {name} {member}" for member in value.split()]


def plan_rules(site: Site) -> dict[str, list[str]]:
    """Chain of the nat table -> its rules."""
    tunnels = [link for link, used in ((TUNNEL, site.ipip), (VXLAN, site.vxlan)) if used]
    masqueraded = any(pool.nat for pool in site.facts.pools)
    own = "-m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --src-type LOCAL"
    leaving = f"-m set --match-set {MASQUERADED} src -m set ! --match-set {ALL} dst"
    return {
        POSTROUTING: [f"-j {OUTGOING}", *(f"-o {link} {own} {_MASQUERADE}" for link in tunnels)],
        OUTGOING: [f"{leaving} {_MASQUERADE}"] if masqueraded else [],
    }


def hash_rules(chain: str, rules: Sequence[str]) -> list[str]:
    """A rule's comment: it says which rule of which chain after which others this is, so that a comment tells whether a rule is the right one."""
    hashes, before = [], chain
    for rule in rules:
        digest = hashlib.sha224(f"{before} {rule}".encode()).digest()
        before = base64.urlsafe_b64encode(digest).decode()[:_LETTERS]
        hashes.append(f"cali:{before}")
    return hashes


_LATE: Final = "not the first"  # somebody put another rule before ours
_JUMP: Final = hash_rules("POSTROUTING", [f"-j {POSTROUTING}"])[0]


def plan_chains(site: Site) -> State:
    """Slot `chain NAME`; value: its rules' comments. Slot `jump`: POSTROUTING begins with ours."""
    chains = {f"chain {name}": " ".join(hash_rules(name, rules)) for name, rules in plan_rules(site).items()}
    return {**chains, "jump": _JUMP}


def read_chains(_: Site) -> State:
    """By comments; `?` for a rule that somebody else put between."""
    found: dict[str, list[str]] = {}
    jumps: list[str] = []
    for line in run(["iptables-save", "-t", "nat"]).splitlines():
        chain, told = line.split()[1] if line.startswith("-A ") else "", _COMMENT.search(line)
        if line.startswith((f":{POSTROUTING} ", f":{OUTGOING} ")):
            found[line[1:].partition(" ")[0]] = []
        elif chain in found:
            found[chain].append(told[1] if told else "?")
        elif chain == "POSTROUTING":
            jumps.append(told[1] if told else "?")
    chains = {f"chain {name}": " ".join(rules) for name, rules in found.items()}
    return {**chains, "jump": _JUMP if jumps[:1] == [_JUMP] else _LATE} if _JUMP in jumps else chains


def render_chains(site: Site, difference: Difference) -> list[str]:
    """Lines of `iptables-restore --noflush` for the nat table: naming a chain empties it."""
    rules = plan_rules(site)
    chains = [slot.partition(" ")[2] for slot in difference.new if slot.startswith("chain ")]
    lines = [f":{chain} - [0:0]" for chain in chains]
    for chain in chains:
        for rule, comment in zip(rules[chain], hash_rules(chain, rules[chain]), strict=True):
            lines.append(f'-A {chain} -m comment --comment "{comment}" {rule}')
    jump = f'POSTROUTING -m comment --comment "{_JUMP}" -j {POSTROUTING}'
    late = difference.found.get("jump") == _LATE
    return lines + ([*([f"-D {jump}"] if late else []), f"-I {jump}"] if "jump" in difference.new else [])


def carry_out_sets(lines: list[str]) -> list[str]:
    """As a whole, or not at all: what was refused."""
    return _try(["ipset", "restore", "-exist"], lines)


def carry_out_chains(lines: list[str]) -> list[str]:
    """The same."""
    return _try(["iptables-restore", "-w", "--noflush"], ["*nat", *lines, "COMMIT"])


def _try(argv: list[str], lines: list[str]) -> list[str]:
    try:
        run(argv, stdin="\n".join(lines) + "\n")
    except KernelError as error:
        return [error.message]
    return []
