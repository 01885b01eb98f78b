"""The loop: everything of all pairs at the same time, in one thread."""

from __future__ import annotations

import contextlib
import selectors
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from labkit.errors import CannotTell, LabkitError
from labkit.probe.limits import read_overflows
from labkit.probe.limits import require_room as require_neighbours
from labkit.probe.reach.connections import Connection, start_connections
from labkit.probe.reach.datagrams import plan_exchanges, register, require_room, start_ends
from labkit.probe.reach.exchange import Exchange, plan_reach
from labkit.probe.reach.value import Pair, Reach
from labkit.timing import scale

FIRST: Final = 0.8  # seconds in which something of every kind has to get through: ARP and the like take a while
LASTS: Final = 1.0  # seconds for which it then has to go on
PATIENCE: Final = 0.6  # seconds that the last answers may take
_STEPS: Final = 8  # from a request on the wire to its answer counted
CONNECTIONS: Final = 3  # of each pair, spread over that time


def reach(pairs: Sequence[Pair], stop: threading.Event | None = None) -> list[Reach]:
    """Whether each `src` reaches its `dst`: small pings and pings of full size, UDP likewise, TCP with data both ways.

    The far ends are sockets of ours on `dst`, on ports drawn by chance, so nobody else can answer. What gets through once is tried on for
    a second. Takes about 1.1 s when all is well, 0.8 s when something never gets through. Raises CannotTell when a socket is refused, or when
    somebody says `stop`.
    """
    overflows = read_overflows()
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        try:
            ends, refused = start_ends(stack, pairs)
            possible = [pair for pair in pairs if pair not in refused]
            connections = start_connections(stack, selector, possible, CONNECTIONS)
        except (OSError, LabkitError) as error:
            raise CannotTell(f"no sockets for probes: {error}") from error
        exchanges = [exchange for pair in possible for exchange in plan_exchanges(pair, ends)]
        register(selector, ends, {exchange.name: exchange for exchange in exchanges})
        Loop(selector, exchanges, connections, stop or threading.Event()).run()
    results = [_judge(pair, refused.get(pair, ""), exchanges, connections) for pair in pairs]
    if not all(each.reached for each in results):
        require_room(exchanges)
        require_neighbours(overflows)
    return results


@dataclass(frozen=True)
class Loop:
    """All exchanges and connections of one asking; `stop` ends it before its time."""

    selector: selectors.BaseSelector
    exchanges: Sequence[Exchange]
    connections: Sequence[Connection]
    stop: threading.Event

    def run(self) -> None:
        """Until something of every kind got through; then on for a second."""
        began = time.monotonic()
        first = self.connections[::CONNECTIONS]
        for each in first:
            self.begin(each)
        if not self.turn(
            began + scale(FIRST),
            lambda: all(each.answered for each in self.exchanges) and all(each.done for each in first),
        ):
            return
        began = time.monotonic()
        for number in range(1, CONNECTIONS):
            for each in self.connections[number::CONNECTIONS]:
                self.begin(each)
            self.turn(began + LASTS * number / (CONNECTIONS - 1), lambda: False)
        for exchange in self.exchanges:
            exchange.due = float("inf")
        self.turn(time.monotonic() + scale(PATIENCE), lambda: not self.is_waiting())

    def begin(self, connection: Connection) -> None:
        """Open it and take care of it from now on."""
        connection.begin()
        if not connection.error:
            events = selectors.EVENT_READ | selectors.EVENT_WRITE
            self.selector.register(connection.client, events, lambda: self._go_on(connection))

    def _go_on(self, connection: Connection) -> None:
        connection.go_on()
        if connection.error or connection.done:
            self.selector.unregister(connection.client)
        elif connection.sent:
            self.selector.modify(connection.client, selectors.EVENT_READ, lambda: self._go_on(connection))

    def turn(self, until: float, is_over: Callable[[], bool]) -> bool:
        """Send what is due, take what comes, until the time or until it is over; whether it is."""
        while not is_over():
            if self.stop.is_set():
                raise CannotTell("stopped before it was told")
            now = time.monotonic()
            if now >= until or self.is_hopeless():
                self._take_what_waits()
                return is_over()
            for exchange in self.exchanges:
                exchange.send_when_due(now)
            due = min((each.due for each in self.exchanges if not each.error), default=until)
            self._take(max(0.0, min(due, until) - time.monotonic()))
        return True

    def _take(self, timeout: float) -> bool:
        ready = self.selector.select(timeout)
        for key, _ in ready:
            key.data()
        return bool(ready)

    def _take_what_waits(self) -> None:
        """A busy computer may not have let us look in time: what came before the time was over counts."""
        for _ in range(_STEPS):
            if not self._take(0):
                return

    def is_waiting(self) -> bool:
        """Something is under way."""
        open_still = any(not each.done and not each.error for each in self.connections if each.begun)
        return open_still or any(each.waiting for each in self.exchanges)

    def is_hopeless(self) -> bool:
        """Everything was refused."""
        begun = (each for each in self.connections if each.begun)
        return all(each.error for each in self.exchanges) and all(each.error for each in begun)


def _list_sources(exchanges: Sequence[Exchange], connections: Sequence[Connection]) -> list[tuple[str, str | None]]:
    return [*((each.kind, each.source) for each in exchanges), *(("TCP", each.source) for each in connections)]


def _judge(pair: Pair, refused: str, exchanges: Sequence[Exchange], connections: Sequence[Connection]) -> Reach:
    mine = [each for each in exchanges if each.pair == pair]
    calls = [each for each in connections if each.pair == pair and each.begun]
    seen = {kind: source for kind, source in _list_sources(mine, calls) if source}
    if refused:
        return Reach(pair, False, refused, plan_reach(pair))
    troubles = [*(each.explain() for each in mine), *(each.explain() for each in calls)]
    why = next(filter(None, troubles), "")
    if why:
        # where nothing at all gets through everybody's ping shows it; what some packets suffer only the same question shows
        dead = not any(each.answered for each in mine) and not any(each.done for each in calls)
        return Reach(pair, False, why, ("ping", "-c", "1", "-W", "1", pair.address) if dead else plan_reach(pair), seen)
    return Reach(pair, True, f"{pair.dst.name} got every kind of packet", plan_reach(pair), seen)
