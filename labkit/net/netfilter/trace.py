"""The kernel's own trace of some packets on many machines at once: which rules and policies they met, and what those did."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, Self

from labkit.errors import LabkitError
from labkit.net.machine import Writable
from labkit.net.netfilter.counters import Counts, ask_counters
from labkit.net.netfilter.marking import OWN, Pattern, plan_marking
from labkit.net.netfilter.nfnetlink import ERROR, NETLINK_NETFILTER, parse_errno
from labkit.net.netfilter.steps import Passage, parse_passages
from labkit.net.write import netlink

_SOL_NETLINK: Final = 270
_ADD_MEMBERSHIP: Final = 1
_TRACES: Final = 9  # NFNLGRP_NFTRACE
_BUFFER: Final = 1 << 16
_RECEIVE_BUFFER: Final = 4 << 20  # the kernel gives what net.core.rmem_max allows
_KERNEL: Final = 0  # netlink port
_CLOSERS: Final = 64  # threads


@dataclass(frozen=True, slots=True)
class Watched:
    """One machine's netfilter: its counters before, and the ways of the packets through it.

    `passages` is None where the kernel does not trace, or had more to tell than its buffer holds. `families`: of the tables
    in which packets were traced.
    """

    counts: Counts
    passages: tuple[Passage, ...] | None = None
    families: tuple[str, ...] = ()


class Trace:
    """From `__enter__` on, of machines on which nf_tables has a chain that packets pass. Everything is taken back at the end.

    A machine that has gone, or can't be asked, is left out.
    """

    def __init__(self, machines: Iterable[Writable], patterns: Sequence[Pattern]) -> None:
        self._machines = list(machines)
        self._patterns = patterns
        self._table = f"{OWN}{os.urandom(4).hex()}"  # two may trace at the same time
        self._watched: dict[str, Watched] = {}
        self._sockets: dict[str, socket.socket] = {}
        self._stack = ExitStack()
        self._closing = ThreadPoolExecutor(_CLOSERS)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for machine in self._machines:
                with contextlib.suppress(LabkitError, OSError):
                    self._watch(machine, stack)
            self._stack = stack.pop_all()
        return self

    def _watch(self, machine: Writable, stack: ExitStack) -> None:
        with ExitStack() as opening:
            opened = opening.enter_context(machine.open_socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER))
            counts = ask_counters(opened)
            families = _list_families(counts)
            traced = bool(families) and _start_tracing(opened, plan_marking(self._table, families, self._patterns))
            self._watched[machine.name] = Watched(counts, families=families if traced else ())
            if traced:
                self._sockets[machine.name] = opened
                stack.push(opening.pop_all())

    def __exit__(self, *exception: object) -> None:
        self._close()
        self._closing.shutdown()
        self._stack.close()

    def _close(self) -> None:
        """With a socket its table goes, for which the kernel waits some 10 ms for all processors: nobody has to wait for that, and for all at once."""
        for opened in self._sockets.values():
            self._closing.submit(opened.close)
        self._sockets.clear()

    def end(self) -> dict[str, Watched]:
        """No more of it; what was traced, by the machine's name."""
        for name, opened in self._sockets.items():
            before = self._watched[name]
            datagrams = _drain(opened)
            passages = None if datagrams is None else parse_passages(datagrams, self._table, self._patterns)
            self._watched[name] = Watched(before.counts, passages, before.families)
        self._close()
        return self._watched


def _list_families(counts: Counts) -> tuple[str, ...]:
    """In which a table is needed: inet for all that IPv4's hooks do, bridge where a bridge has rules of its own."""
    filtering = {family for family, _, _, handle in counts if not handle}
    ipv4 = ("inet",) if filtering & {"inet", "ip"} else ()
    return (*ipv4, "bridge") if "bridge" in filtering else ipv4


def _start_tracing(opened: socket.socket, batch: Sequence[netlink.Message]) -> bool:
    """Whether the kernel took the table; afterwards the socket has what is traced."""
    last = len(batch) - 1  # the last one in the transaction
    try:
        opened.send(b"".join(netlink.pack(message, at, ack=at == last) for at, message in enumerate(batch, 1)))
        opened.setblocking(False)  # it has answered by now
        if not _is_taken(opened, last):
            return False
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        opened.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, _TRACES)
    except OSError:  # counters have to do
        return False
    return True


def _is_taken(opened: socket.socket, last: int) -> bool:
    """Whether message `last` was acknowledged, and none refused. Raises OSError."""
    refused, answered = 0, False
    while not answered:
        # nothing there (BlockingIOError): the transaction was refused as a whole
        for kind, _, sequence, body in netlink.split_messages(opened.recv(_BUFFER)):
            if kind == ERROR:
                refused |= parse_errno(body)
                answered |= sequence == last
    return not refused


def _drain(opened: socket.socket) -> list[bytes] | None:
    """What the kernel has told; what somebody on the machine sent to the same group is left out. None when a part is missing."""
    told: list[bytes] = []
    while True:
        try:
            data, sender = opened.recvfrom(_BUFFER)
        except BlockingIOError:
            return told
        except OSError:  # ENOBUFS: more than the buffer holds
            return None
        if sender[0] == _KERNEL:
            told.append(data)
