"""On which edge of its box an interface is drawn, or what it is inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from labkit.net.read.network import End
from labkit.show.drawing.scene import Interface, Place

_TUNNELS: Final = ("vxlan", "geneve", "ipip", "gre", "gretap", "sit", "tun", "ip6tnl", "wireguard")


@dataclass(frozen=True)
class Sides:
    """`top`, `bottom`: on the box's edges (tunnels below, away from the cables); `bridges`, and below each its `ports`; `loose`: the rest."""

    top: tuple[Interface, ...] = ()
    bottom: tuple[Interface, ...] = ()
    bridges: tuple[Interface, ...] = ()
    ports: Mapping[str, tuple[Interface, ...]] = field(default_factory=dict)
    loose: tuple[Interface, ...] = ()

    @property
    def has_inside(self) -> bool:
        """Whether anything but a name stands within the edges."""
        return bool(self.bridges or self.loose)


def plan_sides(place: Place, cables: Mapping[End, End], find_row: Callable[[Interface], int | None]) -> Sides:
    """`find_row`: how many rows below this box (negative: above) the box is that an interface is cabled to; None: to none but those inside."""
    if place.shape == "pod":
        return Sides(top=place.interfaces)
    rows = {interface.end: find_row(interface) for interface in place.interfaces}
    bridges = [each for each in place.interfaces if each.kind == "bridge"]
    names = {bridge.end[1] for bridge in bridges}
    rest = [each for each in place.interfaces if each.kind != "bridge"]
    free = [each.end for each in rest if place.shape != "node" and not each.added and each.end not in cables]
    inner = [each for each in rest if rows[each.end] is None and each.kind not in _TUNNELS]
    # a machine that is no node has its own on its edge, cabled or not; what is made on a node stands inside
    inner = [each for each in inner if each.end not in free or each.master in names]
    outer = [each for each in rest if each not in inner]
    return Sides(
        top=_sort([each for each in outer if not _is_below(each, rows)], names),
        bottom=_sort([each for each in outer if _is_below(each, rows)], names),
        bridges=tuple(bridges),
        ports={name: tuple(each for each in inner if each.master == name) for name in names},
        loose=tuple(each for each in inner if each.master not in names),
    )


def _is_below(interface: Interface, rows: Mapping[End, int | None]) -> bool:
    return interface.kind in _TUNNELS or (rows[interface.end] or 0) > 0


def _sort(interfaces: Sequence[Interface], bridges: set[str]) -> tuple[Interface, ...]:
    """Ports of bridges first, bridge by bridge: they stand above their bridge."""
    order = sorted(bridges)
    return tuple(
        sorted(interfaces, key=lambda each: order.index(each.master) if each.master in bridges else len(order))
    )
