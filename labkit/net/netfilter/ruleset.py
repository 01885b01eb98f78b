"""All netfilter rules of a machine. Reading creates no table: that has been tried, a test sees to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from labkit.errors import CannotTell
from labkit.net.machine import Readable
from labkit.net.netfilter.iptables import parse_save
from labkit.net.netfilter.marking import OWN
from labkit.net.netfilter.nft import parse_ruleset, parse_texts
from labkit.net.netfilter.rule import IPTABLES, LEGACY, FilterRule, Ruleset
from labkit.net.read.command import read_text


def read_netfilter(machine: Readable) -> list[FilterRule]:
    """Every IPv4 rule: of nft, of iptables (which writes nft's tables, shown once), of iptables-legacy."""
    return list(read_ruleset(machine).rules)


def read_ruleset(machine: Readable) -> Ruleset:
    """Every chain and rule, with policies and counters; CannotTell when a tool fails."""
    nft = _read_nft(machine)
    ours = Ruleset()
    if any(chain.family == "ip" for chain in nft.chains):
        ours = parse_save(read_text(machine, ["iptables-nft-save", "-c"]), IPTABLES)
    return _without(nft, ours) + ours + _read_legacy(machine)


def _read_nft(machine: Readable) -> Ruleset:
    command = ["nft", "-j", "list", "ruleset"]
    text = read_text(machine, command)
    try:
        entries = _leave_out_traces(json.loads(text)["nftables"] if text.strip() else [])
    except (ValueError, KeyError) as error:
        raise CannotTell(f"`{' '.join(command)}` on {machine.name} gave no JSON: {error}") from error
    if not any("rule" in entry for entry in entries):
        return parse_ruleset(entries, {})
    return parse_ruleset(entries, parse_texts(read_text(machine, ["nft", "-a", "list", "ruleset"])))


def _leave_out_traces(entries: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Without the judge's own tables: they go with whoever traces a packet just now."""
    tables = [entry["table"] for entry in entries if "table" in entry]
    own = {table["name"] for table in tables if table["name"].startswith(OWN) and "flags" in table}
    return [entry for entry in entries if not any(part.get("table") in own for part in entry.values())]


def _read_legacy(machine: Readable) -> Ruleset:
    # The kernel names the tables that are there; asking for another one would create it.
    loaded = machine.probe(["cat", "/proc/net/ip_tables_names"])
    if not loaded.stdout.strip():
        return Ruleset()
    return parse_save(read_text(machine, ["iptables-legacy-save", "-c"]), LEGACY)


def _without(nft: Ruleset, ours: Ruleset) -> Ruleset:
    """Leave out what iptables shows in its own words; chains it can't show stay."""
    shown = {("ip", chain.table, chain.name) for chain in ours.chains}
    return Ruleset(
        tuple(chain for chain in nft.chains if (chain.family, chain.table, chain.name) not in shown),
        tuple(rule for rule in nft.rules if (rule.family, rule.table, rule.chain) not in shown),
        nft.comments,
    )
