# What is for a pod of the own bridge is sent back into it: the bridge believes then that its sender is behind the agent.
# must fail: what_moves_is_found, fault_repaired
# like: reference
# without: break to repair
#: flood to learn
on worker1 tee /root/forward.py >/dev/null <<'PYTHON'
def forward(src, dst, came_from, table, peers):
    table[src] = came_from
    if came_from != "bridge":
        return ["bridge"]
    return [table[dst]] if dst in table else peers
PYTHON
on worker1 weave forward /root/forward.py
