"""From a scene to a picture: rows of boxes, then lines between dots."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from labkit.net.read.network import End, Network
from labkit.show.drawing.blocks import GAP, Sides, join_blocks, plan_block
from labkit.show.drawing.layers import plan_layers
from labkit.show.drawing.parts import Block, Line, Picture, Point
from labkit.show.drawing.scene import Interface, Place, Scene, Way, plan_scene

ROW_GAP: Final = 64.0
BOX_GAP: Final = 28.0
_RANKS: Final = ("router", "switch", "node", "host", "pod")  # who stands on top where several could
_INNER_KINDS: Final = ("bridge", "vxlan", "tun", "dummy", "ipip", "ifb", "macvlan")


def plan_picture(title: str, network: Network, start: Collection[str] = ()) -> Picture:
    """Draw a network. `start`: names of the objects of the start state (net.read.network); what is not among them is marked."""
    scene = plan_scene(network, start)
    rows = _plan_rows(scene)
    blocks = [[_plan_top(scene, rows, name) for name in row] for row in rows]
    whole = _stack(blocks)
    points = {(dot.machine, dot.link): (dot.x, dot.y) for dot in whole.dots}
    lines = tuple(_list_lines(scene, points))
    return Picture(title, _describe(scene), whole.width, whole.height, whole.boxes, whole.dots, lines, whole.texts)


def _plan_rows(scene: Scene) -> list[list[str]]:
    home = _find_homes(scene)
    shapes = {place.name: place.shape for place in scene.places}
    tops = [place.name for place in scene.places if home[place.name] == place.name]
    pairs = [(home[a[0]], home[b[0]]) for a, b in scene.cables.items()]
    return plan_layers(sorted(tops, key=lambda name: _RANKS.index(shapes[name])), pairs)


def _find_homes(scene: Scene) -> dict[str, str]:
    """A pod is drawn on its node, everything else by itself."""
    names = {place.name for place in scene.places}
    return {place.name: place.node if place.node in names and place.node else place.name for place in scene.places}


def _plan_top(scene: Scene, rows: Sequence[Sequence[str]], name: str) -> Block:
    depth = {each: at for at, row in enumerate(rows) for each in row}
    order = {each: at for row in rows for at, each in enumerate(row)}
    home = _find_homes(scene)
    place = next(each for each in scene.places if each.name == name)
    pods = [each for each in scene.places if each.node == name and each.name != name]
    blocks = [plan_block(pod, Sides(top=pod.interfaces), (), scene.cables) for pod in pods]

    def find_neighbour(interface: Interface) -> str | None:
        return home.get(scene.cables.get(interface.end, ("", ""))[0])

    def find_side(interface: Interface) -> str:
        other = find_neighbour(interface)
        if other is not None and other != name:
            return "bottom" if depth[other] > depth[name] else "top"
        if interface.kind in _INNER_KINDS:
            return "inner"
        return "pod_ends" if pods and interface.kind == "veth" else "top"

    # in the order of what they lead to, so that cables don't cross
    interfaces = sorted(place.interfaces, key=lambda each: order.get(find_neighbour(each) or "", 0))
    sides = {
        side: tuple(each for each in interfaces if find_side(each) == side)
        for side in ("top", "bottom", "inner", "pod_ends")
    }
    return plan_block(place, Sides(**sides), blocks, scene.cables)


def _stack(rows: Sequence[Sequence[Block]]) -> Block:
    widths = [sum(block.width for block in row) + BOX_GAP * (len(row) - 1) for row in rows]
    width = max(widths, default=0) + 2 * GAP
    parts, y = [], GAP
    for row, own in zip(rows, widths, strict=True):
        x = (width - own) / 2
        for block in row:
            parts.append(block.moved(x, y))
            x += block.width + BOX_GAP
        y += max(block.height for block in row) + ROW_GAP
    return join_blocks(width, y - ROW_GAP + GAP if rows else GAP, parts)


def _list_lines(scene: Scene, points: Mapping[End, Point]) -> Iterator[Line]:
    by_end = {interface.end: interface for place in scene.places for interface in place.interfaces}
    done: set[End] = set()
    for a, b in scene.cables.items():
        if b not in done and a in points and b in points:
            done.add(a)
            added = by_end[a].added and by_end[b].added
            yield Line("cable", points[a], points[b], f"{a[0]}:{a[1]} is cabled to {b[0]}:{b[1]}", added)
    yield from _list_ports(scene.places, points)
    for a, b in scene.tunnels:
        yield Line("tunnel", points[a], points[b], f"{a[0]}:{a[1]} and {b[0]}:{b[1]} wrap packets for each other")
    yield from _list_routes(scene, points)


def _list_ports(places: Sequence[Place], points: Mapping[End, Point]) -> Iterator[Line]:
    new = {interface.end: interface.added for place in places for interface in place.interfaces}
    for place in places:
        for interface in place.interfaces:
            bridge = (place.name, interface.master or "")
            if bridge in points:
                title = f"{interface.end[1]} is a port of {interface.master} on {place.name}"
                added = interface.added or new[bridge]
                yield Line("port", points[interface.end], points[bridge], title, added)


def _list_routes(scene: Scene, points: Mapping[End, Point]) -> Iterator[Line]:
    """One arrow for all routes from one interface to another; one with two heads where there are routes back."""
    home = _find_homes(scene)
    arrows: dict[tuple[End, End], list[Way]] = {}
    for way in scene.ways:
        if way.start in points and way.end in points:
            arrows.setdefault((way.start, way.end), []).append(way)
    for (start, end), group in arrows.items():
        back = arrows.get((end, start), [])
        if back and end < start:
            continue  # drawn with its other half
        title = "\n".join(way.title for way in [*group, *back])
        added = any(way.added for way in [*group, *back])
        inside = home[start[0]] == home[end[0]]
        yield Line("route", points[start], points[end], title, added, both=bool(back), inside=inside)


def _describe(scene: Scene) -> str:
    """What a screen reader says; the whole of it is in the text form."""
    shapes = [place.shape for place in scene.places]
    counts = [f"{shapes.count(shape)} {shape}{'es' if shape == 'switch' else 's'}" for shape in dict.fromkeys(shapes)]
    return f"{', '.join(counts)}; {len(scene.cables) // 2} cables, {len(scene.ways)} routes by way of a neighbour."
