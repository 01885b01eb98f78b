"""The live network of a lab as one value to be shown: read from the kernel, marked against the lab's start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from labkit.net.read.network import Network
from labkit.show.network import plan_network, render_network
from labkit.show.page import render_drawing, render_svg_file


@dataclass(frozen=True)
class LiveNetwork:
    """`start`: names of the objects of the start state; empty when they are not known, and then nothing is marked."""

    lab: str
    network: Network
    start: frozenset[str] = frozenset()

    def to_text(self) -> str:
        return render_network(self.network, self.start)

    def to_data(self) -> dict[str, Any]:
        """As `labkit topology --json` shows it."""
        return {"lab": self.lab, **plan_network(self.network, self.start)}

    def to_svg(self) -> str:
        """The drawing; networkx is imported here."""
        from labkit.show.drawing.plan import plan_picture
        from labkit.show.drawing.svg import render_svg

        return render_svg(plan_picture(f"{self.lab}: the network now", self.network, self.start))

    def to_svg_file(self) -> str:
        """The drawing as a file of its own."""
        return render_svg_file(self.to_svg())

    def to_html(self) -> str:
        return render_drawing(self.to_svg(), self.to_text())
