# Plugs the pod in, then the function in three steps, as the lesson does; the fast datapath between two at the end.
#: plug core
on worker1 bash /root/plug ADD {{ w1.pod }}

#: flood core
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    if came_from == "bridge":
        return peers
    return []
PYTHON
on worker1 weave forward /root/forward.py

#: deliver core
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    if came_from == "bridge":
        return peers
    return ["bridge"]
PYTHON
on worker1 weave forward /root/forward.py

#: learn core
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    table[src] = came_from
    if came_from != "bridge":
        return ["bridge"]
    if dst not in table:
        return peers
    return [] if table[dst] == "bridge" else [table[dst]]
PYTHON
on worker1 weave forward /root/forward.py

{% include lab ~ "/solutions/fault.inc" %}

#: fast-datapath more
{% include lab ~ "/solutions/fast.inc" %}
