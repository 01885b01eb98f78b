"""Who is in an ipset: the addresses of those that a selector means, or of their ports (felix labelindex, ipsets; release-v3.20)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from labkit.agents.calico.policy.model import Endpoint
from labkit.agents.calico.policy.rules import Members
from labkit.agents.calico.selector import Selector, parse_selector

NETS: Final = "hash:net"
PORTS: Final = "hash:ip,port"
_WHOLE: Final = "0.0.0.0/0"
_HALVES: Final = ("0.0.0.0/1", "128.0.0.0/1")  # hash:net knows no length 0
_SINGLE: Final = "/32"


class Index:
    """Endpoints, found by a selector: those that have a label which it needs are asked only."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = endpoints
        self._by_label: dict[tuple[str, str], list[Endpoint]] = defaultdict(list)
        for each in endpoints:
            for label in each.labels.items():
                self._by_label[label].append(each)
        self._found: dict[str, tuple[Endpoint, ...]] = {}

    def find(self, selector: str) -> tuple[Endpoint, ...]:
        """Those that fit."""
        if selector not in self._found:
            chosen = parse_selector(selector)
            self._found[selector] = tuple(each for each in self._narrow(chosen) if chosen.test(each.labels))
        return self._found[selector]

    def _narrow(self, selector: Selector) -> Sequence[Endpoint]:
        some = [self._by_label.get(label, []) for label in selector.needs]
        return min(some, key=len) if some else self._endpoints


def plan_members(index: Index, wanted: Iterable[Members]) -> Mapping[str, tuple[str, frozenset[str]]]:
    """Name -> kind of set, its members as `ipset save` writes them."""
    return {each.name: _plan_ports(index, each) if each.port else _plan_nets(index, each) for each in set(wanted)}


def _plan_nets(index: Index, wanted: Members) -> tuple[str, frozenset[str]]:
    return NETS, spell_nets(net for each in index.find(wanted.selector) for net in each.nets)


def _plan_ports(index: Index, wanted: Members) -> tuple[str, frozenset[str]]:
    found = (
        f"{net.removesuffix(_SINGLE)},{protocol}:{number}"
        for each in index.find(wanted.selector)
        for name, protocol, number in each.ports
        if (name, protocol) == (wanted.port, wanted.protocol)
        for net in each.nets
    )
    return PORTS, frozenset(found)


def spell_nets(nets: Iterable[str]) -> frozenset[str]:
    """As ipset does: a single address without length, everything in two halves."""
    return frozenset(piece.removesuffix(_SINGLE) for net in nets for piece in (_HALVES if net == _WHOLE else (net,)))
