"""A network as a drawing: what there is -> where it goes -> SVG. One notation for the whole course.

node = box, pod = rounded box, bridge or switch = grey box with its ports on its edge, program that wraps packets = dotted box,
interface = dot with its name, link = line, route = dashed arrow, encapsulated = double line.

Every dot lies on the edge of a box and every text inside of one; lines run in the channels between boxes. So no line
crosses a text, and no text lies over another, whatever the names are.
"""
