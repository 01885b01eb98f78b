"""A packet's way on a picture: a line along the interfaces it crossed, and a ring where it is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from labkit.net.read.network import End
from labkit.show.drawing.parts import Line, Picture
from labkit.show.drawing.scene import place_end


def plan_trail(picture: Picture, ends: Sequence[End]) -> Picture:
    """The picture with the way through these interfaces; one that is not in it (taken away meanwhile) is passed over."""
    points = {(dot.machine, dot.link): (dot.x, dot.y) for dot in picture.dots}
    way = [points[place_end(end)] for end in ends if place_end(end) in points]
    steps = tuple(Line("trail", a, b, "the packet's way") for a, b in pairwise(way) if a != b)
    return replace(picture, lines=(*picture.lines, *steps), here=way[-1] if way else None)
