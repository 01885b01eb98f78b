"""Where a journey shall go: a machine, a name or an address becomes an address and the machine that has it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from labkit.errors import UsageError
from labkit.probe.addresses import find_main_address, list_addresses
from labkit.world import Machine

_MANY: Final = 200  # machines: each costs a socket


@dataclass(frozen=True)
class Target:
    """`machine` has the address; None when no machine has it. `named`: the machine itself was asked for, not an address."""

    address: str
    machine: Machine | None
    named: bool = False

    @property
    def name(self) -> str:
        """The machine's, else the address."""
        return self.machine.name if self.machine else self.address


def find_target(src: Machine, dst: str, machines: Sequence[Machine]) -> Target:
    """Resolve `dst`; a name that is no machine's is looked up as programs on `src` do. Raises UsageError."""
    for machine in machines:
        if machine.name == dst:
            return Target(_require_address(machine), machine, named=True)
    address = dst if _is_address(dst) else _resolve(src, dst)
    owners = (each for each in machines if address in {own for _, own in list_addresses(each)})
    return Target(address, next(owners, None))


def list_watched(machines: Sequence[Machine], src: Machine, target: Target) -> list[Machine]:
    """The machines to watch: all; of a large lab, when the way leads to a pod, no other pods."""
    if len(machines) <= _MANY or target.machine is None or target.machine.kind != "pod":
        return list(machines)
    kept = (src.name, target.name)
    return [machine for machine in machines if machine.kind != "pod" or machine.name in kept]


def _require_address(machine: Machine) -> str:
    address = find_main_address(machine)
    if address is None:
        raise UsageError(
            f"{machine.name} has no address to send to", hint=f"see `ip addr` on {machine.name}, or name an address"
        )
    return address


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _resolve(src: Machine, name: str) -> str:
    found = src.run(["getent", "ahostsv4", "--", name], timeout=5.0)
    if found.status or not found.stdout.strip():
        raise UsageError(
            f"{name!r} is no machine, no address, and no name that {src.name} can resolve",
            hint=f"`getent hosts {name}` on {src.name} tries the same",
        )
    return found.stdout.split()[0]
