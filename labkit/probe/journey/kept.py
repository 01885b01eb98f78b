"""What netfilter did to a packet: the rules that changed its addresses, and the connections that are kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

from labkit.errors import CannotTell
from labkit.net import Connection, read_connections
from labkit.probe.journey.headers import find_innermost
from labkit.probe.journey.hops import Hop
from labkit.probe.journey.rule import Rule
from labkit.probe.journey.rules import find_nat
from labkit.probe.journey.scene import Scene, Way
from labkit.world import Machine

_NAT: Final = " NAT "  # in the words of changes.py


def name_changes(scene: Scene, way: Way) -> tuple[Hop, ...]:
    """The hops of the packet, with the rule where an address was changed. Only a connection's first packet asks the rules."""
    return tuple(replace(hop, rule=_find_rule(scene, hop)) for hop in way.hops)


def _find_rule(scene: Scene, hop: Hop) -> Rule | None:
    changes = [change for change in hop.changes if _NAT in change]
    if not changes or hop.machine not in scene.rulebooks:
        return None
    change = min(changes, key=lambda each: find_end(each) != "destination")  # where a Service's packet went says more
    end, to = find_end(change), change.rpartition(" -> ")[2]
    return find_nat(scene.rulebooks[hop.machine], end, to)


def find_end(change: str) -> str:
    """Which address a change is about, `source` or `destination`, of the inner packet or of the one around it."""
    return change.partition(_NAT)[0].removeprefix("outside: ")


def read_kept(scene: Scene, way: Way) -> dict[str, tuple[Connection, ...]]:
    """Of each machine that changed an address: what its netfilter keeps about the packet."""
    found: dict[str, tuple[Connection, ...]] = {}
    for before, after in pairwise([*([way.asked] if way.asked else []), *way.hops]):
        if before.machine == after.machine and any(_NAT in change for change in after.changes):
            found[after.machine] = tuple(_list_connections(scene.machines[after.machine], before))
    return found


def _list_connections(machine: Machine, hop: Hop) -> Iterator[Connection]:
    ip = find_innermost(hop.layers, "IP")
    carried = find_innermost(hop.layers, "TCP") or find_innermost(hop.layers, "UDP")
    number = find_innermost(hop.layers, "ICMP").get("id", 0)
    try:
        connections = read_connections(machine)
    except CannotTell:
        return  # no conntrack here: the hops still show what was changed
    for connection in connections:
        began = connection.original
        same = (began.src, began.dst) == (ip.get("src"), ip.get("dst"))
        ports = (began.sport, began.dport) == (carried.get("sport", 0), carried.get("dport", 0))
        if same and ports and began.id == number:
            yield connection
