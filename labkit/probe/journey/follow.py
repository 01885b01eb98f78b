"""Following one packet: packet sockets on every machine, one probe that is known again in whatever it is wrapped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final, TypedDict, Unpack

from labkit.errors import CannotTell
from labkit.net import Connection, Layer, read_connections
from labkit.probe.addresses import list_addresses
from labkit.probe.journey.catch import Caught, run_probe
from labkit.probe.journey.changes import describe_changes
from labkit.probe.journey.hops import Hop, plan_asked, plan_hops, plan_reply
from labkit.probe.journey.lost import Lost, find_loss, find_silence
from labkit.probe.journey.send import plan_probe
from labkit.probe.journey.sightings import FABRIC, Sighting, drop_copies
from labkit.probe.journey.target import Target, find_target, list_watched
from labkit.probe.journey.value import Journey
from labkit.probe.limits import read_overflows, require_room
from labkit.probe.words import describe_errno
from labkit.world import Machine, World

TIMEOUT: Final = 0.9  # seconds: a kernel sends a lost SYN again after one


class PacketOptions(TypedDict, total=False):
    """`tcp` or `udp`: a port; without one the packet is an ICMP echo. `timeout` in seconds (0.9)."""

    tcp: int | None
    udp: int | None
    timeout: float


def follow_packet(world: World, src: Machine | str, dst: Machine | str, **options: Unpack[PacketOptions]) -> Journey:
    """Send one packet from machine `src` to `dst` (a machine, its name, another name, an address); its way and its answer's.

    For TCP it is a connection's first segment. Raises UsageError for a name that nobody knows, CannotTell when it could
    not be followed.
    """
    probe = plan_probe(tcp=options.get("tcp"), udp=options.get("udp"))
    start = src if isinstance(src, Machine) else world.machine(src)
    wanted = dst.name if isinstance(dst, Machine) else dst
    machines = [*world.machines(), world.machine(FABRIC)]
    target = find_target(start, wanted, machines)
    watched = list_watched(machines, start, target)
    overflows = read_overflows()
    caught = run_probe(watched, start, target, probe, options.get("timeout", TIMEOUT))
    journey = _Story(start, target, caught, {machine.name: machine for machine in watched}).tell(str(probe))
    if journey.lost:
        require_room(overflows)
    return journey


class _Story:
    """What the frames mean."""

    def __init__(self, src: Machine, target: Target, caught: Caught, machines: Mapping[str, Machine]) -> None:
        self._src = src
        self._target = target
        self._caught = caught
        self._machines = machines
        self._request = drop_copies(caught.request)
        self._reply = drop_copies(caught.reply)
        began = self._request[0].time if self._request else 0.0
        self._hops = plan_hops(self._request, began)
        self._asked: Hop | None = None
        if self._hops and self._hops[0].machine == src.name:
            self._asked = plan_asked(self._hops[0], target.address, caught.probe.port)
            changes = describe_changes(self._asked.layers, self._hops[0].layers)
            self._hops = (replace(self._hops[0], changes=changes), *self._hops[1:])
        self._back = plan_reply(self._reply, began)

    def tell(self, probe: str) -> Journey:
        """Put it together."""
        found = self._is_found()
        answered = bool(self._reply) and _is_delivered(self._reply[-1]) and self._reply[-1].machine == self._src.name
        answerable = not probe.startswith("UDP")
        return Journey(
            src=self._src.name,
            dst=self._target.name,
            address=self._target.address,
            probe=probe,
            found=found,
            answered=answered,
            hops=self._hops,
            reply=self._back,
            lost=self._find_lost(found=found, answered=answered or not answerable),
            errors=tuple(self._caught.list_errors("request") + self._caught.list_errors("reply")),
            connections=self._read_connections(),
            frames=self._caught.frames,
        )

    def _is_found(self) -> bool:
        if not self._request or not _is_delivered(self._request[-1]):
            return False
        last = self._request[-1]
        if self._target.named and last.machine != self._target.name:
            return False
        own = {address for _, address in list_addresses(self._machines[last.machine])}
        return str(_find_innermost(last.layers, "IP").get("dst")) in own

    def _find_lost(self, *, found: bool, answered: bool) -> Lost | None:
        if found and answered:
            return None
        if found:
            said = self._caught.list_errors("reply")
            if self._back:
                return find_loss(self._machines[self._back[-1].machine], self._back[-1], self._src_address(), said=said)
            return find_silence(self._machines[self._hops[-1].machine], self._hops[-1], said=said)
        said = self._caught.list_errors("request")
        if self._caught.refused:
            said.append(describe_errno(self._caught.refused))
        last = self._hops[-1] if self._hops else None
        machine = self._machines[last.machine] if last else self._src
        return find_loss(machine, last, self._target.address, said=said)

    def _src_address(self) -> str:
        return str(_find_innermost(self._back[-1].layers, "IP").get("dst"))

    def _read_connections(self) -> dict[str, tuple[Connection, ...]]:
        """Of each machine that changed an address: what its netfilter keeps about the packet."""
        found: dict[str, tuple[Connection, ...]] = {}
        for before, after in pairwise([*([self._asked] if self._asked else []), *self._hops]):
            if before.machine == after.machine and any(" NAT " in change for change in after.changes):
                found[after.machine] = tuple(_list_connections(self._machines[after.machine], before))
        return found


def _is_delivered(seen: Sighting) -> bool:
    return seen.direction == "in" and seen.mine


def _find_innermost(layers: Sequence[Layer], name: str) -> Mapping[str, Any]:
    return next((layer.fields for layer in reversed(layers) if layer.name == name), {})


def _list_connections(machine: Machine, hop: Hop) -> Iterator[Connection]:
    ip = _find_innermost(hop.layers, "IP")
    carried = _find_innermost(hop.layers, "TCP") or _find_innermost(hop.layers, "UDP")
    number = _find_innermost(hop.layers, "ICMP").get("id", 0)
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
