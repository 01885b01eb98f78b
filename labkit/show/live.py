"""The live network of a lab: as text, as data, as a drawing."""

from __future__ import annotations

from typing import Any

from labkit.lab.network import LiveNetwork
from labkit.show.drawing.parts import Picture
from labkit.show.network import plan_network, render_network
from labkit.show.page import render_drawing, render_svg_file


def render_live(live: LiveNetwork) -> str:
    """What `labkit topology` prints."""
    return render_network(live.network, live.start)


def plan_live(live: LiveNetwork) -> dict[str, Any]:
    """What `labkit topology --json` prints."""
    return {"lab": live.lab, **plan_network(live.network, live.start), "version": 1}


def plan_live_picture(live: LiveNetwork) -> Picture:
    """The drawing; networkx is imported here."""
    from labkit.show.drawing.plan import plan_picture

    return plan_picture(f"{live.lab}: the network now", live.network, live.start)


def render_live_file(live: LiveNetwork) -> str:
    """The drawing as a file of its own."""
    from labkit.show.drawing.legend import add_legend
    from labkit.show.drawing.svg import render_svg

    return render_svg_file(render_svg(add_legend(plan_live_picture(live))))


def render_live_html(live: LiveNetwork) -> str:
    """The drawing with its legend, and the text form folded below."""
    from labkit.show.drawing.legend import list_legend
    from labkit.show.drawing.svg import render_svg

    picture = plan_live_picture(live)
    return render_drawing(render_svg(picture), render_live(live), " ".join(list_legend(picture)))
