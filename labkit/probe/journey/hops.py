"""The hops of one packet's way, as values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from labkit.net import Layer
from labkit.probe.journey.changes import describe_changes
from labkit.probe.journey.rule import Rule
from labkit.probe.journey.sightings import Sighting
from labkit.world.places import FABRIC


@dataclass(frozen=True)
class Hop:
    """A sighting on the way. `time` in seconds from the first hop; `changes` since the hop before, in words.

    `switch`: seen at a port of a switch, which changes nothing; drawings may fold it. `rule`: of netfilter, which changed
    the packet before it was seen here, or dropped it after.
    """

    machine: str
    link: str
    direction: Literal["in", "out"]
    time: float
    layers: tuple[Layer, ...]
    changes: tuple[str, ...] = ()
    switch: bool = False
    rule: Rule | None = None

    @property
    def place(self) -> str:
        """The machine; of the fabric, the one switch (its ports are named s1-eth1)."""
        return self.link.rpartition("-")[0] if self.switch else self.machine

    def to_json(self) -> dict[str, Any]:
        """As `labkit journey --json` shows it."""
        layers = [{"name": layer.name, **layer.fields} for layer in self.layers]
        where = {"machine": "fabric" if self.switch else self.machine, "link": self.link, "direction": self.direction}
        rule = {"rule": self.rule.to_json()} if self.rule else {}
        return {**where, "time": self.time, "layers": layers, **rule}


def plan_hops(sightings: Sequence[Sighting], start: float) -> tuple[Hop, ...]:
    """The hops of sightings that are in order; times count from `start`."""
    hops: list[Hop] = []
    for seen in sightings:
        changes = describe_changes(hops[-1].layers, seen.layers) if hops else ()
        switch = seen.machine == FABRIC
        time = round(max(0.0, seen.time - start), 9)
        hops.append(Hop(seen.machine, seen.link, seen.direction, time, seen.layers, changes, switch))
    return tuple(hops)


def plan_asked(first: Hop, address: str, port: int) -> Hop:
    """The first hop as it was asked for: a machine's own packets meet OUTPUT's rules before any link shows them."""
    last = max((i for i, layer in enumerate(first.layers) if layer.name == "IP"), default=len(first.layers))
    inner = [_plan_target(layer, address, port) for layer in first.layers[last:]]
    return replace(first, layers=(*first.layers[:last], *inner))


def _plan_target(layer: Layer, address: str, port: int) -> Layer:
    fields = dict(layer.fields)
    if layer.name == "IP":
        fields["dst"] = address
    elif layer.name in ("TCP", "UDP"):
        fields["dport"] = port
    return replace(layer, fields=fields)


def plan_reply(sightings: Sequence[Sighting], start: float) -> tuple[Hop, ...]:
    """The hops of an answer. The kernel translates its addresses back: that is NAT undone, not done again."""
    hops = plan_hops(sightings, start)
    return tuple(replace(hop, changes=tuple(_describe_undone(change) for change in hop.changes)) for hop in hops)


def _describe_undone(change: str) -> str:
    what, nat, rest = change.partition(" NAT ")
    return f"{what} NAT undone: {rest}" if nat else change
