"""`iptables-save -c` (either variant) into the common form (iptables-extensions(8))."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Final

from labkit.net.netfilter.rule import FilterChain, FilterRule, Ruleset

_LINE: Final = re.compile(r"\[(\d+):(\d+)\] -A (\S+) ?(.*)")
_CHAIN: Final = re.compile(r":(\S+) (\S+)")
_BUILT_IN: Final = frozenset({"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"})
_NAMES: Final = {
    "-s": "saddr",
    "-d": "daddr",
    "-i": "iif",
    "-o": "oif",
    "-p": "proto",
    "--sports": "sport",
    "--dports": "dport",
    "--ctstate": "state",
    "--match-set": "set",
}


def parse_save(text: str, source: str) -> Ruleset:
    """Read the whole output; `source` is iptables or iptables-legacy."""
    table = ""
    chains: list[FilterChain] = []
    rules: list[FilterRule] = []
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
        elif found := _CHAIN.match(line):
            name, policy = found.groups()
            base = name in _BUILT_IN
            chains.append(
                FilterChain(source, "ip", table, name, name.lower() if base else "", policy.lower() if base else "")
            )
        elif found := _LINE.match(line):
            rules.append(_parse_rule(found, source, table, {chain.name for chain in chains if chain.table == table}))
    return Ruleset(tuple(chains), tuple(rules))


def _parse_rule(found: re.Match[str], source: str, table: str, chains: set[str]) -> FilterRule:
    packets, size, chain, arguments = found.groups()
    conditions, target, options = _split_target(shlex.split(arguments))
    verdict, to = _parse_target(target, options, chains)
    return FilterRule(
        source=source,
        family="ip",
        table=table,
        chain=chain,
        hook=chain.lower() if chain in _BUILT_IN else "",
        text=f"{source} -t {table} -A {chain} {arguments}".rstrip(),
        target=verdict,
        to=to,
        matches=dict(_parse_conditions(conditions)),
        packets=int(packets),
        bytes=int(size),
    )


def _split_target(words: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Conditions, `-j X` or `-g X`, and the target's own options."""
    for at, word in enumerate(words):
        if word in {"-j", "-g"}:
            return words[:at], words[at : at + 2], words[at + 2 :]
    return words, [], []


def _parse_target(target: list[str], options: list[str], chains: set[str]) -> tuple[str, str]:
    if not target:
        return "", ""
    verb, name = target
    if name in chains:
        return ("goto" if verb == "-g" else "jump"), name
    # `--to-destination 10.0.0.1:80`, `--set-xmark 0x4000/0x4000`: the value says it all.
    return name.lower(), " ".join(options[1:] if len(options) == 2 else options)  # noqa: PLR2004 - a name and its value


def _parse_conditions(words: list[str]) -> Iterator[tuple[str, str]]:
    negated = ""
    at = 0
    while at < len(words):
        if words[at] == "!":
            negated, at = "!", at + 1
            continue
        option, at = words[at], at + 1
        values = []
        while at < len(words) and words[at] != "!" and not words[at].startswith("-"):
            values.append(words[at])
            at += 1
        if option != "-m":
            name = _NAMES.get(option, option.lstrip("-").replace("-", "_"))
            yield name, negated + _normal_value(name, " ".join(values))
        negated = ""


def _normal_value(name: str, value: str) -> str:
    if name in {"saddr", "daddr"}:
        return value.removesuffix("/32")
    if name in {"sport", "dport"}:
        return value.replace(":", "-")
    if name == "state":
        return ",".join(sorted(value.lower().split(",")))
    return value.lower() if name in {"src_type", "dst_type"} else value
