"""`nft -j list ruleset` into the common form; the text comes from `nft -a` (libnftables-json(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from labkit.net.netfilter.nftwords import parse_match, say
from labkit.net.netfilter.rule import NFT, FilterChain, FilterRule, Ruleset

_VERDICTS: Final = ("accept", "drop", "return", "reject", "masquerade", "redirect", "snat", "dnat", "jump", "goto")
_OTHERS: Final = ("vmap", "queue", "notrack", "mangle", "log")
_TABLE: Final = re.compile(r"table (\S+) (\S+) \{")
_CHAIN: Final = re.compile(r"\tchain (\S+) \{")
_OF_CHAIN: Final = ("\t\ttype ", "\t\tcomment ")  # lines that are no rules
_HANDLE: Final = re.compile(r" # handle (\d+)$")
_COUNTER: Final = re.compile(r"counter packets \d+ bytes \d+")

Key = tuple[str, str, int]  # family, table, handle


def parse_ruleset(entries: list[Mapping[str, Any]], texts: Mapping[Key, str]) -> Ruleset:
    """Read the objects under `nftables`; `texts` are the rules as nft prints them."""
    chains = [_parse_chain(entry["chain"]) for entry in entries if "chain" in entry]
    hooks = {(chain.family, chain.table, chain.name): chain.hook for chain in chains}
    rules = [_parse_rule(entry["rule"], hooks, texts) for entry in entries if "rule" in entry]
    maps = [entry["map"] for entry in entries if "map" in entry]
    return Ruleset(tuple(chains), tuple(rules), {key: text for each in maps for key, text in _list_comments(each)})


def _list_comments(entry: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Of a map's elements, which are pairs of what is looked for and what is done."""
    for wanted, _ in entry.get("elem", []):
        element = wanted.get("elem", {}) if isinstance(wanted, dict) else {}
        if "comment" in element:
            yield (entry["table"], entry["name"], say(element["val"])), element["comment"]


def parse_texts(listing: str) -> dict[Key, str]:
    """Read the rules of `nft -a list ruleset` by family, table and handle, counters left out."""
    texts: dict[Key, str] = {}
    family = table = ""
    in_chain = False
    pending: list[str] = []  # long sets are printed on several lines
    for line in listing.splitlines():
        if found := _TABLE.match(line):
            family, table = found.groups()
        elif line.startswith("\t") and not line.startswith("\t\t"):
            in_chain = bool(_CHAIN.match(line))
            pending.clear()
        elif in_chain and not line.startswith(_OF_CHAIN):
            pending.append(line.strip())
            if found := _HANDLE.search(line):
                text = _HANDLE.sub("", " ".join(pending))
                texts[family, table, int(found[1])] = _COUNTER.sub("counter", text)
                pending.clear()
    return texts


def _parse_chain(entry: Mapping[str, Any]) -> FilterChain:
    return FilterChain(
        source=NFT,
        family=entry["family"],
        table=entry["table"],
        name=entry["name"],
        hook=entry.get("hook", ""),
        policy=entry.get("policy", ""),
        priority=entry.get("prio"),
    )


def _parse_rule(
    entry: Mapping[str, Any], hooks: Mapping[tuple[str, str, str], str], texts: Mapping[Key, str]
) -> FilterRule:
    family, table, chain = entry["family"], entry["table"], entry["chain"]
    statements = entry.get("expr", [])
    counter = next((found for found in _list(statements, "counter") if isinstance(found, dict)), {})
    target, to = _parse_target(statements)
    return FilterRule(
        source=NFT,
        family=family,
        table=table,
        chain=chain,
        hook=hooks.get((family, table, chain), ""),
        text=f"nft add rule {family} {table} {chain} {texts.get((family, table, entry['handle']), '')}".rstrip(),
        target=target,
        to=to,
        matches=dict(_parse_matches(statements, entry.get("comment"))),
        packets=counter.get("packets"),
        bytes=counter.get("bytes"),
        handle=entry["handle"],
    )


def _list(statements: list[Mapping[str, Any]], name: str) -> Iterator[Any]:
    return (statement[name] for statement in statements if name in statement)


def _parse_matches(statements: list[Mapping[str, Any]], comment: str | None) -> Iterator[tuple[str, str]]:
    for match in _list(statements, "match"):
        yield from parse_match(match)
    if comment is not None:
        yield "comment", comment


def _parse_target(statements: list[Mapping[str, Any]]) -> tuple[str, str]:
    """Name and argument of the verdict; of what does something else where there is no verdict."""
    for extension in _list(statements, "xt"):  # a rule of iptables that iptables itself can't list any more
        if extension.get("type") == "target":
            return str(extension["name"]).lower(), ""
    for name in (*_VERDICTS, *_OTHERS):
        for argument in _list(statements, name):
            return ("mark" if name == "mangle" else name), _say_argument(argument)
    return "", ""


def _say_argument(argument: Any) -> str:
    if not isinstance(argument, dict):
        return "" if argument is None else say(argument)
    if "target" in argument:
        return str(argument["target"])
    if "addr" in argument or "port" in argument:
        port = f":{say(argument['port'])}" if "port" in argument else ""
        return f"{say(argument['addr']) if 'addr' in argument else ''}{port}"
    return say(argument.get("value", argument.get("data", "")))
