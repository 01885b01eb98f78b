"""One packet's way for a notebook: a drawing of it, and below a list of hops to unfold, without scripts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from html import escape

from labkit.lab.network import LiveNetwork
from labkit.net import Layer
from labkit.probe.journey.hops import Hop
from labkit.probe.journey.value import Journey
from labkit.show.journey import (
    render_connection,
    render_headers,
    render_journey,
    render_outcome,
    render_place,
    render_time,
)
from labkit.show.page import render_page

_LONG = 48  # characters of a field's value; a payload has more


def render_journey_html(journey: Journey) -> str:
    """The hops as a list; one is open at a time (`details` of one name), by Enter and Space too."""
    return render_page(render_hop_list(journey), render_journey(journey))


def render_hop_list(journey: Journey) -> str:
    """The list alone, for a page that has a drawing already."""
    plain = render_journey(journey)
    name = hashlib.sha256(plain.encode()).hexdigest()[:8]
    answer = f"<p>The answer:</p>{_render_hops(journey, journey.reply, name)}" if journey.reply else ""
    kept = "".join(
        f"<p>netfilter on {escape(machine)} keeps: <code>{escape(render_connection(connection))}</code></p>"
        for machine, connections in journey.connections.items()
        for connection in connections
    )
    return f"<p><strong>{escape(render_outcome(journey))}</strong></p>{_render_hops(journey, journey.hops, name)}{answer}{kept}"


def _render_hops(journey: Journey, hops: Sequence[Hop], name: str) -> str:
    items = "".join(f"<li>{_render_hop(journey, hop, name)}</li>" for hop in hops)
    return f'<ol class="lk-hops">{items}</ol>'


def _render_hop(journey: Journey, hop: Hop, name: str) -> str:
    changes = f" <strong>{escape('; '.join(hop.changes))}</strong>" if hop.changes else ""
    summary = f"<summary>{escape(render_place(hop))}, {render_time(hop)} ms{changes}</summary>"
    return f'<details name="lk-{name}">{summary}{_render_kept(journey, hop)}{render_layers(hop)}</details>'


def _render_kept(journey: Journey, hop: Hop) -> str:
    """Where an address was changed: the entry of conntrack by which that is done, and undone for the answer."""
    if not any(" NAT " in change for change in hop.changes):
        return ""
    kept = journey.connections.get(hop.machine, ())
    return "".join(f"<p>netfilter keeps: <code>{escape(render_connection(each))}</code></p>" for each in kept)


def render_layers(hop: Hop) -> str:
    """Every header of a hop with its fields, outermost first."""
    rows = "".join(
        f'<tr><th scope="row">{escape(layer.name)}</th><td>{escape(_render_fields(layer))}</td></tr>'
        for layer in hop.layers
    )
    return f"<table>{rows}</table>"


def _render_fields(layer: Layer) -> str:
    shown = {name: str(value) for name, value in layer.fields.items() if value not in (None, "", [])}
    return ", ".join(f"{name} {value if len(value) <= _LONG else value[:_LONG] + '…'}" for name, value in shown.items())


def render_step(journey: Journey, live: LiveNetwork, number: int) -> str:
    """The drawing after `number` hops (1 is the first), with that hop's headers: what the slider shows."""
    from labkit.show.drawing.plan import plan_picture
    from labkit.show.drawing.svg import render_svg
    from labkit.show.drawing.trail import plan_trail

    way = [*journey.hops, *journey.reply]
    hop = way[number - 1]
    title = f"{journey.src} to {journey.dst}, hop {number} of {len(way)}: {render_place(hop)}"
    picture = plan_picture(title, live.network)
    svg = render_svg(plan_trail(picture, [(each.machine, each.link) for each in way[:number]]))
    changed = f"<br><strong>{escape('; '.join(hop.changes))}</strong>" if hop.changes else ""
    said = f"<p>{escape(title)}<br><code>{escape(render_headers(hop.layers))}</code>{changed}</p>"
    said += _render_kept(journey, hop)
    return render_page(f'{said}<div class="lk-wide">{svg}</div>', f"{title}\n{render_headers(hop.layers)}")
