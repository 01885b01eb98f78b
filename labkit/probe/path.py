"""The routers on the way to an address, by the TTL at which each complains: as `traceroute -n -I` shows it."""

from __future__ import annotations

from typing import Final

from labkit.probe import icmp
from labkit.probe.sockets import parse_address
from labkit.probe.volley import Flight, Shot, run_volley
from labkit.timing import scale
from labkit.world import Machine

HOPS: Final = 16
_AT_ONCE: Final = 4  # a router may send six ICMP errors in a row, then one a second (icmp(7), icmp_ratelimit)


def trace_path(src: Machine, address: str, *, hops: int = HOPS, timeout: float = 1.0) -> list[str | None]:
    """Who answers at TTL 1, 2 … up to the address itself; None for one that was silent.

    A last None: it got lost after that. Empty: `src` itself has no way. Four TTLs are tried at a time, `timeout` seconds at most.
    """
    wanted = parse_address(address)
    flights: list[Flight] = []
    for first in range(1, hops + 1, _AT_ONCE):
        shots = [Shot(src, wanted, ttl=ttl) for ttl in range(first, min(first + _AT_ONCE, hops + 1))]
        tried = run_volley(shots, timeout=scale(timeout))
        flights += tried
        if any(_is_end(flight) for flight in tried) or not any(flight.answer for flight in tried):
            break
    return plan_path(flights)


def plan_path(flights: list[Flight]) -> list[str | None]:
    """The path that the answers to TTL 1, 2 … tell."""
    path: list[str | None] = []
    for flight in flights:
        if flight.refused:
            return path
        path.append(flight.answer.source if flight.answer else None)
        if _is_end(flight):
            return path
    while path[-2:] == [None, None]:
        path.pop()
    return path


def _is_end(flight: Flight) -> bool:
    return bool(flight.refused) or (flight.answer is not None and flight.answer.kind != icmp.TIME_EXCEEDED)
