"""Links as objects: the link, whether it is up, its settings, its place in a bridge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from labkit.net.read.links import BridgePort, Link
from labkit.net.snapshot.item import Item, line
from labkit.net.snapshot.state import MachineState

_BRIDGE_OPTIONS: Final = ("stp_state", "ageing_time", "vlan_filtering", "mcast_snooping")
_PORT_DEFAULTS: Final = {
    "hairpin": False,
    "guard": False,
    "learning": True,
    "flood": True,
    "isolated": False,
    "neigh_suppress": False,
}


def list_link_items(state: MachineState) -> Iterator[Item]:
    """Every link with its state and settings, and every bridge port with its flags."""
    for link in state.links:
        name = link.name
        if link.kind:  # lo has none, and can't be taken away
            label = f"link {name} ({link.kind})"
            yield Item(f"link {name}", f"{link.kind} {link.index}", label, remove=line(f"ip link del {name}"))
        if link.up:
            down = line(f"ip link set {name} down")
            yield Item(f"state of {name}", "up", f"link {name} up", line(f"ip link set {name} up"), down)
        yield from _list_settings(link)
    for port in state.ports:
        yield from _list_port(port)


def _list_settings(link: Link) -> Iterator[Item]:
    """Settings, which count only where this link (its index) was there before: a new one's are gone with it."""
    name = link.name
    place = f"{name} ({link.index})"
    if link.kind != "bridge":  # a bridge takes both from its ports
        yield _setting(
            f"mtu of {name}", str(link.mtu), f"mtu {link.mtu} on {name}", f"ip link set {name} mtu {link.mtu}"
        )
        yield _setting(f"MAC of {place}", link.mac, f"MAC of {name}", f"ip link set {name} address {link.mac}")
    for option in _BRIDGE_OPTIONS:
        if option in link.options:
            value = str(link.options[option])
            command = f"ip link set {name} type bridge {option} {value}"
            yield _setting(f"{option} of {place}", value, f"{option} {value} on {name}", command)


def _setting(slot: str, value: str, label: str, command: str) -> Item:
    return Item(slot, value, label, add=line(command))


def _list_port(port: BridgePort) -> Iterator[Item]:
    link = port.link
    yield Item(
        slot=f"master of {link}",
        value=port.bridge,
        label=f"port {link} of {port.bridge}",
        add=line(f"ip link set {link} master {port.bridge}"),
        remove=line(f"ip link set {link} nomaster"),
    )
    for flag, usual in _PORT_DEFAULTS.items():
        value = getattr(port, flag)
        command = f"bridge link set dev {link} {flag}"
        word = "on" if value else "off"
        yield Item(
            slot=f"{flag} of {link}",
            value=word,
            label=f"{flag} {word} on port {link}",
            add=line(f"{command} {word}"),
            remove=() if value == usual else line(f"{command} {'on' if usual else 'off'}"),
        )
