"""Many echo requests at once: sent, repeated, and their answers told apart by a random token, in one loop."""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from labkit.errors import CannotTell
from labkit.probe import icmp
from labkit.probe.sockets import ETH_P_IP, IP_MTU_DISCOVER, PMTUDISC_DONT, PMTUDISC_PROBE, start_icmp, start_sniffer
from labkit.world import Machine

_SENDINGS: Final = 3  # one lost packet says nothing
_PACKETS: Final = 64 * 1024
_CROWDED: Final = (errno.EAGAIN, errno.ENOBUFS)
_ROOM: Final = "labkit doctor tells the limit of the neighbour table, which all labs of this computer share"
_HIDDEN: Final = (icmp.ECHO, icmp.REDIRECT)


@dataclass(frozen=True)
class Shot:
    """One echo request to be sent. `at`: the machine on which its arrival is watched for."""

    src: Machine
    address: str
    at: Machine | None = None
    size: int = 56
    dont_fragment: bool = False
    ttl: int = 64


@dataclass
class Flight:
    """A shot and what became of it: `refused` (errno of the own kernel), `answer`, or neither: silence."""

    shot: Shot
    token: bytes = field(default_factory=lambda: os.urandom(icmp.TOKEN_BYTES))
    refused: int = 0
    answer: icmp.Packet | None = None
    arrived: icmp.Packet | None = None
    sent: float = 0.0
    sendings: int = 0
    seconds: float = 0.0

    @property
    def over(self) -> bool:
        """Nothing more is awaited."""
        return bool(self.refused) or self.answer is not None


def run_volley(shots: Sequence[Shot], *, timeout: float) -> list[Flight]:
    """Send them all, wait until each has its answer, at most `timeout` seconds. Raises CannotTell when a socket is refused."""
    flights = [Flight(shot) for shot in shots]
    with _start_sockets(shots) as (senders, selector):
        by_token = {flight.token: flight for flight in flights}
        began = time.monotonic()
        for number in range(_SENDINGS):
            _send_all(flights, senders, number)
            _receive_until(began + timeout * (number + 1) / _SENDINGS, selector, by_token)
    for flight in flights:
        if not flight.sendings and not flight.refused:
            raise CannotTell(
                f"ping {flight.shot.address} on {flight.shot.src.name}: the kernel had no room for it", hint=_ROOM
            )
    return flights


@contextlib.contextmanager
def _start_sockets(shots: Sequence[Shot]) -> Iterator[tuple[Mapping[str, socket.socket], selectors.BaseSelector]]:
    sources = {shot.src.name: shot.src for shot in shots}
    watched = {shot.at.name: shot.at for shot in shots if shot.at}
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        senders = {name: stack.enter_context(start_icmp(machine, *_HIDDEN)) for name, machine in sources.items()}
        for name, sender in senders.items():
            selector.register(sender, selectors.EVENT_READ, (name, _take_answer))
        for name, machine in watched.items():
            sniffer = stack.enter_context(start_sniffer(machine, ETH_P_IP))
            selector.register(sniffer, selectors.EVENT_READ, (name, _take_arrival))
        yield senders, selector


def _send_all(flights: Sequence[Flight], senders: Mapping[str, socket.socket], number: int) -> None:
    for flight in flights:
        if not flight.over:
            flight.sent = flight.sent or time.monotonic()
            try:
                _send_one(flight, senders[flight.shot.src.name], number)
                flight.sendings += 1
            except OSError as error:
                # a full buffer or table tells nothing about the network: the next sending comes
                flight.refused = 0 if error.errno in _CROWDED else error.errno or 0


def _send_one(flight: Flight, sender: socket.socket, number: int) -> None:
    shot = flight.shot
    sender.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE if shot.dont_fragment else PMTUDISC_DONT)
    packet = icmp.pack_echo(flight.token, size=shot.size, sequence=number + 1)
    ttl = (socket.IPPROTO_IP, socket.IP_TTL, struct.pack("=i", shot.ttl))
    sender.sendmsg([packet], [ttl], 0, (shot.address, 0))


def _receive_until(deadline: float, selector: selectors.BaseSelector, flights: Mapping[bytes, Flight]) -> None:
    while not all(flight.over for flight in flights.values()):
        ready = selector.select(max(0.0, deadline - time.monotonic()))
        if not ready:
            return
        # what arrived at a watched machine was there before the answer to it: read first
        for key, _ in sorted(ready, key=lambda each: each[0].data[1] is _take_answer):
            name, take = key.data
            for data, sender in _drain(key.fileobj):
                packet = icmp.parse_packet(data)
                flight = flights.get(packet.token) if packet else None
                if packet and flight:
                    take(flight, packet, name, sender)


def _drain(sock: object) -> Iterator[tuple[bytes, tuple[object, ...]]]:
    assert isinstance(sock, socket.socket)
    with contextlib.suppress(BlockingIOError):
        while True:
            try:
                yield sock.recvfrom(_PACKETS)
            except OSError as error:
                if isinstance(error, BlockingIOError):
                    raise
                # ENETDOWN and the like are said once by a packet socket whose link went away; it goes on


def _take_answer(flight: Flight, packet: icmp.Packet, name: str, _: tuple[object, ...]) -> None:
    if name == flight.shot.src.name and not flight.over:
        flight.answer = packet
        flight.seconds = time.monotonic() - flight.sent


def _take_arrival(flight: Flight, packet: icmp.Packet, name: str, sender: tuple[object, ...]) -> None:
    """The packet as the machine itself got it: of several sightings the last one addressed to it."""
    watched = flight.shot.at
    mine = watched is not None and watched.name == name and packet.kind == icmp.ECHO
    if mine and sender[2] == socket.PACKET_HOST:
        flight.arrived = packet
