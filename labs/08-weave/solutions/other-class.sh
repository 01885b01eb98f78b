# An object with a method; what it learned is a set of MACs for each place.
# like: reference
#: flood to learn
on worker1 tee /root/mine.py >/dev/null <<'PYTHON'
class Switch:
    def __init__(self):
        self.behind = {}

    def forward(self, src, dst, came_from, peers):
        for macs in self.behind.values():
            macs.discard(src)
        self.behind.setdefault(came_from, set()).add(src)
        if came_from != "bridge":
            return {"bridge"}
        known = {place for place, macs in self.behind.items() if dst in macs}
        return (known - {"bridge"}) if known else set(peers)


switch = Switch()


def forward(src, dst, came_from, table, peers):
    return list(switch.forward(src, dst, came_from, peers))
PYTHON
on worker1 weave forward /root/mine.py
