# Takes in everything and lets nothing out: who asks from outside is heard, and never answered.
# must fail: arp_crosses, pods_talk, your_function_decides, full_packets_arrive, new_pod_joins, fault_repaired
# like: reference
# without: break to repair
#: flood to learn
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    return [] if came_from == "bridge" else ["bridge"]
PYTHON
on worker1 weave forward /root/forward.py
