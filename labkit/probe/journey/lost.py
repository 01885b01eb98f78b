"""Where a packet was last seen, and why it probably ended there: only what the kernels say."""

from __future__ import annotations

import errno
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labkit.errors import CannotTell
from labkit.net import Layer, Link, read_bridge_ports, read_fdb, read_links, read_route_to, read_sysctl
from labkit.probe.journey.counted import Hook, Spot
from labkit.probe.journey.headers import find_innermost, find_outermost
from labkit.probe.journey.hops import Hop
from labkit.probe.journey.rule import Rule
from labkit.probe.journey.rules import find_drop
from labkit.probe.journey.scene import Scene
from labkit.probe.journey.target import has_address
from labkit.probe.neighbors import find_unanswered
from labkit.probe.sequence import Leg
from labkit.probe.words import describe_errno
from labkit.world import Machine

_FILTERED: Final = describe_errno(errno.EPERM)
_NOBODY: Final = "00:00:00:00:00:00"  # a VXLAN's entry for MACs that it does not know


@dataclass(frozen=True)
class Lost:
    """`machine` and `link` of the last sighting (link empty: it never left); `reasons`, likely ones, may be empty.

    `rule`: of netfilter, which dropped it there.
    """

    machine: str
    link: str
    direction: str
    reasons: tuple[str, ...]
    rule: Rule | None = None

    def __str__(self) -> str:
        seen = (
            f"last seen going {self.direction} by {self.link} of {self.machine}"
            if self.link
            else f"it never left {self.machine}"
        )
        return f"{seen}: {'; '.join(self.reasons)}" if self.reasons else seen

    def to_json(self) -> dict[str, Any]:
        """As `labkit journey --json` shows it."""
        rule = {"rule": self.rule.to_json()} if self.rule else {}
        where = {"machine": self.machine, "link": self.link, "direction": self.direction}
        return {**where, "reasons": list(self.reasons), **rule}


def find_loss(scene: Scene, hop: Hop | None, address: str, *, leg: Leg, said: Sequence[str]) -> Lost:
    """Why a packet for `address` went no further than `hop` (None: it never left), asked where it was last; `leg`: or its answer.

    `said`: what is known already (a refusal, an ICMP error).
    """
    machine = scene.machines[hop.machine] if hop else scene.src
    refused = bool(said) and hop is None and _FILTERED not in said  # perhaps by something else than netfilter
    rule = _find_rule(scene, hop, address, (leg,), sure=refused)
    reasons = [*([str(rule)] if rule else []), *said] or _ask(_list_reasons(scene, machine, hop, address))
    where = (hop.link, hop.direction) if hop else ("", "")
    return Lost(machine.name, *where, tuple(reasons), rule)


def find_silence(scene: Scene, hop: Hop, *, said: Sequence[str]) -> Lost:
    """Why a machine that got the packet by `hop` sent no answer."""
    machine = scene.machines[hop.machine]
    rule = _find_rule(scene, hop, str(find_innermost(hop.layers, "IP").get("dst")), ("request", "reply"))
    reasons = [*([str(rule)] if rule else []), *said] or _ask(_list_silence(machine, hop))
    return Lost(machine.name, hop.link, hop.direction, tuple(reasons), rule)


def _ask(reasons: Iterator[str]) -> list[str]:
    try:
        return list(dict.fromkeys(reasons))
    except CannotTell as error:
        return [f"no more could be asked: {error.message}"]


def _find_rule(
    scene: Scene, hop: Hop | None, address: str, legs: Collection[Leg], *, sure: bool = False
) -> Rule | None:
    """Of netfilter on the machine that had the packet last; `sure`: only where the kernel has traced it."""
    name = hop.machine if hop else scene.src.name
    if name not in scene.rulebooks:
        return None
    own = scene.find(name)
    hook: Hook = "output" if hop is None else "input" if own and has_address(own, address) else "forward"
    layers = hop.layers if hop else (Layer("IP", {"dst": address}),)
    spot = Spot(hook, hop.link if hop else "", layers)
    sure |= (
        hop is not None and hop.direction == "out"
    )  # it has passed all rules, but those of a bridge behind that link
    return find_drop(scene.rulebooks[name], None if sure else spot, legs)


def _list_silence(machine: Machine, hop: Hop) -> Iterator[str]:
    source = str(find_innermost(hop.layers, "IP")["src"])
    if read_route_to(machine, source) is None:
        yield f"{machine.name} has no route back to {source}"
    yield from _list_arp_failures(machine, source)
    link = _find_link(machine, hop.link)
    if link:
        yield from _list_reverse_path(machine, link, source)


def _list_reasons(scene: Scene, machine: Machine, hop: Hop | None, address: str) -> Iterator[str]:
    if hop is None:
        yield from _list_arp_failures(machine, address)
        return
    link = _find_link(machine, hop.link)
    if link is None:
        yield f"{machine.name} has no link {hop.link} any more"
    elif hop.direction == "out":
        yield from _list_leaving(machine, link, hop)
    else:
        yield from _list_staying(scene, machine, link, hop)


def _find_link(machine: Machine, name: str) -> Link | None:
    return next((link for link in read_links(machine) if link.name == name), None)


def _list_arp_failures(machine: Machine, address: str) -> Iterator[str]:
    for hop in find_unanswered(machine, [address]).values():
        yield f"nobody answered ARP for {hop}"


def _list_leaving(machine: Machine, link: Link, hop: Hop) -> Iterator[str]:
    yield from _list_link_failures(link)
    if link.kind == "vxlan":
        known = {entry.mac for entry in read_fdb(machine) if entry.link == link.name}
        mac = str(find_outermost(hop.layers, "Ether").get("dst", ""))
        if not {mac, _NOBODY} & known:
            yield f"{link.name} has no fdb entry for {mac}, so it does not know to which node"


def _list_link_failures(link: Link) -> Iterator[str]:
    if not link.up:
        yield f"{link.name} is down"
    elif not link.carrier:
        why = "no port of it is up" if link.kind == "bridge" else "its other end is down"
        yield f"{link.name} has no carrier: {why}"


def _list_staying(scene: Scene, machine: Machine, link: Link, hop: Hop) -> Iterator[str]:
    ether, ip = find_outermost(hop.layers, "Ether"), find_outermost(hop.layers, "IP")
    if link.master:
        yield from _list_bridging(machine, link, ether)
        return
    if ether and ether["dst"] not in (link.mac, "ff:ff:ff:ff:ff:ff"):
        yield f"the frame is for MAC {ether['dst']}, but {link.name} has {link.mac}"
        return
    own = scene.find(machine.name)
    if own and has_address(own, str(ip.get("dst"))):
        yield f"{ip['dst']} is an address of {machine.name} itself"
        return
    yield from _list_forwarding(machine, link, ip)


def _list_bridging(machine: Machine, link: Link, ether: Mapping[str, Any]) -> Iterator[str]:
    ports = {port.link: port for port in read_bridge_ports(machine)}
    if link.name in ports and ports[link.name].state != "forwarding":
        yield f"port {link.name} of {link.master} is {ports[link.name].state}"
        return
    mac = ether.get("dst")
    ways = [entry.link for entry in read_fdb(machine) if entry.mac == mac and entry.bridge == link.master]
    down = [port for port in ports.values() if port.bridge == link.master and port.state != "forwarding"]
    if not ways:
        yield f"{link.master} has no fdb entry for {mac}: no port has sent from it, and nobody took what was flooded"
    for port in down:
        yield f"port {port.link} of {link.master} is {port.state}"


def _list_forwarding(machine: Machine, link: Link, ip: Mapping[str, Any]) -> Iterator[str]:
    destination, source = str(ip["dst"]), str(ip["src"])
    if read_sysctl(machine, "net.ipv4.ip_forward") == "0":
        yield f"{destination} is no address of {machine.name}, which does not forward: net.ipv4.ip_forward is 0"
    elif read_sysctl(machine, f"net.ipv4.conf.{link.name.replace('.', '/')}.forwarding") == "0":
        yield f"{machine.name} does not forward what comes in by {link.name}: net.ipv4.conf.{link.name}.forwarding is 0"
    route = read_route_to(machine, destination)
    leaving = _find_link(machine, route.dev) if route and route.dev else None
    if route is None:
        yield f"{machine.name} has no route to {destination}"
    elif leaving:
        yield from _list_link_failures(leaving)
    yield from _list_arp_failures(machine, destination)
    yield from _list_reverse_path(machine, link, source)


def _list_reverse_path(machine: Machine, link: Link, source: str) -> Iterator[str]:
    """Strict reverse path filtering (RFC 3704): dropped when the way back leads elsewhere."""
    names = ("all", link.name.replace(".", "/"))  # flannel.1: the dot is not a folder
    values = [read_sysctl(machine, f"net.ipv4.conf.{name}.rp_filter") for name in names]
    back = read_route_to(machine, source)
    if max(int(value or 0) for value in values) == 1 and (back is None or back.dev != link.name):
        yield f"rp_filter: {machine.name} would answer {source} by {back.dev if back else 'no link'}, not by {link.name}"
