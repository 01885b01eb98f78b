"""A picture as SVG: colours of the page's theme, a name and a description for those who can't see it."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from html import escape
from typing import Final

from labkit.show.drawing.parts import Box, Dot, Line, Picture, Point, Text

_ROUND: Final = 6.0  # a corner's radius
_RADIUS: Final = {"pod": 14, "switch": 3, "bridge": 3, "agent": 6}
_ORDER: Final = ("tunnel", "cable", "port", "route", "trail", "answer")  # what comes later lies on top
_HEADS: Final = {"head": 9, "headtrail": 12, "headanswer": 12}  # arrows' heads and their size
_SMALLEST: Final = 0.7  # of its own width: a narrower page scrolls it
# Classes, so that a theme is one place (show/page.py); every value has a fallback for pages that define none.
STYLE: Final = """
.lk-svg { font: 12px/1 var(--jp-code-font-family, monospace); color-scheme: inherit; max-width: 100%; height: auto; }
.lk-svg text { fill: var(--lk-ink); stroke: var(--lk-ground); stroke-width: 3; paint-order: stroke; stroke-linejoin: round; }
.lk-svg text.lk-raised { stroke: var(--lk-raised); }
.lk-svg .lk-box { fill: var(--lk-ground); stroke: var(--lk-line); stroke-width: 1.5; }
.lk-svg .lk-pod, .lk-svg .lk-switch, .lk-svg .lk-bridge { fill: var(--lk-raised); }
.lk-svg .lk-agent { stroke-dasharray: 2 3; }
.lk-svg .lk-bold { font-weight: bold; }
.lk-svg .lk-dot { fill: var(--lk-ink); stroke: var(--lk-ink); stroke-width: 1.5; }
.lk-svg .lk-down { fill: var(--lk-ground); }
.lk-svg .lk-cable, .lk-svg .lk-port { stroke: var(--lk-line); stroke-width: 1.5; fill: none; }
.lk-svg .lk-route { stroke: var(--lk-line); stroke-width: 1.2; stroke-dasharray: 5 4; fill: none; }
.lk-svg .lk-tunnel { stroke: var(--lk-line); stroke-width: 5; fill: none; }
.lk-svg .lk-tunnel-core { stroke: var(--lk-ground); stroke-width: 2; fill: none; }
.lk-svg .lk-head { fill: var(--lk-line); stroke: none; }
.lk-svg .lk-trail, .lk-svg .lk-answer { stroke: var(--lk-accent); stroke-width: 3; stroke-linejoin: round; fill: none; }
.lk-svg .lk-answer { stroke: var(--lk-second); stroke-dasharray: 9 3; }
.lk-svg .lk-headtrail { fill: var(--lk-accent); } .lk-svg .lk-headanswer { fill: var(--lk-second); }
.lk-svg .lk-here { stroke: var(--lk-accent); stroke-width: 3; fill: none; }
.lk-svg .lk-badge-ground { fill: var(--lk-accent); } .lk-svg .lk-lost { fill: var(--lk-lost); }
.lk-svg text.lk-badge-text { fill: var(--lk-ground); stroke: none; font-weight: bold; }
.lk-svg :not(text).lk-added { stroke: var(--lk-accent); }
.lk-svg text.lk-added { fill: var(--lk-accent); font-weight: bold; }
.lk-svg .lk-dot.lk-added { fill: var(--lk-accent); }
.lk-svg .lk-dot.lk-down { fill: var(--lk-ground); }
"""


def render_svg(picture: Picture, *, way: str = "", marks: str = "") -> str:
    """The drawing as one <svg> element; the page's style gives it colours. `way` lies on the lines, `marks` on everything."""
    lines = sorted(picture.lines, key=lambda line: _ORDER.index(line.stroke))
    body = "\n".join([
        *map(_render_box, picture.boxes), *map(render_line, lines), way,
        *map(_render_dot, picture.dots), *map(_render_text, picture.texts), marks,
    ])  # fmt: skip
    mark = hashlib.sha256((picture.title + body).encode()).hexdigest()[:8]
    body = re.sub(r"url\(#(\w+)\)", rf"url(#lk-\1-{mark})", body)
    return (
        f'<svg class="lk-svg" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="lk-t-{mark} lk-d-{mark}" '
        f'viewBox="0 0 {picture.width:.0f} {picture.height:.0f}" width="{picture.width:.0f}" height="{picture.height:.0f}" '
        f'style="min-width:{picture.width * _SMALLEST:.0f}px">\n'
        f'<title id="lk-t-{mark}">{escape(picture.title)}</title><desc id="lk-d-{mark}">{escape(picture.description)}</desc>\n'
        f"<defs>{''.join(_render_head(name, mark) for name in _HEADS)}</defs>\n{body}\n</svg>"
    )


def _render_head(name: str, mark: str) -> str:
    return (
        f'<marker id="lk-{name}-{mark}" viewBox="0 0 8 8" refX="8" refY="4" markerUnits="userSpaceOnUse" '
        f'markerWidth="{_HEADS[name]}" markerHeight="{_HEADS[name]}" orient="auto-start-reverse">'
        f'<path class="lk-{name}" d="M0 0L8 4L0 8z"/></marker>'
    )


def _classes(*names: str, added: bool) -> str:
    return " ".join(f"lk-{name}" for name in (*names, *(("added",) if added else ())))


def _render_box(box: Box) -> str:
    return (
        f'<rect class="{_classes("box", box.shape, added=box.added)}" x="{box.x:.1f}" y="{box.y:.1f}" '
        f'width="{box.width:.1f}" height="{box.height:.1f}" rx="{_RADIUS.get(box.shape, 0)}"/>'
    )


def render_line(line: Line, *, name: str = "") -> str:
    """By its corners, which are rounded; `name`: a class of its own."""
    path = f'd="{_render_path(line.points)}"'
    core = f'<path class="lk-tunnel-core" {path}/>' if line.stroke == "tunnel" else ""
    head = f"head{line.stroke}" if line.stroke in ("trail", "answer") else "head"
    heads = "".join(f' marker-{at}="url(#{head})"' for at, on in zip(("start", "end"), line.heads, strict=True) if on)
    style = _classes(line.stroke, *([name] if name else []), added=line.added)
    return f'<path class="{style}"{heads} {path}><title>{escape(line.title)}</title></path>{core}'


def _render_path(points: Sequence[Point]) -> str:
    """Straight from corner to corner; each corner an arc, no larger than half of the stretches beside it."""
    first, *rest = points
    parts = [f"M{first[0]:.1f} {first[1]:.1f}"]
    for before, corner, after in zip(points, rest, rest[1:], strict=False):
        size = min(_ROUND, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        a, b = _move_towards(corner, before, size), _move_towards(corner, after, size)
        parts.append(f"L{a[0]:.1f} {a[1]:.1f}Q{corner[0]:.1f} {corner[1]:.1f} {b[0]:.1f} {b[1]:.1f}")
    return "".join([*parts, f"L{points[-1][0]:.1f} {points[-1][1]:.1f}"])


def _move_towards(start: Point, end: Point, size: float) -> Point:
    length = math.dist(start, end) or 1.0
    return start[0] + (end[0] - start[0]) * size / length, start[1] + (end[1] - start[1]) * size / length


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
