# Sends all that leaves, and takes nothing in: questions go out, answers end at the agent.
# must fail: arp_crosses, pods_talk, your_function_decides, full_packets_arrive, new_pod_joins, fault_repaired
# like: reference
# without: break to repair
#: flood to learn
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    return peers if came_from == "bridge" else []
PYTHON
on worker1 weave forward /root/forward.py
