# Sends all that leaves, and takes nothing in: questions go out, answers end at the agent.
# must fail: arp_crosses, pods_talk, your_function_decides, new_pod_joins, fault_repaired
#: plug core
on worker1 bash /root/plug ADD {{ w1.pod }}

#: function core
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    return peers if came_from == "bridge" else []
PYTHON
on worker1 weave forward /root/forward.py

#: fast-datapath more
{% include lab ~ "/solutions/fast.inc" %}
