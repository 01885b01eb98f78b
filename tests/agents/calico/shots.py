"""Single packets from pod to pod, hundreds at once: which of them arrive. Each is the first of a connection, so it is what a policy is asked about."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from labkit.probe.icmp import ECHO, compute_checksum
from labkit.probe.sockets import ETH_P_IP, start_sniffer, start_socket
from labkit.timing import scale
from labkit.world import Machine

NUMBERS: Final = {"ICMP": 1, "TCP": 6, "UDP": 17, "SCTP": 132}
_IP: Final = struct.Struct("!BBHHHBBH4s4s")
_LONGEST: Final = 3.0  # seconds for what has to arrive
_LATE: Final = 0.1  # seconds after it for what may not


@dataclass(frozen=True)
class Shot:
    """One packet; `mark`: its source port, or ICMP's identifier: one that was never used for these ends tells a new connection."""

    source: str
    destination: str
    protocol: str
    port: int
    mark: int


class Range:
    """Senders and sniffers on machines: name -> address."""

    def __init__(self, senders: Mapping[str, socket.socket], sniffers: Mapping[str, socket.socket]) -> None:
        self._senders, self._sniffers = senders, sniffers

    def shoot(self, shots: Iterable[Shot], expected: frozenset[Shot]) -> frozenset[Shot]:
        """Those that arrived: it ends soon after all that are expected are there."""
        waiting, arrived = {_find_key(each): each for each in shots}, set[Shot]()
        for each in waiting.values():
            self._senders[each.source].sendto(pack(each), (each.destination, 0))
        began = time.monotonic()
        until = began + scale(_LONGEST) if expected else began + _LATE
        while (rest := until - time.monotonic()) > 0:
            for sniffer in select.select(list(self._sniffers.values()), [], [], rest)[0]:
                arrived |= {waiting[key] for key in _read_keys(sniffer) if key in waiting}
            if expected and arrived >= expected:
                until = min(until, time.monotonic() + _LATE)
        return frozenset(arrived)

    def passes(self, shot: Shot, seconds: float = _LATE) -> bool:
        """Whether one packet arrives, which it does at once or not at all; between two pods of one node the kernel hands it over while it is sent."""
        self._senders[shot.source].sendto(pack(shot), (shot.destination, 0))
        sniffer = self._sniffers[shot.destination]
        until = time.monotonic() + seconds
        while (rest := until - time.monotonic()) > 0:
            if select.select([sniffer], [], [], rest)[0] and _find_key(shot) in _read_keys(sniffer):
                return True
        return False


@contextlib.contextmanager
def start_range(machines: Mapping[str, Machine]) -> Iterator[Range]:
    """`machines`: address -> machine."""
    with contextlib.ExitStack() as stack:
        senders = {
            address: stack.enter_context(start_socket(machine, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW))
            for address, machine in machines.items()
        }
        sniffers = {
            address: stack.enter_context(start_sniffer(machine, ETH_P_IP)) for address, machine in machines.items()
        }
        yield Range(senders, sniffers)


def _find_key(shot: Shot) -> tuple[str, str, int, int, int]:
    return shot.source, shot.destination, NUMBERS[shot.protocol], shot.mark, 0 if shot.protocol == "ICMP" else shot.port


def _read_keys(sniffer: socket.socket) -> Iterator[tuple[str, str, int, int, int]]:
    """Of packets that are for this machine."""
    with contextlib.suppress(BlockingIOError):
        while True:
            packet, sender = sniffer.recvfrom(2048)
            if sender[2] != socket.PACKET_HOST:
                continue
            source, destination, number = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20]), packet[9]
            if number != NUMBERS["ICMP"]:
                yield (source, destination, number, *struct.unpack("!HH", packet[20:24]))
            elif packet[20] == ECHO:
                yield (source, destination, number, *struct.unpack("!H", packet[24:26]), 0)


def pack(shot: Shot) -> bytes:
    """The whole packet. The kernel fills in the header's checksum."""
    ends = socket.inet_aton(shot.source) + socket.inet_aton(shot.destination)
    inner = {"ICMP": _pack_icmp, "TCP": _pack_tcp, "UDP": _pack_udp, "SCTP": _pack_sctp}[shot.protocol](shot, ends)
    number = NUMBERS[shot.protocol]
    return _IP.pack(0x45, 0, 20 + len(inner), 0, 0, 64, number, 0, ends[:4], ends[4:]) + inner


def _pack_icmp(shot: Shot, _: bytes) -> bytes:
    return _fill(struct.pack("!BBHHH", 8, 0, 0, shot.mark, 1), 2, b"")


def _pack_tcp(shot: Shot, ends: bytes) -> bytes:
    segment = struct.pack("!HHIIBBHHH", shot.mark, shot.port, 1, 0, 5 << 4, 2, 1024, 0, 0)
    return _fill(segment, 16, ends + struct.pack("!HH", NUMBERS["TCP"], len(segment)))


def _pack_udp(shot: Shot, ends: bytes) -> bytes:
    segment = struct.pack("!HHHH", shot.mark, shot.port, 8, 0)
    return _fill(segment, 6, ends + struct.pack("!HH", NUMBERS["UDP"], len(segment)))


def _pack_sctp(shot: Shot, _: bytes) -> bytes:
    """INIT (RFC 9260)."""
    chunk = struct.pack("!BBHIIHHI", 1, 0, 20, 7, 4096, 1, 1, 1)
    packet = struct.pack("!HHII", shot.mark, shot.port, 0, 0) + chunk
    return packet[:8] + struct.pack("<I", _sum_sctp(packet)) + packet[12:]


def _sum_sctp(data: bytes) -> int:
    """CRC-32C, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _fill(segment: bytes, at: int, before: bytes) -> bytes:
    """With the checksum in its place."""
    return segment[:at] + struct.pack("!H", compute_checksum(before + segment)) + segment[at + 2 :]
