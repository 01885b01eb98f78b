"""The physical network of a lab as data: machines, switches, and links between their ports."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from labkit.errors import UsageError

Kind = Literal["node", "pod", "router", "host"]

MACHINE_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
SWITCH_NAME = re.compile(r"[a-z][a-z0-9]{0,7}")  # its ports are s1-eth1, and a link's name has 15 characters
LINK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,15}")
MTUS = range(68, 65536)  # RFC 791: every link must carry 68 bytes
_ALL = 100  # percent


@dataclass(frozen=True)
class Route:
    """A route that a machine has from the start; `to` is a prefix or `default`."""

    to: str
    via: str | None = None
    dev: str | None = None

    def __post_init__(self) -> None:
        if self.to != "default":
            _check_address(ipaddress.IPv4Network, self.to, "a prefix such as 10.244.2.0/24 or default")
        if self.via is not None:
            _check_address(ipaddress.IPv4Address, self.via, "an address such as 10.244.1.1")
        if self.via is None and self.dev is None:
            raise UsageError(f"route to {self.to}: no way named", hint="give it via, dev or both")


@dataclass(frozen=True)
class Machine:
    """A machine before it is built; `files` by absolute path without the first slash, `sysctls` besides the stated list."""

    name: str
    kind: Kind
    node: str | None = None
    routes: tuple[Route, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    sysctls: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not MACHINE_NAME.fullmatch(self.name):
            raise UsageError(
                f"machine name {self.name!r} can't be used",
                hint="lower case letters, digits, - and . , at most 63 characters",
            )
        if self.node is not None and self.kind != "pod":
            raise UsageError(f"{self.kind} {self.name}: only a pod is on a node", hint="take its key node away")


@dataclass(frozen=True)
class Switch:
    """A learning switch without an address; a bridge in the hidden machine (labkit.world.places.FABRIC)."""

    name: str

    def __post_init__(self) -> None:
        if not SWITCH_NAME.fullmatch(self.name):
            raise UsageError(
                f"switch name {self.name!r} can't be used",
                hint="a letter, then letters and digits, at most 8 characters",
            )


@dataclass(frozen=True)
class Port:
    """One end of a link; `machine` is a machine's or a switch's name, `addresses` as in 10.0.0.1/24."""

    machine: str
    name: str
    addresses: tuple[str, ...] = ()
    up: bool = True

    def __post_init__(self) -> None:
        if not LINK_NAME.fullmatch(self.name):
            raise UsageError(
                f"port name {self.name!r} of {self.machine} can't be used",
                hint="a link's name has at most 15 letters, digits, - _ .",
            )
        for address in self.addresses:
            _check_address(ipaddress.IPv4Interface, address, "an address with its length, such as 10.0.0.1/24")
            if "/" not in address:
                raise UsageError(f"address {address} of {self}: no prefix length", hint=f"write {address}/24")

    def __str__(self) -> str:
        return f"{self.machine}:{self.name}"


@dataclass(frozen=True)
class Link:
    """A cable. `mtu` in bytes, `rate` in Mbit/s, `delay` in ms and `loss` in percent each way; None: as good as the kernel has it."""

    a: Port
    b: Port
    mtu: int = 1500
    rate: float | None = None
    delay: float | None = None
    loss: float | None = None

    def __post_init__(self) -> None:
        if self.mtu not in MTUS:
            raise UsageError(
                f"link {self}: MTU {self.mtu} is impossible", hint="a number from 68 to 65535; Ethernet's is 1500"
            )
        for value, what in ((self.rate, "rate in Mbit/s"), (self.delay, "delay in ms"), (self.loss, "loss in percent")):
            if value is not None and value <= 0:
                raise UsageError(f"link {self}: {what} is {value}", hint="a number greater than 0, or leave it out")
        if self.loss is not None and self.loss > _ALL:
            raise UsageError(f"link {self}: loss in percent is {self.loss}", hint="100 is all of it")

    def __str__(self) -> str:
        return f"{self.a} -- {self.b}"

    @property
    def ports(self) -> tuple[Port, Port]:
        """Both ends, in the order they were written."""
        return self.a, self.b


@dataclass(frozen=True)
class Topology:
    """Everything a builder needs; valid as a whole once it exists."""

    machines: tuple[Machine, ...] = ()
    switches: tuple[Switch, ...] = ()
    links: tuple[Link, ...] = ()

    def __post_init__(self) -> None:
        _check_unique("name", [machine.name for machine in self.machines] + [switch.name for switch in self.switches])
        _check_unique("port", [str(port) for port in self.ports])
        _check_unique("address", [address.split("/")[0] for port in self.ports for address in port.addresses])
        self._check_names()
        self._check_routes()

    @property
    def ports(self) -> tuple[Port, ...]:
        """Every end of every link."""
        return tuple(port for link in self.links for port in link.ports)

    def _check_names(self) -> None:
        switches = {switch.name for switch in self.switches}
        known = switches | {machine.name for machine in self.machines}
        nodes = {machine.name for machine in self.machines if machine.kind == "node"}
        for port in self.ports:
            if port.machine not in known:
                raise UsageError(
                    f"link end {port}: there is no {port.machine}", hint=f"known: {', '.join(sorted(known))}"
                )
            if port.machine in switches and port.addresses:
                raise UsageError(
                    f"link end {port}: a switch has no address", hint="give the address to the machine's end"
                )
        for machine in self.machines:
            if machine.node is not None and machine.node not in nodes:
                raise UsageError(
                    f"pod {machine.name}: there is no node {machine.node}", hint=f"nodes: {', '.join(sorted(nodes))}"
                )

    def _check_routes(self) -> None:
        for machine in self.machines:
            names = {port.name for port in self.ports if port.machine == machine.name} | {"lo"}
            for route in machine.routes:
                if route.dev is not None and route.dev not in names:
                    raise UsageError(
                        f"route {route.to} of {machine.name}: it has no link {route.dev}",
                        hint=f"it has {', '.join(sorted(names))}",
                    )


def plan_mac(machine: str, port: str) -> str:
    """The MAC of a port: derived from the names, locally administered, unicast (IEEE 802, the first byte is 02)."""
    digest = hashlib.sha256(f"{machine}:{port}".encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))


def _check_unique(what: str, values: Iterable[str]) -> None:
    twice = sorted(value for value, count in Counter(values).items() if count > 1)
    if twice:
        raise UsageError(f"{what} {', '.join(twice)}: there twice", hint=f"every {what} exists once")


def _check_address(kind: type[object], text: str, wanted: str) -> None:
    try:
        kind(text)  # type: ignore[call-arg]
    except ValueError as error:
        raise UsageError(f"{text!r}: {error}", hint=f"write {wanted}") from error
