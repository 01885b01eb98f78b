"""Addresses of links."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.net.machine import Readable
from labkit.net.read.command import read_json


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a link; `peer` is the other end of a point-to-point address.

    `noprefixroute`: the kernel made no route to its network for it.
    """

    link: str
    address: str
    length: int
    scope: str
    broadcast: str | None = None
    peer: str | None = None
    noprefixroute: bool = False

    @property
    def prefix(self) -> str:
        """The address with its length, as it was added: `10.244.1.1/24`."""
        return f"{self.address}/{self.length}"

    @property
    def is_ipv4(self) -> bool:
        """Whether it is one of the addresses that labs are about."""
        return ":" not in self.address

    @property
    def network(self) -> ipaddress.IPv4Network:
        """The network that an IPv4 address is in: 10.244.1.0/24."""
        return ipaddress.IPv4Network(f"{self.peer or self.address}/{self.length}", strict=False)


def read_addresses(machine: Readable) -> list[Address]:
    """Every IPv4 address, from `ip -j -d -4 addr`."""
    return parse_addresses(read_json(machine, ["ip", "-j", "-d", "-4", "addr"]))


def parse_addresses(entries: Iterable[Mapping[str, Any]]) -> list[Address]:
    """Read all objects of `ip -j addr`, a link each."""
    return [parse_address(entry["ifname"], info) for entry in entries for info in entry.get("addr_info", [])]


def parse_address(link: str, info: Mapping[str, Any]) -> Address:
    """Read one object of `addr_info`."""
    return Address(
        link=link,
        address=info["local"],
        length=info["prefixlen"],
        scope=info.get("scope", "global"),
        broadcast=info.get("broadcast"),
        peer=info.get("address"),
        noprefixroute=bool(info.get("noprefixroute")),
    )
