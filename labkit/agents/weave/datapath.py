"""The agent's two sockets: frames of the own bridge in, datagrams to peers out, and the other way. One frame, one decision, one datagram."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from labkit.agents.weave import sleeve
from labkit.agents.weave.forward import HERE, MacTable, Place, decide
from labkit.agents.weave.guest import Guest, GuestError
from labkit.agents.weave.names import ZERO, render_name

PCAP: Final = "vethwe-pcap"
_ETH_P_ALL: Final = 3
_SOL_PACKET: Final = 263
_PACKET_IGNORE_OUTGOING: Final = 23
_IP_MTU_DISCOVER: Final = 10
_PMTUDISC_DO: Final = 2
_LARGEST: Final = 65536
_AT_ONCE: Final = 64  # frames read before others get their turn
_TURN: Final = 0.05  # seconds after which others get theirs: a guest may be slow
_BUFFER: Final = 4 << 20


def open_frames() -> socket.socket:
    """All frames that the bridge sends towards the agent. Raises OSError."""
    frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    frames.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    frames.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    frames.bind((PCAP, _ETH_P_ALL))
    frames.setblocking(False)
    return frames


def open_datagrams() -> socket.socket:
    """Sleeve's UDP socket. What does not fit the underlay's MTU is refused, not cut up. Raises OSError."""
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _PMTUDISC_DO)
    datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    datagrams.bind(("", sleeve.PORT))
    datagrams.setblocking(False)
    return datagrams


def _take_turn() -> Iterator[None]:
    """One step for each frame that may be read now; what is left waits for the next turn."""
    until = time.monotonic() + _TURN
    for _ in range(_AT_ONCE):
        yield
        if time.monotonic() > until:
            return


class Datapath:
    """`addresses`: where each peer's datagrams come from and go to. `peers`: those whose frames go by sleeve now.

    `nicknames` are of all peers ever met: a guest's table may still name one that is away.
    """

    def __init__(self, me: bytes, frames: socket.socket, datagrams: socket.socket) -> None:
        self.addresses: dict[Place, str] = {}
        self.nicknames: dict[Place, str] = {}
        self.peers: tuple[Place, ...] = ()
        self.macs = MacTable()
        self.counts: Counter[str] = Counter()
        self.guest: Guest | None = None
        self.guest_failed = ""
        self.guest_log = Path(os.devnull)
        self.heard: Callable[[bytes, bytes], None] = lambda _peer, _frame: None
        self._me = me
        self._frames = frames
        self._datagrams = datagrams

    def take_frames(self) -> None:
        """What waits on the bridge's side."""
        for _ in _take_turn():
            try:
                frame = self._frames.recv(_LARGEST)
            except OSError:  # nothing left, or the link went down meanwhile
                return
            for peer in self.decide(frame, HERE):
                if peer == HERE:
                    self._put(frame)
                else:
                    self.send(peer, frame)

    def take_datagrams(self) -> None:
        """What waits on the peers' side."""
        for _ in _take_turn():
            try:
                datagram, (address, _) = self._datagrams.recvfrom(_LARGEST)
            except OSError:  # nothing left; or an ICMP error that somebody sent about an earlier one
                return
            self.take_datagram(datagram, address)

    def take_datagram(self, datagram: bytes, address: str) -> None:
        """Frames out of one datagram; who is no peer, or has a peer's name at another address, is not listened to."""
        try:
            sender, parcels = sleeve.parse_datagram(datagram)
        except sleeve.SleeveError:
            self.counts["malformed"] += 1
            return
        if self.addresses.get(sender) != address:
            self.counts["foreign"] += 1
            return
        for parcel in parcels:
            if parcel.destination != self._me or parcel.source != sender:
                self.counts["not_for_us"] += 1
            elif parcel.frame.startswith(ZERO + ZERO):
                self.heard(sender, parcel.frame)
            else:
                self._deliver(parcel.frame, sender)

    def _deliver(self, frame: bytes, sender: Place) -> None:
        self.counts["received"] += 1
        for place in self.decide(frame, sender):
            if place == HERE:
                self._put(frame)
            else:
                self.send(place, frame)

    def decide(self, frame: bytes, came_from: Place) -> tuple[Place, ...]:
        """The guest's decision while there is one that works, else our own."""
        if self.guest:
            try:
                return self._ask_guest(self.guest, frame, came_from)
            except GuestError as error:
                self.drop_guest(f"{error.message}; {error.hint}")
        return decide(self.macs, frame, came_from, self.peers, time.monotonic())

    def _ask_guest(self, guest: Guest, frame: bytes, came_from: Place) -> tuple[Place, ...]:
        places = {name: peer for peer, name in self.nicknames.items()} | {"bridge": HERE}
        peers = [self.nicknames[peer] for peer in self.peers]
        origin = self.nicknames.get(came_from, "bridge")
        said = guest.ask(render_name(frame[6:12]), render_name(frame[:6]), origin, peers)
        self.counts["guest_decisions"] += 1
        if strange := sorted(set(said) - set(places)):
            raise GuestError(
                f"forward returned the place {strange[0]!r:.100}", hint=f"known: {', '.join(sorted(places))}"
            )
        return tuple(places[name] for name in said)  # one that is away now gets nothing: send() sees to that

    def set_guest(self, path: Path) -> None:
        """Let the function in this file decide. Raises GuestError when it can't be loaded; then nothing has changed."""
        guest = Guest(path, self.guest_log)
        self.drop_guest("")
        self.guest = guest

    def drop_guest(self, why: str) -> None:
        """Go on with our own rules."""
        if self.guest:
            self.guest.close()
        self.guest, self.guest_failed = None, why

    def send(self, peer: Place, frame: bytes) -> None:
        """One frame to one peer."""
        address = self.addresses.get(peer)
        if address is None:
            self.counts["no_peer"] += 1
            return
        try:
            self._datagrams.sendto(sleeve.pack_datagram(self._me, peer, frame), (address, sleeve.PORT))
            self.counts["sent"] += 1
        except BlockingIOError:
            self.counts["queue_full"] += 1
        except OSError as error:
            self.counts["too_long" if error.errno == errno.EMSGSIZE else "unsent"] += 1

    def _put(self, frame: bytes) -> None:
        with contextlib.suppress(OSError):  # the queue is full or the link is down: as on a real wire, it is lost
            self._frames.send(frame)
