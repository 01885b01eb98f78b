"""Pings and UDP datagrams, small ones and as large as the way allows, whose far end we hold."""

from __future__ import annotations

import array
import contextlib
import os
import random
import selectors
import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from labkit.errors import CannotTell
from labkit.probe import icmp
from labkit.probe.reach.exchange import HEADERS, SMALL, TOKEN_BYTES, Exchange
from labkit.probe.reach.value import Pair
from labkit.probe.sockets import IP_MTU_DISCOVER
from labkit.probe.words import describe_errno, describe_icmp
from labkit.world import Machine

_SO_ATTACH_FILTER: Final = 26  # asm-generic/socket.h
_IP_MTU: Final = 14  # linux/in.h
_PMTUDISC_DO: Final = 2  # DF on, and what the way was found to carry is obeyed
_PACKETS: Final = 64 * 1024
_REPLY: Final = b"labkit: "  # what only the far end of ours says, before the token
_TRIES: Final = 20


@dataclass(frozen=True)
class Ends:
    """The sockets of all pairs: raw ICMP by machine, UDP servers by machine and address, UDP clients by pair."""

    asking: bytes  # two bytes that all packets of one asking have
    icmp: Mapping[str, socket.socket]
    servers: Mapping[tuple[str, str], socket.socket]
    clients: Mapping[Pair, socket.socket]


def open_each(
    stack: contextlib.ExitStack, machines: Iterable[Machine], kind: int, protocol: int = 0
) -> list[socket.socket]:
    """A non-blocking socket on each machine, one request for all of them; closed with the stack."""
    listed = list(machines)
    if not listed:
        return []
    opened = listed[0].world.open_sockets([each.name for each in listed], socket.AF_INET, kind, protocol)
    for sock in opened:
        stack.enter_context(sock)
        sock.setblocking(False)
    return opened


def bind_somewhere(sock: socket.socket, address: str) -> None:
    """On a port that chance draws. Raises OSError when the machine does not have this address."""
    for left in reversed(range(_TRIES)):
        try:
            sock.bind((address, random.randrange(1024, 65536)))
        except OSError as error:
            if error.errno == 98 and left:  # noqa: PLR2004 - EADDRINUSE
                continue
            raise
        return


def start_ends(stack: contextlib.ExitStack, pairs: Iterable[Pair]) -> tuple[Ends, dict[Pair, str]]:
    """The sockets, and for pairs that can't be asked what stands against it."""
    listed = list(pairs)
    machines = {machine.name: machine for pair in listed for machine in (pair.src, pair.dst)}
    raws = open_each(stack, machines.values(), socket.SOCK_RAW, socket.IPPROTO_ICMP)
    asking = os.urandom(2)
    for raw in raws:
        raw.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, _PMTUDISC_DO)
        _filter(raw, asking)
    far = {(pair.dst.name, pair.address): pair.dst for pair in listed}
    servers = dict(zip(far, open_each(stack, far.values(), socket.SOCK_DGRAM), strict=True))
    clients = dict(zip(listed, open_each(stack, [pair.src for pair in listed], socket.SOCK_DGRAM), strict=True))
    against = _bind_all(servers)
    refused = {pair: against[key] for pair in listed if (key := (pair.dst.name, pair.address)) in against}
    for pair, client in clients.items():
        if pair not in refused and (why := _connect(client, servers[pair.dst.name, pair.address])):
            refused[pair] = why
    return Ends(asking, dict(zip(machines, raws, strict=True)), servers, clients), refused


def _filter(raw: socket.socket, asking: bytes) -> None:
    """A raw socket gets a copy of every ICMP packet of its machine: let pass our own and errors only, or others' fill its buffer.

    A classic BPF program (packet(7), linux/filter.h) over the IP packet: type 8 or 0 with our bytes in the payload, or type 3 or 11. The ICMP
    identifier says nothing: translation changes it.
    """
    ours = int.from_bytes(asking, "big")
    rows = (
        (0xB1, 0, 0, 0),  # x = length of the IP header
        (0x50, 0, 0, 0),  # a = ICMP type
        (0x15, 3, 0, 8), (0x15, 2, 0, 0), (0x15, 3, 0, 3), (0x15, 2, 3, 11),
        (0x48, 0, 0, 12),  # a = the payload's fifth and sixth byte
        (0x15, 0, 1, ours),
        (0x06, 0, 0, 0xFFFF),
        (0x06, 0, 0, 0),
    )  # fmt: skip
    program = array.array("B", b"".join(struct.pack("=HBBI", *row) for row in rows))
    raw.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(rows), program.buffer_info()[0]))


def _bind_all(servers: Mapping[tuple[str, str], socket.socket]) -> dict[tuple[str, str], str]:
    against = {}
    for (name, address), server in servers.items():
        try:
            bind_somewhere(server, address)
        except OSError:
            against[name, address] = f"{name} does not have the address {address}"
    return against


def _connect(client: socket.socket, server: socket.socket) -> str:
    client.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, _PMTUDISC_DO)
    try:
        client.connect(server.getsockname())
    except OSError as error:
        return describe_errno(error.errno or 0)
    return ""


def read_mtu(client: socket.socket) -> int:
    """The largest packet that the way to the other end is known to carry, in bytes."""
    return int(client.getsockopt(socket.IPPROTO_IP, _IP_MTU))


def plan_exchanges(pair: Pair, ends: Ends) -> list[Exchange]:
    """Small and large pings, small and large datagrams."""
    client, raw = ends.clients[pair], ends.icmp[pair.src.name]
    mtu = read_mtu(client)

    def send_ping(exchange: Exchange, token: bytes) -> None:
        size = _fit(exchange, client) - HEADERS
        raw.sendto(icmp.pack_echo(token, size=size, sequence=exchange.sent + 1), (pair.address, 0))

    def send_datagram(exchange: Exchange, token: bytes) -> None:
        client.send(token.ljust(_fit(exchange, client) - HEADERS, b"."))

    return [
        Exchange(pair, "ping", SMALL, 0.1, send_ping, ends.asking),
        Exchange(pair, "large ping", mtu, 0.25, send_ping, ends.asking),
        Exchange(pair, "UDP", SMALL, 0.06, send_datagram, ends.asking),
        Exchange(pair, "large UDP", mtu, 0.25, send_datagram, ends.asking),
    ]


def _fit(exchange: Exchange, client: socket.socket) -> int:
    """A router that says "too large" is obeyed, as every kernel obeys it; one that says nothing is a black hole."""
    if exchange.size > SMALL:
        exchange.shrink(read_mtu(client))
    return exchange.size


def register(selector: selectors.BaseSelector, ends: Ends, by_name: Mapping[bytes, Exchange]) -> None:
    """Have what arrives counted."""
    for name, raw in ends.icmp.items():
        selector.register(raw, selectors.EVENT_READ, lambda raw=raw, name=name: _read_pings(raw, name, by_name))
    for server in ends.servers.values():
        selector.register(server, selectors.EVENT_READ, lambda server=server: _serve(server, by_name))
    for client in ends.clients.values():
        selector.register(client, selectors.EVENT_READ, lambda client=client: _read_replies(client, by_name))


def _read_pings(raw: socket.socket, name: str, by_name: Mapping[bytes, Exchange]) -> None:
    for data, _ in _drain(raw):
        packet = icmp.parse_packet(data)
        exchange = by_name.get(packet.token[:6]) if packet else None
        if packet is None or exchange is None:
            continue
        if packet.kind == icmp.ECHO and name == exchange.pair.dst.name:
            exchange.source = packet.source
        elif packet.kind == icmp.ECHO_REPLY and name == exchange.pair.src.name:
            exchange.answered.add(int.from_bytes(packet.token[6:], "big"))
        elif packet.kind in icmp.ERRORS and name == exchange.pair.src.name and not packet.mtu:
            exchange.error = describe_icmp(packet.kind, packet.code, packet.source)


def _serve(server: socket.socket, by_name: Mapping[bytes, Exchange]) -> None:
    for data, source in _drain(server):
        if exchange := by_name.get(data[:6]):
            exchange.source = str(source[0])
            with contextlib.suppress(OSError):  # no way back: the caller waits in vain, and says so
                server.sendto(_REPLY + data[:TOKEN_BYTES], source)


def _read_replies(client: socket.socket, by_name: Mapping[bytes, Exchange]) -> None:
    for data, _ in _drain(client):
        token = data.removeprefix(_REPLY)
        exchange = by_name.get(token[:6])
        if exchange and data.startswith(_REPLY):
            exchange.answered.add(int.from_bytes(token[6:TOKEN_BYTES], "big"))


def _drain(sock: socket.socket) -> Iterable[tuple[bytes, tuple[object, ...]]]:
    """All that is there; what an ICMP error said of an earlier packet is passed over, the pings tell it better."""
    for _ in range(1000):
        try:
            yield sock.recvfrom(_PACKETS)
        except BlockingIOError:
            return
        except OSError:
            continue


def require_room(exchanges: Iterable[Exchange]) -> None:
    """Raise CannotTell when the kernel had no room for a packet: that says nothing about the network."""
    for exchange in exchanges:
        if exchange.crowded and not exchange.sent:
            raise CannotTell(
                f"{exchange.kind} from {exchange.pair}: the kernel had no room for it",
                hint="end other labs; labkit doctor tells the limit of the neighbour table, which all labs share",
            )
