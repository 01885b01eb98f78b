# A table that forgets the oldest when it is full, and two questions asked one after the other: for whom, and from where.
# like: reference
#: flood to learn
on worker1 tee /root/mine.py >/dev/null <<'PYTHON'
from collections import OrderedDict

places = OrderedDict()


def forward(src, dst, came_from, table, peers):
    places.pop(src, None)
    places[src] = came_from
    while len(places) > 500:
        places.popitem(last=False)
    group = int(dst.split(":")[0], 16) % 2 == 1
    out = peers if group or dst not in places else [places[dst]]
    if came_from == "bridge":
        return [place for place in out if place != "bridge"]
    return ["bridge"]
PYTHON
on worker1 weave forward /root/mine.py
