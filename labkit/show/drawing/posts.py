"""What is drawn between the outermost boxes besides cables from row to row: routes, tunnels, cables within a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from labkit.net.read.network import End
from labkit.show.drawing.links import Link, Post
from labkit.show.drawing.parts import Box, Dot
from labkit.show.drawing.rows import Rows
from labkit.show.drawing.scene import Scene, Way
from labkit.show.drawing.ways import leave


def list_links(scene: Scene, rows: Rows) -> list[Link]:
    """All of them; nothing where an end is not drawn."""
    posts = {(dot.machine, dot.link): _plan_post(rows, home, dot) for home, dot in rows.list_dots()}
    return [*_list_cables(scene, posts), *_list_tunnels(scene, rows, posts), *_list_routes(scene, posts)]


def _plan_post(rows: Rows, home: str, dot: Dot) -> Post:
    """On the edge of the box that the interface is in: at the interface, or by a way there from inside."""
    row, left, name = rows.find_row(home), rows.lefts[home], f"{dot.machine}:{dot.link}"
    if not dot.inner:
        return Post(name, home, row, left + dot.x, "bottom" if dot.side == "bottom" else "top")
    rails = rows.rails[home]
    out = leave(dot, rails)
    way = [*out, (rails.left, out[-1][1])]
    return Post(name, home, row, left + rails.left, "top", tuple((x - rails.left, y) for x, y in way))


def _list_cables(scene: Scene, posts: Mapping[End, Post]) -> Iterator[Link]:
    """Between boxes of one row."""
    for a, b in scene.cables.items():
        first, last = posts.get(a), posts.get(b)
        if a < b and first and last and first.row == last.row and first.home != last.home:
            ends = tuple(replace(post, shared=False) for post in (first, last))
            title = f"{a[0]}:{a[1]} is cabled to {b[0]}:{b[1]}"
            yield Link("cable", (ends[0], ends[1]), title, key=f"cable {a}", ends=(a, b))


def _list_tunnels(scene: Scene, rows: Rows, posts: Mapping[End, Post]) -> Iterator[Link]:
    """From end to end in the order in which they stand; all of one tunnel in one lane."""
    programs = {
        (box.machine, box.name): (home, box)
        for home, block in rows.blocks.items()
        for box in block.boxes
        if box.shape == "agent"
    }
    for tunnel in scene.tunnels:
        found = [_plan_exit(rows, *programs[end]) if end in programs else posts.get(end) for end in tunnel.ends]
        drawn = sorted((replace(post, shared=False) for post in found if post), key=lambda post: (post.row, post.x))
        yield from (Link("tunnel", pair, tunnel.title, key=tunnel.title) for pair in pairwise(drawn))


def _plan_exit(rows: Rows, home: str, program: Box) -> Post:
    """What an agent sends leaves its machine: straight down from it."""
    x, height = program.x + program.width / 2, rows.blocks[home].height
    lead = ((0.0, program.y + program.height - height),)
    return Post(f"{home}:{program.name}", home, rows.find_row(home), rows.lefts[home] + x, "bottom", lead)


def _list_routes(scene: Scene, posts: Mapping[End, Post]) -> Iterator[Link]:
    """One arrow for all routes from one interface to another; one with two heads where there are routes back."""
    for (start, end), (group, back) in group_ways(scene).items():
        first, last = posts.get(start), posts.get(end)
        if first and last and first.home != last.home:
            title = "\n".join(way.title for way in [*group, *back])
            added = any(way.added for way in [*group, *back])
            yield Link("route", (first, last), title, added, (bool(back), True), key=f"route {start} {end}")


def group_ways(scene: Scene) -> dict[tuple[End, End], tuple[list[Way], list[Way]]]:
    """Routes by their ends, with those that lead back."""
    arrows: dict[tuple[End, End], list[Way]] = {}
    for way in scene.ways:
        arrows.setdefault((way.start, way.end), []).append(way)
    return {
        ends: (group, arrows.get((ends[1], ends[0]), []))
        for ends, group in arrows.items()
        if ends[0] < ends[1] or (ends[1], ends[0]) not in arrows
    }
