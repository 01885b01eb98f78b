"""What the signs of a drawing mean: only those that are in it."""

from __future__ import annotations

from dataclasses import replace

from labkit.show.drawing.parts import GAP, LINE, Picture, measure_labels, plan_texts


def list_legend(picture: Picture, added: str = "added since the lab's start") -> list[str]:
    """One sentence for each sign. `added`: what is marked as that."""
    strokes = {line.stroke for line in picture.lines}
    shapes = {box.shape for box in picture.boxes}
    signs = {
        f"+ and colour: {added}.": any(text.added for text in picture.texts),
        "Hollow dot: down.": not all(dot.up for dot in picture.dots),
        "Grey box in a machine: a bridge, with its ports on its edge.": "bridge" in shapes,
        "Dotted box: a program that takes frames and sends them on in datagrams.": "agent" in shapes,
        "Dashed arrow: a route, to its next hop.": "route" in strokes,
        "Double line: packets are wrapped between its ends.": "tunnel" in strokes,
    }
    return [sentence for sentence, there in signs.items() if there]


def add_legend(picture: Picture) -> Picture:
    """The picture with its legend below, for a file of its own."""
    sentences = list_legend(picture)
    texts = plan_texts(
        [f" {each}" for each in sentences], (GAP, picture.height + LINE), "start"
    )  # no sentence is itself marked as added
    width = max(picture.width, measure_labels(sentences) + 3 * GAP)
    height = picture.height + LINE * (len(sentences) + 1 if sentences else 0)
    return replace(picture, width=width, height=height, texts=(*picture.texts, *texts))
