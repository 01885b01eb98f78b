"""The live view: the network now, what came and went with the last change marked and said in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from labkit.lab.network import LiveNetwork
from labkit.net.read.links import Link
from labkit.net.read.network import End, Network, list_objects
from labkit.show.live import render_live
from labkit.show.page import render_page

NOT_THERE = "The lab does not run now; it is drawn again when it does."
_MANY = 12  # changes said one by one


@dataclass(frozen=True)
class Seen:
    """Two looks at a network, one after the other; `before` is None at the first."""

    now: LiveNetwork
    before: LiveNetwork | None = None


def render_seen_html(seen: Seen) -> str:
    """The drawing, in which + marks what came with the last change; above it the change in words."""
    from labkit.show.drawing.legend import list_legend
    from labkit.show.drawing.plan import plan_picture
    from labkit.show.drawing.svg import render_svg

    known = list_objects(seen.before.network) if seen.before else frozenset[str]()
    picture = plan_picture(f"{seen.now.lab}: the network, live", seen.now.network, known)
    legend = " ".join(list_legend(picture, "came with the last change"))
    said = "; ".join(list_changes(seen)) or "Nothing has changed yet."
    text = f"<details><summary>The same as text</summary><pre>{escape(render_live(seen.now))}</pre></details>"
    rich = f'<p class="lk-changes" role="status">{escape(said)}</p><div class="lk-wide">{render_svg(picture)}</div>'
    return render_page(f'{rich}<p class="lk-legend">{escape(legend)}</p>{text}', render_live(seen.now))


def list_changes(seen: Seen) -> list[str]:
    """`new: link worker1 cni0`, `gone: …`, `up: …`; many of a kind are only counted."""
    if seen.before is None:
        return []
    before, now = seen.before.network, seen.now.network
    old, new = list_objects(before), list_objects(now)
    kinds = {"new": sorted(new - old), "gone": sorted(old - new), **dict(_list_states(before, now))}
    return [f"{kind}: {_render_names(names)}" for kind, names in kinds.items() if names]


def _render_names(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= _MANY else f"{', '.join(names[:_MANY])} and {len(names) - _MANY} more"


def _list_states(before: Network, now: Network) -> Iterator[tuple[str, list[str]]]:
    """What happened to links that were there before and still are."""
    old, new = _index(before), _index(now)
    both = [(end, old[end], link) for end, link in sorted(new.items()) if end in old]
    yield "up", [" ".join(end) for end, was, link in both if link.up and not was.up]
    yield "down", [" ".join(end) for end, was, link in both if was.up and not link.up]
    yield (
        "port",
        [f"{' '.join(end)} of {link.master}" for end, was, link in both if link.master not in (None, was.master)],
    )
    yield "no port any more", [" ".join(end) for end, was, link in both if was.master and not link.master]


def _index(network: Network) -> dict[End, Link]:
    return {(machine.name, link.name): link for machine in network.machines for link in machine.links}
