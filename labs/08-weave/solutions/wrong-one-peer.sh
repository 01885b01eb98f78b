# Knows only worker2: nobody else is ever told anything.
# must fail: arp_crosses, pods_talk, full_packets_arrive, new_pod_joins, fault_repaired
# like: reference
# without: break to repair
#: flood to learn
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    return ["worker2"] if came_from == "bridge" else ["bridge"]
PYTHON
on worker1 weave forward /root/forward.py
