"""The journey with a slider: one step of the packet at a time (ipywidgets)."""

from __future__ import annotations

from typing import Any

from labkit.lab.network import LiveNetwork
from labkit.probe.journey.value import Journey
from labkit.show.journey_html import render_step


def build_slider(journey: Journey, live: LiveNetwork) -> Any:
    """A widget; the arrow keys move it when it has the focus. The static list of hops is shown beside it, always."""
    import ipywidgets

    last = len(journey.hops) + len(journey.reply)
    slider = ipywidgets.IntSlider(1, 1, last, description="hop", continuous_update=True)
    page = ipywidgets.HTML(render_step(journey, live, 1))

    def show(change: dict[str, Any]) -> None:
        page.value = render_step(journey, live, change["new"])

    slider.observe(show, names="value")
    return ipywidgets.VBox([slider, page])
