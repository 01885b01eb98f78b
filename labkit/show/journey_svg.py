"""The drawing of a journey: the network it went through, its way from hop to hop, and where it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from labkit.probe.journey.value import Journey
from labkit.show.drawing.legend import list_legend
from labkit.show.drawing.parts import Picture, Point
from labkit.show.drawing.plan import plan_picture
from labkit.show.drawing.svg import render_line, render_svg
from labkit.show.drawing.trail import Stop, plan_trail

_RING: Final = 10  # pixels
_BADGE: Final = 9
_AWAY: Final = 15.0


def render_journey_drawing(journey: Journey) -> tuple[str, list[str]]:
    """One <svg>, and what the signs in it mean. In `lk-way` a group for each hop, with the line that leads to it; in `lk-marks` a ring with its number for each."""
    picture = plan_picture(_title(journey), journey.network)
    there, back = ([(hop.machine, hop.link) for hop in way] for way in (journey.hops, journey.reply))
    stops = plan_trail(picture, there, back)
    way = "".join(f"<g>{render_line(stop.line) if stop.line else ''}</g>" for stop in stops)
    marks = "".join([*_list_rings(stops), *_list_ends(journey, picture, stops)])
    svg = render_svg(picture, way=f'<g class="lk-way">{way}</g>', marks=f'<g class="lk-marks">{marks}</g>')
    return svg, [*_list_signs(journey), *list_legend(picture)]


def _list_signs(journey: Journey) -> Iterator[str]:
    if journey.hops:
        yield "Thick line: the packet's way. Ring: where it is at the hop chosen above."
    if journey.reply:
        yield "Thick broken line: its answer's way."
    if journey.lost:
        yield "✗: where it was seen last."


def _title(journey: Journey) -> str:
    return f"the way from {journey.src} to {journey.dst}, {len(journey.way)} hops"


def _list_rings(stops: Sequence[Stop]) -> Iterator[str]:
    for number, stop in enumerate(stops, 1):
        for at in stop.list_marks(_AWAY):
            assert stop.dot is not None
            ring = f'<circle class="lk-here" cx="{stop.dot.x:.1f}" cy="{stop.dot.y:.1f}" r="{_RING}"/>'
            yield f'<g class="lk-mark lk-m{number}">{ring}{_render_badge(at, str(number), "badge-ground")}</g>'


def _list_ends(journey: Journey, picture: Picture, stops: Sequence[Stop]) -> Iterator[str]:
    """A cross where it was seen last when it got lost; at its sender, when it never left."""
    if journey.lost is None:
        return
    dropped = f", {journey.lost.rule}" if journey.lost.rule else ""
    places = [at for stop in stops for at in stop.list_marks(_AWAY, right=False)][-1:]
    for at in places or _list_corners(journey.lost.machine, picture):
        where = (
            f"lost: last seen here, on {journey.lost.machine}" if places else f"it never left {journey.lost.machine}"
        )
        yield f"<g><title>{escape(where + dropped)}</title>{_render_badge(at, '✗', 'lost')}</g>"


def _list_corners(machine: str, picture: Picture) -> Iterator[Point]:
    for box in picture.boxes:
        if box.machine == machine and box.name == machine:
            yield box.x + box.width, box.y + _BADGE


def _render_badge(at: Point, text: str, style: str) -> str:
    x, y = at
    width = _BADGE if len(text) == 1 else _BADGE + 3
    return (
        f'<rect class="lk-{style}" x="{x - width:.1f}" y="{y - _BADGE:.1f}" width="{2 * width}" height="{2 * _BADGE}" rx="{_BADGE}"/>'
        f'<text class="lk-badge-text" x="{x:.1f}" y="{y:.1f}" text-anchor="middle" dominant-baseline="middle">{text}</text>'
    )
