"""One packet's way as text: a line a hop, with its headers and what changed since the hop before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from labkit.net import Connection, Layer
from labkit.probe.journey.hops import Hop
from labkit.probe.journey.value import Journey
from labkit.show.text import render_table


def render_journey(journey: Journey) -> str:
    """What came of it, the way there, the way back, and where it was last seen when it got lost."""
    parts = [render_outcome(journey), *_render_way(journey.hops)]
    if journey.reply:
        parts += ["the answer:", *_render_way(journey.reply)]
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


def _render_way(hops: Sequence[Hop]) -> list[str]:
    rows = [
        (
            f"{number:>3}",
            render_place(hop),
            f"{render_time(hop)} ms",
            render_headers(hop.layers),
            "; ".join(hop.changes),
        )
        for number, hop in enumerate(hops, 1)
    ]
    return [render_table(rows)] if rows else []


def render_place(hop: Hop) -> str:
    """`in by eth0 of web`; a switch's port is the switch's."""
    machine = hop.link.partition("-")[0] if hop.switch else hop.machine
    return f"{'in by' if hop.direction == 'in' else 'out by'} {hop.link} of {machine}"


def render_time(hop: Hop) -> str:
    """Milliseconds since the first hop."""
    return f"{hop.time * 1000:.3f}"


def render_headers(layers: Sequence[Layer]) -> str:
    """Outermost first, what decides: `IP 10.244.1.2 -> 10.244.1.4 ttl 64 | ICMP echo-request`; MACs are left to the changes."""
    return " | ".join(text for layer in layers if (text := _render_layer(layer)))


def _render_layer(layer: Layer) -> str:
    if layer.name in _HIDDEN:
        return ""
    words = [layer.name]
    words += [f"{layer.fields[a]} -> {layer.fields[b]}" for a, b in _ENDS if a in layer.fields]
    words += [
        f"{_SHOWN[field]}{value}" for field, value in layer.fields.items() if field in _SHOWN and layer.name != "IP"
    ]
    words += [f"ttl {layer.fields['ttl']}"] if layer.name == "IP" else []
    words += [_ICMP.get(layer.fields["type"], str(layer.fields["type"]))] if layer.name == "ICMP" else []
    return " ".join(words)


_HIDDEN: Final = ("Ether", "Raw", "Padding")
_ENDS: Final = (("src", "dst"), ("sport", "dport"), ("psrc", "pdst"))
_SHOWN: Final[Mapping[str, str]] = {"flags": "", "vni": ""}  # of TCP and VXLAN
_ICMP: Final[Mapping[Any, str]] = {0: "echo-reply", 3: "unreachable", 8: "echo-request", 11: "time exceeded"}
