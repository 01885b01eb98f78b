"""Following one packet: packet sockets on every machine, one probe that is known again in whatever it is wrapped."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypedDict, Unpack

from labkit.net.netfilter.trace import Trace
from labkit.net.read.network import read_network
from labkit.probe.journey.catch import run_probe
from labkit.probe.journey.rulebook import Rulebook
from labkit.probe.journey.scene import Scene
from labkit.probe.journey.send import plan_probe
from labkit.probe.journey.story import plan_way, tell_story
from labkit.probe.journey.target import find_target, list_watched
from labkit.probe.journey.value import Journey
from labkit.probe.limits import read_overflows, require_room
from labkit.world import Machine, World
from labkit.world.places import FABRIC

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
    scene = _read_scene(world, start, dst.name if isinstance(dst, Machine) else dst)
    overflows = read_overflows()
    with Trace(scene.machines.values(), probe.mark.list_patterns()) as trace:
        caught = run_probe(scene, probe, options.get("timeout", TIMEOUT))
        books = {name: Rulebook(scene.machines[name], each) for name, each in trace.end().items()}
        journey = tell_story(replace(scene, rulebooks=books), plan_way(scene, caught))
    if journey.lost:
        require_room(overflows)
    return journey


def _read_scene(world: World, src: Machine, dst: str) -> Scene:
    """All that has to be known before the packet: asking afterwards would show another network."""
    machines = list_watched([*world.machines(), world.machine(FABRIC)], src, dst)
    network = read_network(machines)
    there = {machine.name for machine in network.machines}
    watched = {machine.name: machine for machine in machines if machine.name in there}
    return Scene(src, find_target(src, dst, network), watched, network)
