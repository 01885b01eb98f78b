"""One frame seen on one link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

_ETHERNET: Final = frozenset({1, 772})  # ARPHRD_ETHER, ARPHRD_LOOPBACK; tunnels have no link header


@dataclass(frozen=True, slots=True)
class Frame:
    """`time`: the kernel's stamp, nanoseconds since 1970; `hardware`: ARPHRD_ type of the link; `data`: all bytes."""

    machine: str
    link: str
    direction: Literal["in", "out"]
    time: int
    data: bytes
    hardware: int = 1

    @property
    def has_ethernet(self) -> bool:
        """Whether the data begins with an Ethernet header; else with an IP header."""
        return self.hardware in _ETHERNET
