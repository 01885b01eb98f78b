"""The mesh of peers: who is connected to whom, by which way frames go to each, and what peers tell each other (TCP 6783).

As in Weave: every peer dials those it was told of and those it hears of; a connection is pending until heartbeats go both ways.
Differs: lines of JSON instead of Go's gob, heartbeats ten times as often, no encryption, frames only between direct neighbours.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from labkit.agents.weave import sleeve
from labkit.agents.weave.connection import HEARTBEAT, LONGEST_LINE, Connection, read_line
from labkit.agents.weave.names import parse_name, render_name
from labkit.agents.weave.options import Options
from labkit.agents.weave.topology import Hop, Peer, drop_unreachable, merge_peers, parse_peer, render_peer
from labkit.errors import LabkitError

Take = Callable[[Connection, Mapping[str, Any]], None]
_PROTOCOL: Final = "labkit-weave"
_HELLO: Final = 5.0  # seconds for the other side to say who it is
_SOON, _AGAIN = 0.1, 2.0  # seconds between two attempts: at first, and at the most
_LONGEST: Final = 500  # characters of another peer's reason
_BAD_PEER: Final = (OSError, ValueError, KeyError, TypeError, AttributeError, LabkitError)


class Mesh:
    """This peer's connections. `handlers`: who takes lines of which type; `changed` is called when a way opened or closed."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.me = options.me
        self.connections: dict[bytes, Connection] = {}
        self.targets: dict[str, str] = dict.fromkeys(options.targets, "connecting")
        name = render_name(self.me)
        self.known = {name: Peer(name, options.nickname, time.time_ns())}
        self.handlers: dict[str, Take] = {"gossip": self._take_gossip, "refused": self._take_refusal}
        self.more_gossip: Callable[[], dict[str, Any]] = dict
        self.changed: Callable[[], None] = lambda: None
        self.beat: Callable[[Connection], None] = lambda _: None
        self.refused = 0
        self.refusals: dict[str, str] = {}  # address -> why we and the peer there are none of each other's
        self._dialling: dict[str, asyncio.Task[None]] = {}

    # --- connections come and go

    async def serve(self) -> asyncio.Server:
        """Listen, and dial whom we were told of. Raises OSError when the port is taken."""
        server = await asyncio.start_server(self._accept, port=sleeve.PORT, family=2, limit=LONGEST_LINE)
        for address in self.targets:
            self.dial(address)
        return server

    def dial(self, address: str) -> None:
        """Keep trying to be connected to the peer at this address."""
        if address not in self._dialling:
            self._dialling[address] = asyncio.create_task(self._dial(address))

    async def _dial(self, address: str) -> None:
        pause = _SOON
        while address in self.targets or self._is_known(address):
            if all(each.address != address for each in self.connections.values()):
                try:
                    self._note(address, self.refusals.get(address, "connecting"))
                    streams = await asyncio.open_connection(address, sleeve.PORT, limit=LONGEST_LINE)
                    pause = _SOON
                    await self._talk(*streams, outbound=True)
                except OSError as error:
                    self._note(address, f"dial tcp4 {address}:{sleeve.PORT}: {error.strerror or error}")
            await asyncio.sleep(pause)
            pause = min(2 * pause, _AGAIN)
        self._dialling.pop(address, None)

    def _note(self, address: str, state: str) -> None:
        if address in self.targets:
            self.targets[address] = state

    def _is_known(self, address: str) -> bool:
        return any(hop.address.startswith(f"{address}:") for peer in self.known.values() for hop in peer.connections)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await self._talk(reader, writer, outbound=False)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, outbound: bool) -> None:
        """One connection from hello to its end. A caller that is no peer is disconnected and counted."""
        connection = None
        try:
            connection = await self._greet(reader, writer, outbound=outbound)
            if connection is None:
                return
            self.tell_all()
            self.beat(connection)
            while words := await read_line(reader):
                if take := self.handlers.get(str(words.get("type"))):
                    take(connection, words)
                if words.get("type") == "gossip":
                    self.refusals.pop(connection.address, None)
        except ConnectionError:
            pass
        except _BAD_PEER as error:
            self._refuse(connection, str(writer.get_extra_info("peername")[0]), error)
        finally:
            writer.close()
            if connection and self.connections.get(connection.peer) is connection:
                del self.connections[connection.peer]
                self.refresh()

    def _refuse(self, connection: Connection | None, address: str, error: Exception) -> None:
        """Hang up on what is no peer of ours, and say why: to it, in the log, in `weave status connections`."""
        self.refused += 1
        why = str(error)
        if isinstance(error, LabkitError):
            why = error.message + (f" ({error.hint})" if error.hint else "")
        if connection:
            connection.tell("refused", why=why)
        self._keep_refusal(address, why)

    def _take_refusal(self, connection: Connection, words: Mapping[str, Any]) -> None:
        self._keep_refusal(connection.address, f"refused by {connection.nickname}: {str(words['why'])[:_LONGEST]}")

    def _keep_refusal(self, address: str, why: str) -> None:
        if self.refusals.get(address) != why:  # it is tried again and again: once will do
            print(f"weave: no connection with {address}: {why}", file=sys.stderr, flush=True)
        self.refusals[address] = why
        self._note(address, why)

    async def _greet(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, outbound: bool
    ) -> Connection | None:
        """Say who we are and hear who they are; None when there is a connection to that peer that is to be kept."""
        own = {"protocol": _PROTOCOL, "name": render_name(self.me), "nickname": self.options.nickname}
        address, port = writer.get_extra_info("peername")[:2]
        connection = Connection(b"", "", address, port, outbound, writer)
        connection.tell("hello", **own, pool=self.options.pool)
        words = await asyncio.wait_for(read_line(reader), _HELLO) or {}
        if words.get("protocol") != _PROTOCOL:
            raise ValueError("what answers there is no Weave peer")
        if words.get("pool") != self.options.pool:
            raise ValueError(f"its --ipalloc-range is {words.get('pool')}, ours is {self.options.pool}")
        connection.peer, connection.nickname = parse_name(words["name"]), str(words["nickname"])
        if connection.peer == self.me:
            raise ValueError(f"it has our own name, {render_name(self.me)}: each peer needs another --name")
        old = self.connections.get(connection.peer)
        if old:
            if outbound != (self.me < connection.peer):
                return None  # both have dialled: the one that the lower name began is kept, at both ends
            old.writer.close()
        self.connections[connection.peer] = connection
        return connection

    # --- heartbeats

    async def keep_time(self) -> None:
        """Send heartbeats for ever, and notice which ones do not come any more."""
        while True:
            for connection in list(self.connections.values()):
                self.beat(connection)
            self.refresh()
            await asyncio.sleep(HEARTBEAT)

    def take_heartbeat(self, peer: bytes, frame: bytes, way: str) -> None:
        """One came; what it changes is answered at once, so that a way opens within a round trip."""
        connection = self.connections.get(peer)
        if connection is None:
            return
        now = time.monotonic()
        before = connection.list_heard(now), connection.heard_there
        connection.take_heartbeat(frame, way, now)
        if before != (connection.list_heard(now), connection.heard_there):
            self.beat(connection)
            self.refresh()

    def refresh(self) -> None:
        """Work out by which way each peer is reached now; tell the others when something is different."""
        now = time.monotonic()
        for connection in self.connections.values():
            connection.uses = connection.choose_overlay(now)
        hops = tuple(
            Hop(render_name(each.peer), f"{each.address}:{each.port}", each.outbound, each.uses is not None)
            for each in sorted(self.connections.values(), key=lambda each: each.peer)
        )
        own = self.known[render_name(self.me)]
        self.changed()
        if own.connections != hops:
            self.say(connections=hops)

    def say(self, **changes: Any) -> None:
        """Something about this peer is different from now on: tell everybody."""
        name = render_name(self.me)
        own = self.known[name]
        self.known[name] = replace(own, version=own.version + 1, **changes)
        self.known = drop_unreachable(self.known, name)
        self.tell_all()

    # --- gossip

    def tell_all(self) -> None:
        """All that we know, to all neighbours."""
        peers = [render_peer(peer) for peer in self.known.values()]
        for connection in self.connections.values():
            connection.tell("gossip", peers=peers, **self.more_gossip())

    def _take_gossip(self, connection: Connection, words: Mapping[str, Any]) -> None:
        name = render_name(self.me)
        merged = drop_unreachable(merge_peers(self.known, map(parse_peer, words["peers"]), name), name)
        news, self.known = merged != self.known, merged
        if taken := self.handlers.get("ring"):
            taken(connection, words)
        if news:
            self.tell_all()
            self._dial_strangers()

    def _dial_strangers(self) -> None:
        """Peers that others know. Of two peers the one with the lower name calls the other."""
        for peer in self.known.values():
            for hop in peer.connections:
                stranger = parse_name(hop.peer)
                # a port of its own choice is where it dialled from; it listens at the usual one on the same address
                if self.me < stranger and stranger not in self.connections:
                    self.dial(hop.address.rpartition(":")[0])
