"""Changes of one machine's network, collected and carried out with few system calls."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final, Self, Unpack

from labkit.net.errors import NetError, Refusal
from labkit.net.machine import Writable
from labkit.net.write.address import Address, AddressOptions
from labkit.net.write.channel import CHUNK, NETLINK_ROUTE, Channel
from labkit.net.write.kinds import LinkOptions, check_options
from labkit.net.write.link import DelLink, LinkChanges, NewLink, SetLink
from labkit.net.write.names import LinkTable, UnknownLinkError
from labkit.net.write.neighbor import Fdb, FdbOptions, Neighbor, NeighborOptions
from labkit.net.write.netlink import Message
from labkit.net.write.port import PortFlags, SetPort
from labkit.net.write.request import Context, Request
from labkit.net.write.route import Route, RouteOptions
from labkit.net.write.rule import Rule, RuleOptions

_DESCRIPTORS_KEPT: Final = 64


class Batch:
    """Messages for one machine; `commit()` sends them in order, CHUNK to a system call.

    Links are named, also those made earlier in the same batch (their index is chosen here).
    A veth whose peer lies elsewhere is best made by the machine with fewer ends: the netns of
    `peer_machine` is opened once for all batches committed together.
    """

    def __init__(self, machine: Writable) -> None:
        self.machine = machine
        self.requests: list[Request] = []

    def __len__(self) -> int:
        return len(self.requests)

    def commands(self) -> list[str]:
        """Give the same changes as lines for a shell on the machine, in order."""
        return [request.command() for request in self.requests]

    def commit(self) -> None:
        """Carry out all of it; NetError names the first message that the kernel refused."""
        commit_all([self])

    def add_link(self, name: str, *, kind: str, **options: Unpack[LinkOptions]) -> None:
        """Add a link; UsageError when its kind does not have one of the options."""
        check_options(kind, options)
        self.requests.append(NewLink(name, kind, options))

    def set_link(self, name: str, **changes: Unpack[LinkChanges]) -> None:
        """Change a link: up, mac, mtu, master ("" for none), rename, carrier, into (another machine)."""
        self.requests.append(SetLink(name, changes))

    def set_port(self, name: str, **flags: Unpack[PortFlags]) -> None:
        """Change a bridge port: hairpin, learning, flood, isolated, neigh_suppress, state …."""
        self.requests.append(SetPort(name, flags))

    def del_link(self, name: str) -> None:
        """Take a link away."""
        self.requests.append(DelLink(name))

    def add_address(self, prefix: str, link: str, **options: Unpack[AddressOptions]) -> None:
        """Add `10.244.1.1/24`; like ip, without a broadcast address unless asked (`broadcast="+"`)."""
        self.requests.append(Address(prefix, link, options))

    def del_address(self, prefix: str, link: str) -> None:
        """Take an address away."""
        self.requests.append(Address(prefix, link, {}, delete=True))

    def add_route(self, destination: str, **options: Unpack[RouteOptions]) -> None:
        """Add a route to a prefix or `default`; scope, table and protocol default as with ip."""
        self.requests.append(Route(destination, options))

    def del_route(self, destination: str, **options: Unpack[RouteOptions]) -> None:
        """Take away the first route that has all that is given."""
        self.requests.append(Route(destination, options, delete=True))

    def add_neighbor(self, address: str, link: str, **options: Unpack[NeighborOptions]) -> None:
        """Add a permanent neighbour (`mac`), or an address to answer ARP for (`proxy=True`)."""
        self.requests.append(Neighbor(address, link, options))

    def del_neighbor(self, address: str, link: str, **options: Unpack[NeighborOptions]) -> None:
        """Take a neighbour away."""
        self.requests.append(Neighbor(address, link, options, delete=True))

    def add_fdb(self, mac: str, link: str, **options: Unpack[FdbOptions]) -> None:
        """Add a forwarding entry: of a VXLAN with `dst`, of a bridge by its port with `master=True`."""
        self.requests.append(Fdb(mac, link, options))

    def del_fdb(self, mac: str, link: str, **options: Unpack[FdbOptions]) -> None:
        """Take a forwarding entry away."""
        self.requests.append(Fdb(mac, link, options, delete=True))

    def add_rule(self, priority: int, **options: Unpack[RuleOptions]) -> None:
        """Add a policy routing rule."""
        self.requests.append(Rule(priority, options))

    def del_rule(self, priority: int, **options: Unpack[RuleOptions]) -> None:
        """Take a rule away."""
        self.requests.append(Rule(priority, options, delete=True))


def commit_all(batches: Iterable[Batch]) -> None:
    """Commit batches one after the other; what one makes, the next ones find. Stops at a refusal."""
    waiting = [batch for batch in batches if batch.requests]
    with _Descriptors() as descriptors:
        for start in range(0, len(waiting), _DESCRIPTORS_KEPT):
            group = waiting[start : start + _DESCRIPTORS_KEPT]
            with _open_channels(group) as channels:
                for batch, channel in zip(group, channels, strict=True):
                    _commit(batch, channel, descriptors)


@contextmanager
def _open_channels(batches: list[Batch]) -> Iterator[list[Channel]]:
    """One for each, all asked for at once: waiting for an answer from the world takes longer than the answer."""
    names = [batch.machine.name for batch in batches]
    sockets = batches[0].machine.world.open_sockets(names, socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
    with ExitStack() as stack:
        yield [Channel(stack.enter_context(each)) for each in sockets]


def _commit(batch: Batch, channel: Channel, descriptors: _Descriptors) -> None:
    context = Context(LinkTable(channel.list_links()), descriptors.open)
    for start in range(0, len(batch.requests), CHUNK):
        requests = batch.requests[start : start + CHUNK]
        replies = channel.send(list(_encode(batch, requests, context, start)))
        if replies:
            refusals = tuple(
                Refusal(start + at, requests[at].words(), reply.errno, reply.reason) for at, reply in replies.items()
            )
            first = next(iter(replies))
            raise NetError(batch.machine.name, refusals, command=requests[first].command())
        descriptors.close_many()


def _encode(batch: Batch, requests: list[Request], context: Context, start: int) -> Iterator[Message]:
    for at, request in enumerate(requests):
        try:
            yield request.encode(context)
        except UnknownLinkError as error:
            reason = f"no link {error} on {batch.machine.name}"
            refusal = Refusal(start + at, request.words(), errno.ENODEV, reason)
            raise NetError(batch.machine.name, (refusal,), command=request.command()) from error


class _Descriptors:
    """Descriptors of machines' netns, opened once and closed soon: an open one keeps the netns alive."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._open: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def open(self, machine: Writable) -> int:
        if machine.name not in self._open:
            descriptor = machine.open_netns()
            self._stack.callback(os.close, descriptor)
            self._open[machine.name] = descriptor
        return self._open[machine.name]

    def close_many(self) -> None:
        """Close them between two system calls when there are many: there is a limit for each process."""
        if len(self._open) > _DESCRIPTORS_KEPT:
            self.close()

    def close(self) -> None:
        self._stack.close()
        self._open.clear()
