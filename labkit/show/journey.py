"""One packet's way as text: a line a hop, with its headers and what changed since the hop before."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.net import Connection
from labkit.probe.journey.hops import Hop
from labkit.probe.journey.value import Journey
from labkit.show.headers import render_headers
from labkit.show.text import render_table


def render_journey(journey: Journey) -> str:
    """What came of it, the way there, the way back, and where it was last seen when it got lost."""
    parts = [render_outcome(journey), *_render_way(journey.hops, 1)]
    if journey.reply:
        parts += ["the answer:", *_render_way(journey.reply, len(journey.hops) + 1)]
    for machine, connections in journey.connections.items():
        parts += [f"netfilter on {machine} keeps: {render_connection(connection)}" for connection in connections]
    return "\n".join(parts)


def render_connection(connection: Connection) -> str:
    """`tcp 10.244.1.2:40000 -> 10.0.0.9:80, answered as 10.0.0.9:80 -> 192.168.50.11:40000`."""
    return f"{connection.proto} {connection.original}, answered as {connection.reply}"


def render_outcome(journey: Journey) -> str:
    """`web -> db (10.244.1.4): ICMP echo: it arrived, and the answer came back`."""
    if not journey.found:
        said = "it got lost"
    elif journey.answered:
        said = "it arrived, and the answer came back"
    else:
        said = "it arrived"
    where = f"; {journey.lost}" if journey.lost else ""
    told = journey.lost.reasons if journey.lost else ()
    where += "".join(f"; {error}" for error in journey.errors if error not in told)
    to = journey.dst if journey.dst == journey.address else f"{journey.dst} ({journey.address})"
    return f"{journey.src} -> {to}: {journey.probe}: {said}{where}"


def _render_way(hops: Sequence[Hop], first: int) -> list[str]:
    rows = [
        (
            f"{number:>3}",
            render_place(hop),
            f"{render_time(hop)} ms",
            render_headers(hop.layers),
            "; ".join([*hop.changes, *render_rule(hop)]),
        )
        for number, hop in enumerate(hops, first)
    ]
    return [render_table(rows)] if rows else []


def render_place(hop: Hop) -> str:
    """`in by eth0 of web`; a switch's port is the switch's."""
    return f"{'in by' if hop.direction == 'in' else 'out by'} {hop.link} of {hop.place}"


def render_rule(hop: Hop) -> list[str]:
    """The rule of netfilter that changed the packet before this hop, or dropped it after; nothing where there is none."""
    return [f"{'then ' if hop.rule.drops else ''}{hop.rule}"] if hop.rule else []


def render_time(hop: Hop) -> str:
    """Milliseconds since the first hop."""
    return f"{hop.time * 1000:.3f}"
