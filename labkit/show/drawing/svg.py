"""A picture as SVG: colours of the page's theme, a name and a description for those who can't see it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from html import escape
from typing import Final

from labkit.show.drawing.parts import Box, Dot, Line, Picture, Point, Text

_DOT: Final = 6.0  # how far from a dot's middle an arrow ends
_NARROW: Final = 12.0
_RADIUS: Final = {"pod": 14, "switch": 3}
# Classes, so that a theme is one place (show/page.py); every value has a fallback for pages that define none.
STYLE: Final = """
.lk-svg { font: 12px/1 var(--jp-code-font-family, monospace); color-scheme: inherit; }
.lk-svg text { fill: var(--lk-ink); stroke: var(--lk-ground); stroke-width: 3; paint-order: stroke; stroke-linejoin: round; }
.lk-svg text.lk-raised { stroke: var(--lk-raised); }
.lk-svg .lk-box { fill: var(--lk-ground); stroke: var(--lk-line); stroke-width: 1.5; }
.lk-svg .lk-pod, .lk-svg .lk-switch { fill: var(--lk-raised); }
.lk-svg .lk-bold { font-weight: bold; }
.lk-svg .lk-dot { fill: var(--lk-ink); stroke: var(--lk-ink); stroke-width: 1.5; }
.lk-svg .lk-down { fill: var(--lk-ground); }
.lk-svg .lk-cable, .lk-svg .lk-port { stroke: var(--lk-line); stroke-width: 1.5; fill: none; }
.lk-svg .lk-route { stroke: var(--lk-line); stroke-width: 1.2; stroke-dasharray: 5 4; fill: none; }
.lk-svg .lk-tunnel { stroke: var(--lk-line); stroke-width: 5; fill: none; }
.lk-svg .lk-tunnel-core { stroke: var(--lk-ground); stroke-width: 2; fill: none; }
.lk-svg .lk-trail { stroke: var(--lk-accent); stroke-width: 3.5; stroke-linecap: round; fill: none; opacity: 0.75; }
.lk-svg .lk-here { stroke: var(--lk-accent); stroke-width: 3.5; fill: none; }
.lk-svg .lk-head { fill: var(--lk-line); stroke: none; }
.lk-svg :not(text).lk-added { stroke: var(--lk-accent); }
.lk-svg text.lk-added { fill: var(--lk-accent); font-weight: bold; }
.lk-svg .lk-dot.lk-added { fill: var(--lk-accent); }
.lk-svg .lk-dot.lk-down { fill: var(--lk-ground); }
"""


def render_svg(picture: Picture) -> str:
    """The drawing as one <svg> element; the page's style gives it colours."""
    body = "\n".join(_render_parts(picture))
    mark = hashlib.sha256((picture.title + body).encode()).hexdigest()[:8]
    body = body.replace("url(#head)", f"url(#lk-head-{mark})")
    return (
        f'<svg class="lk-svg" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="lk-t-{mark} lk-d-{mark}" '
        f'viewBox="0 0 {picture.width:.0f} {picture.height:.0f}" width="{picture.width:.0f}" height="{picture.height:.0f}">\n'
        f'<title id="lk-t-{mark}">{escape(picture.title)}</title><desc id="lk-d-{mark}">{escape(picture.description)}</desc>\n'
        f'<defs><marker id="lk-head-{mark}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
        f'orient="auto-start-reverse"><path class="lk-head" d="M0 0L8 4L0 8z"/></marker></defs>\n{body}\n</svg>'
    )


def _render_parts(picture: Picture) -> Iterator[str]:
    yield from (_render_box(box) for box in picture.boxes)
    yield from (_render_line(line) for line in picture.lines if line.stroke != "route")
    yield from (_render_route(line) for line in picture.lines if line.stroke == "route")
    yield from (_render_dot(dot) for dot in picture.dots)
    yield from (_render_text(text) for text in picture.texts)
    if picture.here:
        yield f'<circle class="lk-here" cx="{picture.here[0]:.1f}" cy="{picture.here[1]:.1f}" r="10"/>'


def _classes(*names: str, added: bool) -> str:
    return " ".join(f"lk-{name}" for name in (*names, *(("added",) if added else ())))


def _render_box(box: Box) -> str:
    return (
        f'<rect class="{_classes("box", box.shape, added=box.added)}" x="{box.x:.1f}" y="{box.y:.1f}" '
        f'width="{box.width:.1f}" height="{box.height:.1f}" rx="{_RADIUS.get(box.shape, 0)}"/>'
    )


def _render_line(line: Line) -> str:
    (x1, y1), (x2, y2) = line.start, line.end
    # ports meet in a bar at the height of their bridge
    way = f"V{y2:.1f}H{x2:.1f}" if line.stroke == "port" else f"L{x2:.1f} {y2:.1f}"
    path = f'd="M{x1:.1f} {y1:.1f}{way}"'
    core = f'<path class="lk-tunnel-core" {path}/>' if line.stroke == "tunnel" else ""
    return f'<path class="{_classes(line.stroke, added=line.added)}" {path}><title>{escape(line.title)}</title></path>{core}'


def _render_route(line: Line) -> str:
    bend = _plan_bend(line)
    (x1, y1), (x2, y2) = (_shorten(bend, end) for end in (line.start, line.end))
    heads = 'marker-end="url(#head)"' + (' marker-start="url(#head)"' if line.both else "")
    return (
        f'<path class="{_classes("route", added=line.added)}" {heads} '
        f'd="M{x1:.1f} {y1:.1f}Q{bend[0]:.1f} {bend[1]:.1f} {x2:.1f} {y2:.1f}"><title>{escape(line.title)}</title></path>'
    )


def _plan_bend(line: Line) -> Point:
    """Where a route's arrow is drawn to, so that it does not lie on the cable: round the corner below a bridge, or in an arc."""
    (x1, y1), (x2, y2) = line.start, line.end
    if line.inside:
        return (x1 - 22, (y1 + y2) / 2) if abs(x1 - x2) < _NARROW else (x1 + (10 if x2 > x1 else -10), y2 + 12)
    return (x1 + x2) / 2 + (y2 - y1) * 0.22, (y1 + y2) / 2 - abs(x2 - x1) * 0.22


def _shorten(towards: Point, end: Point) -> Point:
    """A little before the dot, for the arrow's head."""
    dx, dy = towards[0] - end[0], towards[1] - end[1]
    length = math.hypot(dx, dy) or 1.0
    return end[0] + dx / length * _DOT, end[1] + dy / length * _DOT


def _render_dot(dot: Dot) -> str:
    state = () if dot.up else ("down",)
    return (
        f'<circle class="{_classes("dot", *state, added=dot.added)}" cx="{dot.x:.1f}" cy="{dot.y:.1f}" r="5">'
        f"<title>{escape(dot.machine)}:{escape(dot.link)}{'' if dot.up else ' (down)'}</title></circle>"
    )


def _render_text(text: Text) -> str:
    names = [name for name, on in (("bold", text.bold), ("raised", text.raised)) if on]
    style = _classes(*names, added=text.added)
    return (
        f'<text class="{style}" x="{text.x:.1f}" y="{text.y:.1f}" text-anchor="{text.anchor}" '
        f'dominant-baseline="middle">{escape(text.text)}</text>'
    )
