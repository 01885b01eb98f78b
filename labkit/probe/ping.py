"""Ping, by raw ICMP sockets: one address, or many from many machines at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypedDict, Unpack

from labkit.errors import UsageError
from labkit.probe import icmp
from labkit.probe.answer import Answer
from labkit.probe.limits import read_overflows, require_room
from labkit.probe.neighbors import find_unanswered
from labkit.probe.sockets import parse_address
from labkit.probe.volley import Flight, Shot, run_volley
from labkit.probe.words import describe_errno, describe_icmp
from labkit.timing import scale
from labkit.world import Machine


class PingOptions(TypedDict, total=False):
    """`size` of the payload in bytes (56), `dont_fragment` (False), `ttl` (64)."""

    size: int
    dont_fragment: bool
    ttl: int


def ping(
    src: Machine, address: str, *, at: Machine | None = None, timeout: float = 1.0, **options: Unpack[PingOptions]
) -> Answer:
    """Ask `address` for an echo; with `at`, that machine must be the one that gets the request.

    The request is repeated within `timeout` seconds. Raises CannotTell when it could not be carried out.
    """
    return _ask([_plan_shot(src, address, at, options)], timeout)[0]


def ping_many(pairs: Sequence[tuple[Machine, str]], *, timeout: float = 1.0) -> list[Answer]:
    """Ping from each machine to the address beside it, all at the same time; answers in the same order."""
    return _ask([_plan_shot(src, address, None, {}) for src, address in pairs], timeout)


def _plan_shot(src: Machine, address: str, at: Machine | None, options: PingOptions) -> Shot:
    shot = Shot(src, parse_address(address), at, **options)
    if not icmp.TOKEN_BYTES <= shot.size <= icmp.MAX_PAYLOAD:
        raise UsageError(
            f"ping with {shot.size} bytes", hint=f"from {icmp.TOKEN_BYTES} to {icmp.MAX_PAYLOAD} bytes of payload"
        )
    return shot


def _ask(shots: Sequence[Shot], timeout: float) -> list[Answer]:
    overflows, patience = read_overflows(), scale(timeout)
    flights = run_volley(shots, timeout=patience)
    if not all(flight.over for flight in flights):
        require_room(overflows)
    silent: dict[str, list[Flight]] = defaultdict(list)
    for flight in flights:
        if not flight.over:
            flight.seconds = patience
            silent[flight.shot.src.name].append(flight)
    unanswered = {
        name: find_unanswered(group[0].shot.src, [flight.shot.address for flight in group])
        for name, group in silent.items()
    }
    return [_to_answer(flight, unanswered.get(flight.shot.src.name, {}).get(flight.shot.address)) for flight in flights]


def _to_answer(flight: Flight, no_arp: str | None) -> Answer:
    shot, answer = flight.shot, flight.answer
    echoed = answer is not None and answer.kind == icmp.ECHO_REPLY
    reached = echoed and (shot.at is None or flight.arrived is not None)
    return Answer(
        reached=reached,
        seen_source=flight.arrived.source if flight.arrived else None,
        detail=_describe(flight, no_arp),
        seconds=round(flight.seconds, 6),
        argv=plan_argv(shot),
    )


def _describe(flight: Flight, no_arp: str | None) -> str:
    shot, answer, arrived = flight.shot, flight.answer, flight.arrived
    at = shot.at.name if shot.at else ""
    if flight.refused:
        return describe_errno(flight.refused)
    if answer is None:
        return _describe_silence(flight, at, no_arp)
    if answer.kind != icmp.ECHO_REPLY:
        return describe_icmp(answer.kind, answer.code, answer.source, answer.mtu)
    if shot.at and not arrived:
        return f"{answer.source} answered, but it was not {at}: another machine has this address"
    seen = f"; {at} saw it come from {arrived.source}" if arrived else ""
    return f"{answer.source} answered in {flight.seconds * 1000:.2f} ms{seen}"


def _describe_silence(flight: Flight, at: str, no_arp: str | None) -> str:
    if flight.arrived:
        return f"it came to {at} from {flight.arrived.source}, but no answer came back"
    if no_arp:
        return f"nobody answered ARP for {no_arp}"
    return f"no answer within {flight.seconds:g} s{f', and {at} saw nothing come' if at else ''}"


def plan_argv(shot: Shot) -> tuple[str, ...]:
    """The ping that a person would type."""
    words = ["ping", "-c", "1", "-W", "1"]
    words += ["-s", str(shot.size)] if shot.size != Shot.size else []
    words += ["-M", "do"] if shot.dont_fragment else []
    words += ["-t", str(shot.ttl)] if shot.ttl != Shot.ttl else []
    return (*words, shot.address)
