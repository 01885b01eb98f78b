"""A policy's rules as rules of iptables (felix rules/policy.go, release-v3.20; the comment that names the policy: v3.27 and later)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from labkit.agents.calico.policy import marks
from labkit.agents.calico.policy.model import Ports, Rule, Side
from labkit.agents.calico.policy.naming import name_port_set, name_selector_set
from labkit.agents.calico.selector import EVERYTHING


@dataclass(frozen=True)
class Members:
    """The endpoints that a selector means; with `port`, those that have a port of this name, and its number."""

    selector: str
    protocol: str = ""
    port: str = ""

    @property
    def name(self) -> str:
        """The ipset's."""
        return name_port_set(self.selector, self.protocol, self.port) if self.port else name_selector_set(self.selector)


_SLOTS: Final = 15  # of one match multiport; a range takes two
_LOG: Final = '--jump LOG --log-prefix "calico-packet: " --log-level 5'
_MARKED: Final = {"allow": marks.ACCEPT, "pass": marks.PASS}
_OTHERS: Final = {"deny": marks.DROP, "log": _LOG}
_UNSAFE: Final = re.compile(r"[^\w @%+=:,./-]", re.ASCII)
_COMMENT_MAX: Final = 256
_WHOLE: Final = "0.0.0.0/0"
_SOURCE: Final = ("--source", "src", "--source-ports")
_DESTINATION: Final = ("--destination", "dst", "--destination-ports")


def render_rules(rules: Iterable[Rule], comment: str) -> list[str]:
    """A chain's rules in Felix's words; the first one has the comment, which stands alone where there is no rule."""
    lines = [line for rule in rules for line in render_rule(rule)]
    said = marks.say(_UNSAFE.sub("_", comment)[:_COMMENT_MAX])
    return [f"{said} {lines[0]}", *lines[1:]] if lines else [said]


def render_rule(rule: Rule) -> list[str]:
    """One rule, with the blocks before it that a single rule of iptables has no words for."""
    if _WHOLE in (*rule.source.not_nets, *rule.destination.not_nets) or rule.protocol == "icmpv6":
        return []  # fits no packet
    blocks, source, destination = _Blocks(), rule.source, rule.destination
    for take in (blocks.take_ports, blocks.take_nets, blocks.take_excepted):
        source, destination = take(rule.protocol, source, _SOURCE), take(rule.protocol, destination, _DESTINATION)
    rest = replace(rule, source=source, destination=destination)
    match = [*_match(rest), *([marks.has_bit(marks.SCRATCH)] if blocks.lines else [])]
    return blocks.lines + _act(rule.action, " ".join(match))


def _act(action: str, match: str) -> list[str]:
    if action in _MARKED:
        bit = _MARKED[action]
        return [_join(match, marks.set_bits(bit)), f"{marks.has_bit(bit)} {marks.RETURN}"]
    return [_join(match, _OTHERS[action])]


def _join(*words: str) -> str:
    return " ".join(word for word in words if word)


@dataclass
class _Blocks:
    """Rules that leave SCRATCH set when all of several alternatives fit. Each method takes from a side what has become a block."""

    lines: list[str] = field(default_factory=list)
    positive: bool = False

    def take_ports(self, protocol: str, side: Side, words: tuple[str, str, str]) -> Side:
        pieces, names = split_ports(side.ports), list_port_sets(protocol, side.selector, side.ports)
        if len(pieces) + len(names) <= 1:
            return side
        matches = [f"-p {protocol} {_match_ports(piece, words)}" for piece in pieces]
        self._add_any([*matches, *(_match_set(each.name, f"{words[1]},{words[1]}") for each in names)])
        return replace(side, ports=Ports(), selector=side.selector if side.ports.numbers else "")

    def take_nets(self, _: str, side: Side, words: tuple[str, str, str]) -> Side:
        if len(side.nets) <= 1:
            return side
        self._add_any([f"{words[0]} {net}" for net in side.nets])
        return replace(side, nets=())

    def take_excepted(self, _: str, side: Side, words: tuple[str, str, str]) -> Side:
        if len(side.nets) + len(side.not_nets) <= 1:
            return side
        if side.not_nets:
            self._begin(marks.SCRATCH)
            self.lines += [f"{words[0]} {net} {marks.clear_bits(marks.SCRATCH)}" for net in side.not_nets]
        return replace(side, not_nets=())

    def _begin(self, bits: int) -> None:
        if not self.lines:
            self.lines.append(marks.set_bits(bits, marks.SCRATCH | marks.BLOCK))

    def _add_any(self, matches: Sequence[str]) -> None:
        self._begin(0)
        bit = marks.BLOCK if self.positive else marks.SCRATCH
        self.lines += [f"{match} {marks.set_bits(bit)}" for match in matches]
        if self.positive:
            self.lines.append(f"{marks.has_not(marks.BLOCK)} {marks.clear_bits(marks.SCRATCH)}")
        self.positive = True


def split_ports(ports: Ports) -> list[tuple[tuple[int, int], ...]]:
    """As many as one match has room for."""
    pieces: list[list[tuple[int, int]]] = []
    room = 0
    for each in ports.numbers:
        slots = 1 if each[0] == each[1] else 2
        if room < slots:
            pieces.append([])
            room = _SLOTS
        pieces[-1].append(each)
        room -= slots
    return [tuple(piece) for piece in pieces]


def list_port_sets(protocol: str, selector: str, ports: Ports) -> list[Members]:
    """What stands for ports with names; ports that may not be are looked for among all endpoints."""
    known = protocol if protocol in ("udp", "sctp") else "tcp"
    return [Members(selector or EVERYTHING.text, known, name) for name in ports.names]


def list_sets(rule: Rule) -> Iterable[Members]:
    """All sets that a rule as it is rendered may name; those of plain selectors have no port."""
    for side in (rule.source, rule.destination):
        yield from (Members(each) for each in (side.selector, side.not_selector) if each)
        yield from list_port_sets(rule.protocol, side.selector, side.ports)
        yield from list_port_sets(rule.protocol, "", side.not_ports)


def _match(rule: Rule) -> list[str]:
    """In Felix's order: first what has to be, then what may not be."""
    words = [f"-p {rule.protocol}"] if rule.protocol else []
    for side, names in ((rule.source, _SOURCE), (rule.destination, _DESTINATION)):
        words += _match_side(rule.protocol, side, names)
    words += [f"-m icmp --icmp-type {rule.icmp}"] if rule.icmp else []
    words += [f"! -p {rule.not_protocol}"] if rule.not_protocol else []
    for side, names in ((rule.source, _SOURCE), (rule.destination, _DESTINATION)):
        words += _match_not(rule.protocol, side, names)
    return words + ([f"-m icmp ! --icmp-type {rule.not_icmp}"] if rule.not_icmp else [])


def _match_side(protocol: str, side: Side, words: tuple[str, str, str]) -> list[str]:
    sets = list_port_sets(protocol, side.selector, side.ports)
    selected = side.selector and (side.ports.numbers or not side.ports.names)
    return [
        *(f"{words[0]} {net}" for net in side.nets),
        *([_match_set(name_selector_set(side.selector), words[1])] if selected else []),
        *(_match_ports(piece, words) for piece in split_ports(side.ports)),
        *(_match_set(each.name, f"{words[1]},{words[1]}") for each in sets),
    ]


def _match_not(protocol: str, side: Side, words: tuple[str, str, str]) -> list[str]:
    sets = list_port_sets(protocol, "", side.not_ports)
    return [
        *(f"! {words[0]} {net}" for net in side.not_nets),
        *([_match_set(name_selector_set(side.not_selector), words[1], negated=True)] if side.not_selector else []),
        *(_match_ports(piece, words, negated=True) for piece in split_ports(side.not_ports)),
        *(_match_set(each.name, f"{words[1]},{words[1]}", negated=True) for each in sets),
    ]


def _match_set(name: str, where: str, *, negated: bool = False) -> str:
    return f"-m set {'! ' if negated else ''}--match-set {name} {where}"


def _match_ports(ports: Iterable[tuple[int, int]], words: tuple[str, str, str], *, negated: bool = False) -> str:
    told = ",".join(str(first) if first == last else f"{first}:{last}" for first, last in ports)
    return f"-m multiport {'! ' if negated else ''}{words[2]} {told}"
