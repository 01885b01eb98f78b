"""The live network of a lab: as text, as data, as a drawing."""

from __future__ import annotations

from typing import Any

from labkit.lab.network import LiveNetwork
from labkit.show.network import plan_network, render_network
from labkit.show.page import render_drawing, render_svg_file

LEGEND = "+ and colour: added since the lab's start. Dashed arrow: a route to the next hop. Hollow dot: down."


def render_live(live: LiveNetwork) -> str:
    """What `labkit topology` prints."""
    return render_network(live.network, live.start)


def plan_live(live: LiveNetwork) -> dict[str, Any]:
    """What `labkit topology --json` prints."""
    return {"lab": live.lab, **plan_network(live.network, live.start)}


def render_live_svg(live: LiveNetwork) -> str:
    """The drawing; networkx is imported here."""
    from labkit.show.drawing.plan import plan_picture
    from labkit.show.drawing.svg import render_svg

    return render_svg(plan_picture(f"{live.lab}: the network now", live.network, live.start))


def render_live_file(live: LiveNetwork) -> str:
    """The drawing as a file of its own."""
    return render_svg_file(render_live_svg(live))


def render_live_html(live: LiveNetwork) -> str:
    """The drawing with its legend, and the text form folded below."""
    return render_drawing(render_live_svg(live), render_live(live), LEGEND)
