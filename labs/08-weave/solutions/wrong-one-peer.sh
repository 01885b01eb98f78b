# Knows only worker2: nobody else is ever told anything.
# must fail: arp_crosses, pods_talk, new_pod_joins, fault_repaired
#: plug core
on worker1 bash /root/plug ADD {{ w1.pod }}

#: function core
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    return ["worker2"] if came_from == "bridge" else ["bridge"]
PYTHON
on worker1 weave forward /root/forward.py

#: fast-datapath more
{% include lab ~ "/solutions/fast.inc" %}
