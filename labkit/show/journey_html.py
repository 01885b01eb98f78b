"""One packet's way for a notebook: a drawing on which it moves from hop to hop, and the list of hops; one output, without scripts.

Which hop is shown is what one radio button of a row says. CSS does the rest (`:has`), so that it works as well in a saved
notebook, after a restart, on a page that nbconvert made. Where CSS is too old for that, everything is shown; on paper what is
shown is what was chosen, at first the whole way.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from html import escape

from labkit.probe.journey.hops import Hop
from labkit.probe.journey.value import Journey
from labkit.show.headers import render_fields, render_headers
from labkit.show.journey import (
    render_connection,
    render_journey,
    render_outcome,
    render_place,
    render_rule,
    render_time,
)
from labkit.show.journey_svg import render_journey_drawing
from labkit.show.page import render_page

_rendered = itertools.count()  # the same journey may be shown twice on one page: its buttons must not be one row


def render_journey_html(journey: Journey) -> str:
    """The outcome, a button for each hop, the drawing, what is known of the chosen hop, and all hops in a list."""
    plain = render_journey(journey)
    name = f"lk-{hashlib.sha256(plain.encode()).hexdigest()[:8]}-{next(_rendered)}"
    svg, signs = render_journey_drawing(journey)
    style = "".join(_list_rules(len(journey.way)))
    parts = [
        f"<p><strong>{escape(render_outcome(journey))}</strong></p>",
        _render_buttons(journey, name) if journey.way else "",
        f'<div class="lk-wide">{svg}</div><p class="lk-legend">{escape(" ".join(signs))}</p>',
        "".join(_list_panels(journey, name)),
        _render_list(journey, name),
    ]
    return render_page(f'<style>{style}</style><div class="lk-journey">{"".join(parts)}</div>', plain)


def _list_rules(count: int) -> Iterator[str]:
    """What is shown when a hop is chosen; 0 is the whole way. Other journeys of the page say the same of the same numbers."""
    for number in range(count + 1):
        chosen = f".lk-journey:has(.lk-i{number}:checked)"
        yield f"{chosen} .lk-p{number} {{ display: block; }}\n"
        if number:
            yield f"{chosen} .lk-m{number} {{ display: inline; }}\n"
            yield f"{chosen} .lk-way > :nth-child(n+{number + 1}) {{ display: none; }}\n"
            yield f"{chosen} .lk-l{number} {{ background: var(--lk-raised); font-weight: bold; }}\n"


def _render_buttons(journey: Journey, name: str) -> str:
    there = len(journey.hops)
    buttons = [_render_button(name, 0, "all", "the whole way", "")]
    for number, hop in enumerate(journey.way, 1):
        style = "lk-back" if number > there else ""
        buttons.append(_render_button(name, number, str(number), f"hop {number}: {render_place(hop)}", style))
    return f'<div class="lk-steps" role="radiogroup" aria-label="hops">{"".join(buttons)}</div>'


def _render_button(name: str, number: int, text: str, title: str, style: str) -> str:
    checked = "" if number else " checked"
    return (
        f'<label class="{style}" title="{escape(title)}"><input type="radio" name="{name}" id="{name}-{number}" '
        f'class="lk-i{number}" aria-label="{escape(title)}"{checked}>{text}</label>'
    )


def _list_panels(journey: Journey, name: str) -> Iterator[str]:
    last = len(journey.way)
    for number, hop in enumerate(journey.way, 1):
        turns = [
            _render_turn(name, number - 1, "← back"),
            _render_turn(name, number + 1, "next →") if number < last else "",
        ]
        said = f"<strong>{number} of {last}: {escape(render_place(hop))}</strong>, {render_time(hop)} ms"
        yield (
            f'<div class="lk-panel lk-p{number}"><p class="lk-turns">{"".join(turns)} {said}</p>'
            f"{_render_done(hop)}{_render_kept(journey, hop)}{_render_layers(hop)}</div>"
        )
    if last:
        yield f'<p class="lk-panel lk-p0 lk-turns">{_render_turn(name, 1, "first hop →")} {_render_count(journey)}</p>'


def _render_count(journey: Journey) -> str:
    back = f"; {len(journey.reply)} of its answer" if journey.reply else ""
    return f"{len(journey.hops)} hops of the packet{back}."


def _render_turn(name: str, number: int, text: str) -> str:
    return f'<label class="lk-turn" for="{name}-{number}">{text}</label>'


def _render_done(hop: Hop) -> str:
    """What happened to the packet here."""
    done = [f"<strong>{escape(change)}</strong>" for change in hop.changes]
    if hop.rule:
        did = "then dropped by" if hop.rule.drops else "changed by"
        done.append(f"{did} <code>{escape(hop.rule.text)}</code> {escape(hop.rule.describe())}")
    return f"<p>{'; '.join(done)}</p>" if done else ""


def _render_kept(journey: Journey, hop: Hop) -> str:
    """Where an address was changed: the entry of conntrack by which that is done, and undone for the answer."""
    if not any(" NAT " in change for change in hop.changes):
        return ""
    kept = journey.connections.get(hop.machine, ())
    return "".join(f"<p>netfilter keeps: <code>{escape(render_connection(each))}</code></p>" for each in kept)


def _render_layers(hop: Hop) -> str:
    """Every header of a hop with its fields, outermost first."""
    rows = "".join(
        f'<tr><th scope="row">{escape(layer.name)}</th><td>{escape(render_fields(layer))}</td></tr>'
        for layer in hop.layers
    )
    return f"<table>{rows}</table>"


def _render_list(journey: Journey, name: str) -> str:
    """All hops by one numbering; a click on one shows it in the drawing."""
    if not journey.way:
        return ""
    there = len(journey.hops)
    rows = [_render_row(name, number, hop) for number, hop in enumerate(journey.way, 1)]
    rows.insert(there, '<tr><th colspan="4" scope="rowgroup">The answer</th></tr>' if journey.reply else "")
    head = "".join(f'<th scope="col">{word}</th>' for word in ("Hop", "ms", "What happened", "Headers"))
    kept = "".join(
        f"<p>netfilter on {escape(machine)} keeps: <code>{escape(render_connection(connection))}</code></p>"
        for machine, connections in journey.connections.items()
        for connection in connections
    )
    return f'<div class="lk-wide lk-scroll"><table class="lk-hops"><tr>{head}</tr>{"".join(rows)}</table></div>{kept}'


def _render_row(name: str, number: int, hop: Hop) -> str:
    place = f'<label for="{name}-{number}">{number}&nbsp; {escape(render_place(hop))}</label>'
    done = escape("; ".join([*hop.changes, *render_rule(hop)]))
    headers = f"<code>{escape(render_headers(hop.layers))}</code>"
    return f'<tr class="lk-l{number}"><td>{place}</td><td>{render_time(hop)}</td><td>{done}</td><td>{headers}</td></tr>'
