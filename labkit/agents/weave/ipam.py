"""The agent's addresses: given from its own ranges, asked for at other peers when those are used up, taken over from removed ones."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Mapping
from typing import Any, Final

from labkit.agents.weave.connection import Connection
from labkit.agents.weave.memory import parse_removals, parse_ring, render_removals, render_ring, write_memory
from labkit.agents.weave.mesh import Mesh
from labkit.agents.weave.names import parse_name, render_name
from labkit.agents.weave.ring import Ring
from labkit.agents.weave.space import Space
from labkit.errors import LabkitError

_PATIENCE: Final = 2.0  # seconds for a peer to answer


class Ipam:
    """One peer's part of the pool. Everything it changes is written down before anybody hears of it."""

    def __init__(self, space: Space, mesh: Mesh) -> None:
        self.space = space
        self._mesh = mesh
        self.lost: Callable[[list[str]], None] = lambda _: None  # containers whose addresses are another peer's now
        self._answers: dict[tuple[bytes, str], asyncio.Future[Mapping[str, Any]]] = {}
        mesh.handlers |= {
            "ring": self._take_ring, "want": self._take_want, "fence": self._take_fence,
            "gave": self._take_answer, "fenced": self._take_answer,
        }  # fmt: skip
        mesh.more_gossip = self._plan_gossip

    @property
    def length(self) -> int:
        """Of the pool's prefix."""
        return (self.space.ring.end - self.space.ring.start).bit_length()

    def render_address(self, number: int) -> str:
        """With the pool's mask."""
        return f"{ipaddress.IPv4Address(number)}/{33 - self.length}"

    async def allocate(self, container: str) -> str:
        """An address for a container. Raises LabkitError when no peer has one left."""
        number = self.space.allocate(container)
        if number is None:
            for connection in self._list_donors():
                await self._ask(connection, "want", "gave")
                if (number := self.space.allocate(container)) is not None:
                    break
        if number is None:
            raise LabkitError("no address left in the pool", hint="`weave status ipam` shows who has how many")
        self.keep()
        return self.render_address(number)

    def release(self, container: str) -> None:
        """It is gone."""
        self.space.release(container)
        self.keep()

    async def remove_peer(self, name: bytes) -> int:
        """Take over what a peer had that will never come back; how many addresses. Raises LabkitError."""
        if name in self._mesh.connections or name == self.space.me:
            raise LabkitError(
                f"{render_name(name)} is alive", hint="stop its agent first: two owners would give the same address"
            )
        had = self.space.ring.count().get(name, 0)
        self.space.fence(name)
        words = {"peer": render_name(name)}
        answers = [await self._ask(each, "fence", "fenced", **words) for each in self._mesh.connections.values()]
        self.space.take_over(name, [parse_ring(answer["ring"]) for answer in answers])
        self.keep()
        return had

    def keep(self) -> None:
        """Write it down, then tell."""
        write_memory(self.space)
        self._mesh.say(free=self.space.count_free(), given=len(self.space.given))

    # --- what peers say

    def _plan_gossip(self) -> dict[str, Any]:
        return {"ring": render_ring(self.space.ring), "removals": render_removals(self.space.removals)}

    def _list_donors(self) -> list[Connection]:
        """Neighbours, the one with the most addresses left first."""
        free = {parse_name(peer.name): peer.free for peer in self._mesh.known.values()}
        return sorted(self._mesh.connections.values(), key=lambda each: -free.get(each.peer, 0))

    async def _ask(self, connection: Connection, kind: str, answer: str, **words: Any) -> Mapping[str, Any]:
        future = self._answers[connection.peer, answer] = asyncio.get_running_loop().create_future()
        connection.tell(kind, **words)
        try:
            return await asyncio.wait_for(future, _PATIENCE)
        except TimeoutError:
            raise LabkitError(
                f"{render_name(connection.peer)}({connection.nickname}) did not answer within {_PATIENCE:g} s",
                hint="`weave status connections` shows who is there",
            ) from None

    def _take_answer(self, connection: Connection, words: Mapping[str, Any]) -> None:
        self._merge(connection, parse_ring(words["ring"]))
        future = self._answers.pop((connection.peer, str(words["type"])), None)
        if future and not future.done():
            future.set_result(words)

    def _take_ring(self, connection: Connection, words: Mapping[str, Any]) -> None:
        self.space.merge_removals(parse_removals(words["removals"]))
        if self.space.me in self.space.removed:
            self._come_back(parse_ring(words["ring"]))
        if self._merge(connection, parse_ring(words["ring"])):
            self._mesh.tell_all()

    def _come_back(self, ring: Ring) -> None:
        """Others took this peer's addresses over while it was away."""
        self.lost(self.space.come_back(ring))
        write_memory(self.space)
        self._mesh.tell_all()

    def _merge(self, connection: Connection, ring: Ring) -> bool:
        news = self.space.merge(connection.peer, ring)
        if news:
            write_memory(self.space)
        return news

    def _take_want(self, connection: Connection, _: Mapping[str, Any]) -> None:
        if self.space.donate(connection.peer):
            self.keep()
        connection.tell("gave", ring=render_ring(self.space.ring))

    def _take_fence(self, connection: Connection, words: Mapping[str, Any]) -> None:
        ring = self.space.fence(parse_name(words["peer"]))
        write_memory(self.space)
        connection.tell("fenced", ring=render_ring(ring))
