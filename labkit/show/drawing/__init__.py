"""A network as a drawing: what there is -> where it goes -> SVG. One notation for the whole course.

node = box, pod = rounded box, interface = dot with its name, link = line, route = dashed arrow, encapsulated = double line.
"""
