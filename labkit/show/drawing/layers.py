"""Which boxes stand in which row: the middle of the network on top, then by distance from it (networkx)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

Layer = list[str]
_SWEEPS: Final = 4


def plan_layers(names: Sequence[str], pairs: Iterable[tuple[str, str]]) -> list[Layer]:
    """Rows of names, top first; names within a row stand below what they are joined with. Where several are in
    the middle, the one named first is on top. `pairs`: of names that are joined.
    """
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(names)
    graph.add_edges_from((a, b) for a, b in pairs if a != b)
    layers: list[Layer] = []
    for part in sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part))):
        connected = graph.subgraph(part)
        middle = min(nx.center(connected), key=names.index)
        for depth, layer in enumerate(nx.bfs_layers(connected, [middle])):
            if depth == len(layers):
                layers.append([])
            layers[depth] += sorted(layer, key=names.index)
    return order_layers(layers, {name: set(graph[name]) for name in names})


def order_layers(layers: Sequence[Layer], joined: Mapping[str, set[str]]) -> list[Layer]:
    """Few crossings: each row in the order of the mean place of what it is joined with in the row above, then below."""
    rows = [list(layer) for layer in layers]
    for _ in range(_SWEEPS):
        for upper, lower in pairwise(rows):
            _sort_by(lower, upper, joined)
        for upper, lower in reversed(list(pairwise(rows))):
            _sort_by(upper, lower, joined)
    return rows


def _sort_by(row: Layer, fixed: Layer, joined: Mapping[str, set[str]]) -> None:
    place = {name: at / max(1, len(fixed) - 1) for at, name in enumerate(fixed)}
    own = {name: at / max(1, len(row) - 1) for at, name in enumerate(row)}

    def mean(name: str) -> float:
        places = [place[other] for other in joined[name] if other in place]
        return sum(places) / len(places) if places else own[name]

    row.sort(key=mean)
