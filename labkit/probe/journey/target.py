"""Where a journey shall go: a machine, a name or an address becomes an address and the machine that has it."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from labkit.errors import CannotTell, UsageError
from labkit.net import Address
from labkit.net.read.network import MachineNetwork, Network
from labkit.probe.addresses import list_addresses
from labkit.world import Machine

_MANY: Final = 200  # machines: each costs a socket


@dataclass(frozen=True)
class Target:
    """`machine` has the address; None when no machine has it. `named`: the machine itself was asked for, not an address."""

    address: str
    machine: str | None
    named: bool = False

    @property
    def name(self) -> str:
        """The machine's, else the address."""
        return self.machine or self.address


def list_watched(machines: Sequence[Machine], src: Machine, dst: str) -> list[Machine]:
    """The machines to watch: all; of a large lab no pods but the two that it is about."""
    if len(machines) <= _MANY:
        return list(machines)
    kept = (src.name, _find_owner(machines, dst))
    return [machine for machine in machines if machine.kind != "pod" or machine.name in kept]


def _find_owner(machines: Sequence[Machine], dst: str) -> str | None:
    """The machine of this name, or with this address; one that goes meanwhile has none."""
    for machine in machines:
        with contextlib.suppress(CannotTell):
            if machine.name == dst or dst in {own for _, own in list_addresses(machine)}:
                return machine.name
    return None


def find_target(src: Machine, dst: str, network: Network) -> Target:
    """Resolve `dst`; a name that is no machine's is looked up as programs on `src` do. Raises UsageError."""
    for machine in network.machines:
        if machine.name == dst:
            return Target(_require_address(machine), dst, named=True)
    address = dst if _is_ipv4(dst) else _resolve(src, _refuse_ipv6(dst, network))
    return Target(address, next((machine.name for machine in network.machines if has_address(machine, address)), None))


def has_address(machine: MachineNetwork, address: str) -> bool:
    """Whether the address is one of the machine's own."""
    return address in {each.address for each in machine.addresses}


def _require_address(machine: MachineNetwork) -> str:
    """Where others reach it: on eth0, else on its first link that has an address."""
    own = [address for link in machine.links for address in machine.addresses if _is_on(address, link.name)]
    found = next(iter([*(each for each in own if each.link == "eth0"), *own]), None)
    if found is None:
        raise UsageError(
            f"{machine.name} has no address to send to", hint=f"see `ip addr` on {machine.name}, or name an address"
        )
    return found.address


def _is_on(address: Address, link: str) -> bool:
    return address.link == link and address.is_ipv4


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _refuse_ipv6(text: str, network: Network) -> str:
    """The same, when it is no IPv6 address; of one the message says whose it is."""
    try:
        address = str(ipaddress.IPv6Address(text))
    except ValueError:
        return text
    owner = next((machine for machine in network.machines if has_address(machine, address)), None)
    whose = f"an IPv6 address of {owner.name}" if owner else "an IPv6 address"
    inside = [each.address for each in owner.addresses if each.is_ipv4] if owner else []
    raise UsageError(
        f"{text} is {whose}; a journey follows IPv4 packets",
        hint=f"an IPv4 address of it: {', '.join(inside)}" if inside else "name a machine or an IPv4 address",
    )


def _resolve(src: Machine, name: str) -> str:
    found = src.run(["getent", "ahostsv4", "--", name], timeout=5.0)
    if found.status or not found.stdout.strip():
        raise UsageError(
            f"{name!r} is no machine, no address, and no name that {src.name} can resolve",
            hint=f"`getent hosts {name}` on {src.name} tries the same",
        )
    return found.stdout.split()[0]
